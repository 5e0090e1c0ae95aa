using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions;

/// <summary>Plans, customers and subscriptions to test with.</summary>
internal static class Given
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Task FreePlanAsync(this ModuleHost host, string id) => host.PlanAsync(id, PricingType.Free, null);

    /// <summary>A plan at one price a month.</summary>
    public static Task PaidPlanAsync(this ModuleHost host, string id, decimal price, TrialConfiguration? trial = null) =>
        host.PlanAsync(id, PricingType.Paid, price, trial);

    /// <summary>A plan at one price a month and one a year.</summary>
    public static Task TwoPeriodPlanAsync(this ModuleHost host, string id, decimal monthly, decimal annually) =>
        host.PlanAsync(id, PricingType.Paid, monthly, annually: annually);

    public static async Task<Customer> CustomerAsync(this ModuleHost host, string id) =>
        (await host.Get<ProvisionCustomer>().ExecuteAsync(host.Scope(), new(id), new(), Cancellation)).Value.Customer;

    public static Task<Result<EntitledSubscription>> ProvisionAsync(
        this ModuleHost host, string customer, string plan, Func<ProvisionRequest, ProvisionRequest>? with = null)
    {
        var request = new ProvisionRequest(new(customer), new(plan)) { BillingPeriod = BillingPeriod.Monthly };
        return host.Get<ProvisionWithEntitlements>().ExecuteAsync(
            host.Scope(), new(with?.Invoke(request) ?? request), Cancellation);
    }

    public static Subscription Subscription(this Result<EntitledSubscription> provisioned) =>
        provisioned.Value.Provisioned.Subscription!.Subscription;

    /// <summary>As stored, without bringing anything up to now.</summary>
    public static Task<IReadOnlyList<Subscription>> StoredAsync(this ModuleHost host, string customer) =>
        host.Database.ReadAsync(
            (session, _) => host.Get<SubscriptionReader>().OfCustomerAsync(session, host.EnvironmentId, new(customer)),
            Cancellation);

    /// <summary>The latest events, the oldest first: instant, type and customer.</summary>
    public static async Task<IReadOnlyList<string>> EventsAsync(this ModuleHost host, int count)
    {
        var page = await host.Get<ListEvents>().ExecuteAsync(host.Scope(), new(), new(count, null, null), Cancellation);
        return [.. page.Value.Items.Reverse().Select(e => $"{e.CreatedAt} {e.Type} {e.CustomerId}")];
    }

    private static async Task PlanAsync(
        this ModuleHost host, string id, PricingType type, decimal? price, TrialConfiguration? trial = null,
        decimal? annually = null)
    {
        var plans = host.Get<PlanUseCases>();
        var edit = new PackageEdit { DisplayName = id, PricingType = type };
        if (trial is not null)
            edit = edit with { DefaultTrial = trial };
        Assert.Null((await plans.CreateAsync(
            host.Scope(), new(new(id), new("product-default"), edit), Cancellation)).Refusal);
        if (price is { } amount)
        {
            List<PricePeriodInput> periods = [new(BillingPeriod.Monthly) { Price = new(amount, "usd") }];
            if (annually is { } yearly)
                periods.Add(new(BillingPeriod.Annually) { Price = new(yearly, "usd") });
            var pricing = new PricingInput(type) { Models = [new(BillingModel.FlatFee, periods)] };
            Assert.Null((await plans.UpdateAsync(host.Scope(), new(id), new(new(), pricing), Cancellation)).Refusal);
        }

        Assert.Null((await host.Get<PublishPlan>().ExecuteAsync(
            host.Scope(), new(id), MigrationType.NewCustomers, Cancellation)).Refusal);
    }
}
