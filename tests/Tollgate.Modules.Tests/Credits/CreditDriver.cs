using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.CreditCurrencies;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>Short words for what credit tests do, in the environment development, with the currency "ai".</summary>
internal static class CreditDriver
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A host with the currency and a customer "c".</summary>
    public static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.CurrencyAsync("ai");
        await host.CustomerAsync("c");
        return host;
    }

    public static async Task CurrencyAsync(this ModuleHost host, string id) => Assert.Null((await host
        .Get<CustomCurrencyUseCases>().CreateAsync(host.Scope(), new(new(id), id), Cancellation)).Refusal);

    public static CreditGrantDraft Draft(decimal amount, string customer = "c") => new()
    {
        CustomerId = new(customer),
        CurrencyId = new("ai"),
        DisplayName = "Welcome",
        Type = CreditGrantType.Promotional,
        Amount = amount,
    };

    public static CreditGrantDraft Sold(decimal amount, decimal cost) =>
        Draft(amount) with { Type = CreditGrantType.Paid, Cost = new(cost, "usd") };

    public static Task<Result<BilledGrant>> TryGrantAsync(this ModuleHost host, CreditGrantDraft draft) =>
        host.Get<CreditGrantUseCases>().CreateAsync(host.Scope(), draft, Cancellation);

    public static async Task<CreditGrant> GrantAsync(this ModuleHost host, CreditGrantDraft draft)
    {
        var granted = await host.TryGrantAsync(draft);
        Assert.Null(granted.Refusal);
        return granted.Value.Grant;
    }

    public static Task<CreditGrant> GrantAsync(this ModuleHost host, decimal amount, string customer = "c") =>
        host.GrantAsync(Draft(amount, customer));

    public static CreditConsumption Use(decimal amount, string key, string customer = "c") => new()
    {
        CustomerId = new(customer),
        CurrencyId = new("ai"),
        Amount = amount,
        IdempotencyKey = key,
    };

    public static Task<Result<CreditsConsumed>> TryConsumeAsync(this ModuleHost host, CreditConsumption consumption) =>
        host.Get<ConsumeCredits>().ExecuteAsync(host.Scope(), consumption, Cancellation);

    public static async Task<CreditsConsumed> ConsumeAsync(this ModuleHost host, CreditConsumption consumption)
    {
        var consumed = await host.TryConsumeAsync(consumption);
        Assert.Null(consumed.Refusal);
        return consumed.Value;
    }

    public static async Task<IReadOnlyList<CreditGrant>> GrantsAsync(this ModuleHost host, string customer = "c") =>
    [
        .. (await host.Get<CreditGrantUseCases>().ListAsync(
            host.Scope(), new(new CustomerId(customer)), new(100, null, null), Cancellation)).Value.Items.Select(b => b.Grant),
    ];

    public static async Task<decimal> BalanceAsync(this ModuleHost host, string customer = "c") =>
        (await host.Get<ReadCreditBalances>().ExecuteAsync(
            host.Scope(), new(customer), null, new CurrencyId("ai"), Cancellation)).Value.Single().Pool.Balance;

    /// <summary>The whole ledger of the customer's own pool, the oldest row first.</summary>
    public static async Task<IReadOnlyList<(CreditEntryKind Kind, decimal Amount)>> LedgerAsync(
        this ModuleHost host, string customer = "c") =>
    [
        .. (await host.Get<ReadLedger>().ExecuteAsync(host.Scope(), new(new CustomerId(customer)) { Limit = 100 }, Cancellation))
            .Value.Items.Reverse().Select(row => (row.Entry.Kind, row.Entry.Amount)),
    ];

    public static async Task AuditAsync(this ModuleHost host)
    {
        var audit = await host.Get<AuditCredits>().ExecuteAsync(host.EnvironmentId, Cancellation);
        Assert.Empty(audit.Faults);
    }

    /// <summary>Types of the credit events, the oldest first, without what is told of every change.</summary>
    public static async Task<IReadOnlyList<EventType>> CreditEventsAsync(this ModuleHost host) =>
    [
        .. (await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { EntityKind = EntityKind.Credit }, new(100, null, null), Cancellation))
            .Value.Items.Reverse().Select(e => e.Type).Where(type => type != EventType.CreditBalanceUpdated),
    ];

    public static async Task<EntitlementAnswer> CheckCreditsAsync(
        this ModuleHost host, decimal requested = 0, string currency = "ai", string customer = "c")
    {
        var scope = host.Scope();
        return await host.Get<CheckEntitlement>().CheckAsync(
            scope.Environment, new(customer, null, "", requested, []) { CurrencyId = currency }, scope.Now, Cancellation);
    }

    public static async Task<AccessDeniedReason?> CreditReasonAsync(
        this ModuleHost host, decimal requested = 0, string currency = "ai", string customer = "c") =>
        (await host.CheckCreditsAsync(requested, currency, customer)).Outcome.DeniedReason;

    /// <summary>A plan at 10 a month with these further prices, published; the customer "c" subscribes to it.</summary>
    public static async Task SubscribeAsync(this ModuleHost host, params PricingModelInput[] models)
    {
        var plans = host.Get<PlanUseCases>();
        Assert.Null((await plans.CreateAsync(
            host.Scope(),
            new(new("pro"), new("product-default"), new() { DisplayName = "Pro", PricingType = PricingType.Paid }),
            Cancellation)).Refusal);
        var pricing = new PricingInput(PricingType.Paid)
        {
            Models = [new(BillingModel.FlatFee, [new(BillingPeriod.Monthly) { Price = new(10, "usd") }]), .. models],
        };
        Assert.Null((await plans.UpdateAsync(host.Scope(), new("pro"), new(new(), pricing), Cancellation)).Refusal);
        Assert.Null((await host.Get<PublishPlan>().ExecuteAsync(
            host.Scope(), new("pro"), MigrationType.NewCustomers, Cancellation)).Refusal);
        Assert.Null((await host.ProvisionAsync("c", "pro")).Refusal);
    }

    /// <summary>One credit for so much money, bought when wanted.</summary>
    public static PricingModelInput TopUp(decimal price, long? min = null, long? max = null) =>
        new(BillingModel.PerUnit, [new(BillingPeriod.Monthly) { Price = new(price, "usd") }])
        {
            TopUpCurrencyId = new("ai"),
            Cadence = BillingCadence.OneOff,
            MinUnitQuantity = min,
            MaxUnitQuantity = max,
        };

    public static Instant At(this ModuleHost host, double days) => host.Scope().Now + Duration.FromDays(days);
}
