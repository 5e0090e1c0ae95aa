using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Billing.PaymentMethods;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Credits.CreditDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>Overdrawn credits that are billed (spec credits 11): once, at their instant, with the pool settled by the same transaction.</summary>
public sealed class CreditOverageTests
{
    private static readonly Duration Tick = Duration.FromMilliseconds(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Two_late_workers_bill_a_boundary_once_as_it_was_then(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await PlanAsync(host, "pro");
        var end = (await host.ProvisionAsync("c", "pro")).Subscription().CurrentBillingPeriodEnd!.Value;
        To(host, end - Duration.FromDays(10));
        await host.ConsumeAsync(Use(1_150, "over"));
        // One grant begins right before the boundary and repays before the bill, one at the boundary and comes after it.
        await host.GrantAsync(Draft(30) with { EffectiveAt = end - Tick });
        await host.GrantAsync(Draft(20) with { EffectiveAt = end });
        To(host, end + Duration.FromDays(1));

        await Task.WhenAll(host.RunDueAsync(), host.RunDueAsync());

        // 150 - 30 = 120 x 0.02 = 2.40.
        var bills = await BillsAsync(host);
        Assert.Equal([10m, 12.4m], bills.Select(bill => bill.Amounts.Total));
        Assert.Equal(1_020m, await host.BalanceAsync());
        var settled = Assert.Single(await host.GrantsAsync(), grant => grant.Overage is not null);
        Assert.Equal(
            (CreditGrantType.Paid, 120m, 120m, 2.4m, bills[1].Uid, end),
            (settled.Type, settled.Amount, settled.Consumed, settled.Cost.Amount, settled.InvoiceUid!.Value, settled.EffectiveAt));
        Assert.Equal(
            ErrorCode.CreditGrantCannotBeVoided,
            (await host.Get<CreditGrantUseCases>().VoidAsync(host.Scope(), settled.Id, Cancellation)).Refusal?.Code);
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Failed_renewal_settles_and_a_change_that_waits_for_its_payment_does_when_it_is_paid(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await PayWithAsync(host, "pm_ok");
        await PlanAsync(host, "pro");
        var subscription = (await host.ProvisionAsync("c", "pro")).Subscription();
        var end = subscription.CurrentBillingPeriodEnd!.Value;
        To(host, end - Duration.FromDays(10));
        await host.ConsumeAsync(Use(1_150, "first"));
        await PayWithAsync(host, "pm_decline");
        To(host, end);
        await host.RunDueAsync();

        // The renewal goes on, and so does what was billed with it: 10.00 + 3.00 are owed in money now.
        Assert.Equal((13m, InvoiceStatus.Open), ((await BillsAsync(host))[^1].Amounts.Total, (await BillsAsync(host))[^1].Status));
        Assert.Equal(1_000m, await host.BalanceAsync());

        // A new annual term at once, with 250 of overage on its bill, cannot be paid.
        await host.ConsumeAsync(Use(1_250, "second"));
        To(host, end + Duration.FromDays(5));
        Assert.Null((await host.Get<SubscriptionUseCases>().UpdateAsync(
            host.Scope(),
            subscription.Id,
            new(new() { BillingPeriod = BillingPeriod.Annually, ScheduleStrategy = ScheduleStrategy.Immediate }),
            Cancellation)).Refusal);
        var waiting = (await host.StoredAsync("c"))[0].UnpaidChange!;
        Assert.Equal(-250m, await host.BalanceAsync());
        await host.GrantAsync(100);
        Assert.Equal(-150m, await host.BalanceAsync());
        Assert.Null((await host.Get<InvoiceUseCases>().MarkAsPaidAsync(host.Scope(), waiting.InvoiceUid, Cancellation)).Refusal);

        // 250 were paid for: 150 repay what is owed, 100 are the customer's; and the year's first month has 1 000.
        var line = Assert.Single(
            (await BillsAsync(host)).Single(bill => bill.Uid == waiting.InvoiceUid).Lines,
            each => each.Type == InvoiceLineType.OverageCharge);
        Assert.Equal((250m, 5m), (line.Quantity, line.Amount));
        Assert.Equal(1_100m, await host.BalanceAsync());
        Assert.Equal(
            [(150m, 150m), (250m, 150m)],
            (await host.GrantsAsync()).Where(g => g.Overage is not null).Reverse().Select(g => (g.Amount, g.Consumed)));
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Subscriptions_that_end_together_bill_one_deficit_once(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        Assert.Null((await host.Get<ProductUseCases>().CreateAsync(
            host.Scope(), new(new("extras"), "Extras"), Cancellation)).Refusal);
        await PlanAsync(host, "pro");
        await PlanAsync(host, "extra", product: "extras");
        var pro = (await host.ProvisionAsync("c", "pro")).Subscription();
        await host.ProvisionAsync("c", "extra");
        To(host, pro.StartDate + Duration.FromDays(3));
        await host.ConsumeAsync(Use(2_100, "over"));
        To(host, pro.StartDate + Duration.FromDays(4));
        var (need, pool) = (
            new CreditNeed(new("ai"), new(pro.CurrentBillingPeriodStart!.Value, host.Scope().Now)),
            new PoolKey(new("c"), null, new("ai")));
        async Task<MeasuredDeficit> MeasureAsync(params BilledDeficit[] taken) => (await host.Database.ReadAsync(
            (session, _) => host.Get<ISubscriptionCredits>().MeasureAsync(
                session, host.EnvironmentId, pro, [need], host.Scope().Now, taken),
            Cancellation))[need];

        // What another bill of the same decision takes is not there any more.
        Assert.Equal(new MeasuredDeficit(100, 0), await MeasureAsync());
        Assert.Equal(new MeasuredDeficit(40, 0), await MeasureAsync(new BilledDeficit(pool, need.Window, 60)));
        Assert.Null((await host.Get<ArchiveCustomer>().ExecuteAsync(host.Scope(), new("c"), Cancellation)).Refusal);

        Assert.Equal(2m, (await BillsAsync(host)).SelectMany(bill => bill.Lines)
            .Where(line => line.Type == InvoiceLineType.OverageCharge).Sum(line => line.Amount));
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_that_settles_twice_builds_on_what_it_wrote(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.ConsumeAsync(Use(100, "over"));
        var now = host.Scope().Now;

        var owed = await host.Get<UnitOfWork>().PreviewAsync<decimal>(
            host.Scope(),
            [UnitOfWork.CustomerLock(host.EnvironmentId, new("c"))],
            async (work, token) =>
            {
                foreach (var credits in new[] { 60m, 40m })
                {
                    var settled = new SettleOverdraft(new(new("c"), null, new("ai")))
                    {
                        SubscriptionId = new("s"),
                        PackageId = new("pro"),
                        Amount = credits,
                        Cost = new(1, "usd"),
                        Overage = new(Guid.Empty, now, now),
                    };
                    await host.Get<ISubscriptionCredits>().ApplyAsync(work, [settled], now, token);
                }

                return (await new CreditGrantStore().OfCustomerAsync(work.Session, host.EnvironmentId, new("c")))
                    .Single(grant => grant.IsOverdraft).Consumed;
            },
            Cancellation);

        Assert.Equal(0m, owed.Value);
        Assert.Equal(-100m, await host.BalanceAsync());
    }

    /// <summary>10.00 a month or 100.00 a year, 1 000 credits every month, 0.02 for each beyond.</summary>
    private static async Task PlanAsync(ModuleHost host, string id, string product = "product-default")
    {
        static PricePeriodInput At(BillingPeriod period, decimal price) => new(period) { Price = new(price, "usd") };

        var plans = host.Get<PlanUseCases>();
        Assert.Null((await plans.CreateAsync(
            host.Scope(), new(new(id), new(product), new() { DisplayName = id, PricingType = PricingType.Paid }), Cancellation)).Refusal);
        var pricing = new PricingInput(PricingType.Paid)
        {
            Models = [new(BillingModel.FlatFee, [At(BillingPeriod.Monthly, 10), At(BillingPeriod.Annually, 100)])],
            OverageModels =
            [
                new(BillingModel.UsageBased, [At(BillingPeriod.Monthly, 0.02m), At(BillingPeriod.Annually, 0.02m)])
                {
                    TopUpCurrencyId = new("ai"),
                },
            ],
            OverageBillingPeriod = OverageBillingPeriod.Monthly,
        };
        var included = new CreditEntitlementInput(new("ai")) { Amount = new(1_000m), Cadence = new(CreditCadence.Month) };
        Assert.Null((await plans.UpdateAsync(
            host.Scope(), new(id), new(new(), pricing) { OverageCredits = [new(0, included)] }, Cancellation)).Refusal);
        Assert.Null((await host.Get<PublishPlan>().ExecuteAsync(
            host.Scope(), new(id), MigrationType.NewCustomers, Cancellation)).Refusal);
    }

    private static void To(ModuleHost host, Instant instant) => host.Time.Advance((instant - host.Scope().Now).ToTimeSpan());

    private static async Task PayWithAsync(ModuleHost host, string method) => Assert.Null(
        (await host.Get<PaymentMethodUseCases>().AttachAsync(
            host.Scope(), new("c"), new("builtin", method, null), Cancellation)).Refusal);

    private static async Task<IReadOnlyList<Invoice>> BillsAsync(ModuleHost host) =>
        [.. (await host.Get<InvoiceUseCases>().ListAsync(
            host.Scope(), new() { CustomerId = new("c") }, new(100, null, null), Cancellation)).Value.Items.Reverse()];
}
