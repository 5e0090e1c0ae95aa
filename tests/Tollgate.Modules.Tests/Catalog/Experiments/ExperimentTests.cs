using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.PaymentMethods;
using Tollgate.Modules.Catalog.Experiments;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Entitlements.Previews;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog.Experiments;

/// <summary>
/// Free first (control) against a reverse trial (variant): a 14 days' trial of pro that falls back to the free plan.
/// </summary>
public sealed class ExperimentTests
{
    private static readonly ProductSettings ReverseTrial = new()
    {
        StartSetup = SubscriptionStartSetup.TrialPeriod,
        StartPlanId = new("pro"),
        EndSetup = SubscriptionEndSetup.DowngradeToFree,
        DowngradePlanId = new("free"),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Experiments_are_kept_listed_changed_copied_and_deleted(DatabaseKind kind)
    {
        await using var host = await SoldAsync(kind);
        var experiments = host.Get<ExperimentUseCases>();
        var created = await DraftAsync(host, "first", 50);

        var changed = (await experiments.UpdateAsync(host.Scope(), "first", new() { VariantPercentage = 20 }, Cancellation)).Value;
        var copy = (await experiments.DuplicateAsync(host.Scope(), "first", "second", "Second", Cancellation)).Value;
        var twice = await experiments.DuplicateAsync(host.Scope(), "first", "third", "Second", Cancellation);
        var sameId = await experiments.CreateAsync(host.Scope(), Draft("first", 1) with { Name = "Else" }, Cancellation);
        var sameName = await experiments.CreateAsync(host.Scope(), Draft("else", 1) with { Name = "first" }, Cancellation);
        var deleted = (await experiments.DeleteAsync(host.Scope(), "second", Cancellation)).Value;

        Assert.Equal(created with { VariantPercentage = 20 }, changed);
        Assert.Equal(changed, (await experiments.RetrieveAsync(host.Scope(), "first", Cancellation)).Value);
        Assert.Equal(copy, deleted);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, twice.Refusal?.Code);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, sameId.Refusal?.Code);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, sameName.Refusal?.Code);
        Assert.Equal(["first"], await IdsAsync(host, new()));
        Assert.Equal(["first"], await IdsAsync(host, new(new("product-default"), [ExperimentStatus.Draft])));
        Assert.Empty(await IdsAsync(host, new(new("other"))));
        Assert.Empty(await IdsAsync(host, new(Statuses: [ExperimentStatus.InProgress, ExperimentStatus.Completed])));
        Assert.Equal(
            [EventType.ExperimentCreated, EventType.ExperimentDeleted],
            await new CatalogDriver(host).EventsOfAsync(EntityKind.Experiment, "second"));
        foreach (var unknown in new[]
        {
            await experiments.RetrieveAsync(host.Scope(), "second", Cancellation),
            await experiments.UpdateAsync(host.Scope(), "second", new(), Cancellation),
            await experiments.StartAsync(host.Scope(), "second", Cancellation),
            await experiments.StopAsync(host.Scope(), "second", Cancellation),
            await experiments.DuplicateAsync(host.Scope(), "second", "x", "X", Cancellation),
            await experiments.DeleteAsync(host.Scope(), "second", Cancellation),
        })
        {
            Assert.Equal(ErrorCode.ExperimentNotFoundError, unknown.Refusal?.Code);
        }
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Only_customers_created_while_it_runs_are_assigned_and_only_once(DatabaseKind kind)
    {
        await using var host = await SoldAsync(kind);
        var experiments = host.Get<ExperimentUseCases>();
        await DraftAsync(host, "all", 100);
        var before = await host.CustomerAsync("before");
        await StartAsync(host, "all");

        var during = await host.CustomerAsync("during");
        var excluded = (await host.Get<ProvisionCustomer>().ExecuteAsync(
            host.Scope(), new("excluded"), new() { ExcludeFromExperiment = true }, Cancellation)).Value;
        var provisioned = await ProvisionAsync(host, "provisioned", new());
        var out2 = await ProvisionAsync(host, "out", new() { ExcludeFromExperiment = true });
        var again = await ProvisionAsync(host, "before", new() { Name = "B" });
        await host.Get<ImportCustomers>().ExecuteAsync(
            host.Scope(), [new(new("imported"), new(), null)], null, Cancellation);
        Assert.Null((await experiments.StopAsync(host.Scope(), "all", Cancellation)).Refusal);
        var after = await host.CustomerAsync("after");

        var variant = new ExperimentInfo("all", "all", "Trial first", ExperimentGroup.Variant);
        Assert.Null(before.Experiment);
        Assert.Equal(variant, during.Experiment);
        Assert.Equal(variant, provisioned.Experiment);
        Assert.Null(excluded.Customer.Experiment);
        Assert.True(excluded.Customer.IsExcludedFromExperiments);
        Assert.Null(out2.Experiment);
        Assert.Null(again.Experiment);
        Assert.Null((await CustomerAsync(host, "imported")).Experiment);
        Assert.Null(after.Experiment);
        // Stopping takes nobody's group away, nor does what changes the customer later.
        Assert.Equal(variant, (await ProvisionAsync(host, "during", new() { Name = "D" })).Experiment);
        Assert.Equal(variant, (await CustomerAsync(host, "during")).Experiment);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Variant_starts_and_ends_its_own_way_and_control_the_products(DatabaseKind kind)
    {
        await using var host = await SoldAsync(kind);
        await DraftAsync(host, "half", 50);
        await StartAsync(host, "half");
        var (control, variant) = (IdIn("half", ExperimentGroup.Control), IdIn("half", ExperimentGroup.Variant));

        var controlled = (await host.Get<ProvisionCustomer>().ExecuteAsync(host.Scope(), new(control), new(), Cancellation)).Value;
        var tried = (await host.Get<ProvisionCustomer>().ExecuteAsync(host.Scope(), new(variant), new(), Cancellation)).Value;
        // A plan that is asked for is overridden by the variant's journey as by a product's.
        var asking = IdIn("half", ExperimentGroup.Variant, "asking");
        var asked = (await host.Get<ProvisionWithEntitlements>().CustomerAsync(
            host.Scope(), new(asking), new(), new(new(new(new(asking), new("free")))), Cancellation)).Value.Provisioned;

        Assert.Equal(SubscriptionDecisionStrategy.PredefinedFreePlan, controlled.Strategy);
        Assert.Equal(SubscriptionDecisionStrategy.PredefinedTrialPlan, tried.Strategy);
        Assert.Equal(SubscriptionDecisionStrategy.PredefinedTrialPlan, asked.Strategy);
        Assert.Equal(ExperimentGroup.Control, (await host.StoredAsync(control))[0].Experiment?.Group);
        Assert.Equal(
            new ExperimentInfo("half", "half", "Trial first", ExperimentGroup.Variant),
            Assert.Single(await host.StoredAsync(variant)).Experiment);

        // The experiment is over before the trial is: the customer keeps its way, though the product just cancels.
        Assert.Null((await host.Get<ExperimentUseCases>().StopAsync(host.Scope(), "half", Cancellation)).Refusal);
        host.Time.Advance(TimeSpan.FromDays(14));
        await host.RunDueAsync();

        var records = await host.StoredAsync(variant);
        Assert.Equal(
            [("pro", SubscriptionStatus.Expired), ("free", SubscriptionStatus.Active)],
            records.Select(s => (s.PlanId.Value, s.Status)));
        Assert.Equal("half", records[1].Experiment?.Id);
        Assert.Equal(["free"], (await host.StoredAsync(control)).Select(s => s.PlanId.Value));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Immediate_cancellation_ends_as_the_group_does(DatabaseKind kind)
    {
        await using var host = await SoldAsync(kind);
        await DraftAsync(host, "half", 50);
        await StartAsync(host, "half");

        async Task<IReadOnlyList<string>> LiveAfterCancelingAsync(string customer)
        {
            await host.CustomerAsync(customer);
            var paid = (await BuyProAsync(host, customer)).Subscription();
            Assert.Null((await host.Get<SubscriptionUseCases>().CancelAsync(
                host.Scope(), paid.Id, new() { Time = CancellationTime.Immediate }, Cancellation)).Refusal);
            return [.. (await host.StoredAsync(customer)).Where(s => s.IsLive).Select(s => s.PlanId.Value)];
        }

        Assert.Equal(["free"], await LiveAfterCancelingAsync(IdIn("half", ExperimentGroup.Variant)));
        Assert.Empty(await LiveAfterCancelingAsync(IdIn("half", ExperimentGroup.Control)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Running_experiment_holds_back_what_would_change_its_product(DatabaseKind kind)
    {
        await using var host = await SoldAsync(kind);
        var (catalog, experiments) = (new CatalogDriver(host), host.Get<ExperimentUseCases>());
        await DraftAsync(host, "first", 50);
        await DraftAsync(host, "second", 50);
        await StartAsync(host, "first");
        await catalog.DraftAsync("new");
        await catalog.AddonDraftAsync("extra");

        const ErrorCode held = ErrorCode.OperationNotAllowedDuringInProgressExperiment;
        Assert.Equal(held, (await catalog.TryPublishAsync("new")).Refusal?.Code);
        Assert.Equal(held, (await catalog.TryPublishAddonAsync("extra")).Refusal?.Code);
        Assert.Equal(held, (await host.Get<PreviewPublish>().ExecuteAsync(
            host.Scope(), PackageKind.Plan, new("new"), MigrationType.NewCustomers, PageRequest.First, Cancellation)).Refusal?.Code);
        Assert.Equal(held, (await host.Get<ProductUseCases>().ArchiveAsync(
            host.Scope(), new("product-default"), Cancellation)).Refusal?.Code);
        Assert.Equal(held, (await host.Get<DeleteProduct>().ExecuteAsync(
            host.Scope(), new("product-default"), Cancellation)).Refusal?.Code);
        Assert.Equal(ErrorCode.PlanIsUsedAsDefaultStartPlan, (await catalog.Plans.ArchiveAsync(
            host.Scope(), new("pro"), Cancellation)).Refusal?.Code);
        Assert.Equal(ErrorCode.ExperimentAlreadyRunning,
            (await experiments.StartAsync(host.Scope(), "second", Cancellation)).Refusal?.Code);
        Assert.Equal(ErrorCode.ExperimentStatusError,
            (await experiments.UpdateAsync(host.Scope(), "first", new() { Name = "N" }, Cancellation)).Refusal?.Code);
        Assert.Equal(ErrorCode.ExperimentStatusError,
            (await experiments.DeleteAsync(host.Scope(), "first", Cancellation)).Refusal?.Code);

        await host.Get<ProductUseCases>().CreateAsync(host.Scope(), new(new("other"), "Other"), Cancellation);
        Assert.Null((await host.Get<ProductUseCases>().ArchiveAsync(host.Scope(), new("other"), Cancellation)).Refusal);
        Assert.Null((await experiments.StopAsync(host.Scope(), "first", Cancellation)).Refusal);
        Assert.Null((await catalog.TryPublishAsync("new")).Refusal);
        Assert.Null((await experiments.StartAsync(host.Scope(), "second", Cancellation)).Refusal);
    }

    /// <summary>
    /// One customer of two in control buys pro at 30 and renews once: 60. One of three in the variant converts its trial of pro
    /// and renews once: 60. Who is in no group does not count.
    /// </summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Statistics_count_customers_conversion_and_revenue_of_each_group(DatabaseKind kind)
    {
        await using var host = await SoldAsync(kind);
        await DraftAsync(host, "half", 50);
        await StartAsync(host, "half");
        var read = host.Get<ReadExperiments>();
        var empty = (await read.StatisticsAsync(host.Scope(), "half", Cancellation)).Value;
        var control = IdsIn("half", ExperimentGroup.Control, 2);
        var variant = IdsIn("half", ExperimentGroup.Variant, 3);
        foreach (var id in control.Concat(variant))
            await host.CustomerAsync(id);
        await host.Get<ProvisionCustomer>().ExecuteAsync(
            host.Scope(), new("nobody"), new() { ExcludeFromExperiment = true }, Cancellation);
        foreach (var buyer in new[] { "nobody", control[0], variant[0] })
        {
            Assert.Null((await host.Get<PaymentMethodUseCases>().AttachAsync(
                host.Scope(), new(buyer), new("builtin", "pm_ok", null), Cancellation)).Refusal);
            Assert.Null((await BuyProAsync(host, buyer)).Refusal);
        }

        // A month on: both renew.
        host.Time.Advance(TimeSpan.FromDays(31));
        await host.RunDueAsync();

        var statistics = (await read.StatisticsAsync(host.Scope(), "half", Cancellation)).Value;

        Assert.Equal((0, null), (empty.Control.Customers, empty.Control.Conversion));
        Assert.Empty(empty.Variant.Revenue);
        // Free and pro of one, free of the other.
        Assert.Equal((2, 3, 1, 1), Numbers(statistics.Control));
        Assert.Equal(0.5m, statistics.Control.Conversion);
        // Each started with a trial of pro: that of one became the subscription it bought, those of two were followed by free.
        Assert.Equal((3, 5, 1, 1), Numbers(statistics.Variant));
        Assert.Equal(1m / 3, statistics.Variant.Conversion);
        Assert.Equal([("usd", 60m)], statistics.Control.Revenue.Select(r => (r.Key, r.Value)));
        Assert.Equal([("usd", 60m)], statistics.Variant.Revenue.Select(r => (r.Key, r.Value)));
        Assert.Equal(ErrorCode.ExperimentNotFoundError,
            (await read.StatisticsAsync(host.Scope(), "none", Cancellation)).Refusal?.Code);
    }

    private static (long, long, long, long) Numbers(GroupStatistics group) =>
        (group.Customers, group.Subscriptions, group.PaidSubscriptions, group.PayingCustomers);

    private static async Task<ModuleHost> SoldAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FreePlanAsync("free");
        await host.PaidPlanAsync("pro", 30, new(14, TrialUnits.Day, null, null));
        Assert.Null((await host.Get<ProductUseCases>().UpdateAsync(
            host.Scope(),
            new("product-default"),
            new() { Settings = new() { StartSetup = SubscriptionStartSetup.FreePlan, StartPlanId = new("free") } },
            Cancellation)).Refusal);
        return host;
    }

    private static ExperimentDraft Draft(string id, decimal percentage) => new(id, id, new("product-default"))
    {
        ControlGroupName = "Free first",
        VariantGroupName = "Trial first",
        VariantPercentage = percentage,
        VariantSettings = ReverseTrial,
    };

    private static async Task<Experiment> DraftAsync(ModuleHost host, string id, decimal percentage) =>
        (await host.Get<ExperimentUseCases>().CreateAsync(host.Scope(), Draft(id, percentage), Cancellation)).Value;

    private static async Task StartAsync(ModuleHost host, string id) =>
        Assert.Null((await host.Get<ExperimentUseCases>().StartAsync(host.Scope(), id, Cancellation)).Refusal);

    private static Task<Result<EntitledSubscription>> BuyProAsync(ModuleHost host, string customer) =>
        host.ProvisionAsync(customer, "pro", r => r with { Trial = new(IsTrial: false) });

    private static async Task<Customer> ProvisionAsync(ModuleHost host, string id, CustomerEdit fields) =>
        (await host.Get<ProvisionWithEntitlements>().CustomerAsync(
            host.Scope(), new(id), fields, default, Cancellation)).Value.Provisioned.Customer;

    private static async Task<Customer> CustomerAsync(ModuleHost host, string id) =>
        (await host.Get<CustomerUseCases>().RetrieveAsync(host.Scope(), new(id), Cancellation)).Value;

    private static async Task<IReadOnlyList<string>> IdsAsync(ModuleHost host, ExperimentFilter filter) =>
        [.. (await host.Get<ExperimentUseCases>().ListAsync(host.Scope(), filter, PageRequest.First, Cancellation))
            .Value.Items.Select(e => e.Id)];

    private static string IdIn(string experiment, ExperimentGroup group, string prefix = "c") =>
        IdsIn(experiment, group, 1, prefix)[0];

    /// <summary>Ids of customers that the experiment, at 50 %, puts into the group.</summary>
    private static IReadOnlyList<string> IdsIn(string experiment, ExperimentGroup group, int count, string prefix = "c") =>
        [.. Enumerable.Range(1, 200).Select(n => $"{prefix}{n}")
            .Where(id => ExperimentAssignment.GroupOf(experiment, new(id), 50) == group).Take(count)];
}
