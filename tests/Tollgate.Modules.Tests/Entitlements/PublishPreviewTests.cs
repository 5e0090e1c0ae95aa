using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Entitlements.Previews;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Publishing;
using Tollgate.Modules.Tasks;
using Tollgate.Modules.Tests.Catalog;
using Tollgate.Modules.Tests.Credits;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Entitlements;

/// <summary>A preview of a publish against the publish, its task and the migrations that may follow.</summary>
public sealed class PublishPreviewTests
{
    private static readonly string[] Open = ["a", "b", "c", "d", "e", "g"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_says_what_the_publish_and_its_task_then_change_and_writes_nothing(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var sold = await SoldPlan.CreateAsync(host);
        await sold.DraftOfSecondAsync();
        var before = await sold.StateAsync();
        var had = await sold.EntitlementsAsync();

        var preview = (await PreviewAsync(host, "pro", MigrationType.AllCustomers)).Value;
        var untouched = await sold.StateAsync();
        var published = await sold.Catalog.PublishAsync("pro", MigrationType.AllCustomers);
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);

        Assert.Equal(before, untouched);
        var task = (await host.Get<TaskUseCases>().RetrieveAsync(host.Scope(), published.TaskUid!.Value, Cancellation)).Value;
        Assert.Equal((TaskState.Completed, preview.Impact!.TotalMoved), (task.State, task.Done));
        var moved = await sold.Catalog.EventsAsync(new() { Types = [EventType.SubscriptionUpdated], TraceId = task.Uid });
        Assert.Equal(
            moved.Select(e => e.EntityId).Order(),
            preview.Scopes.Items.SelectMany(s => s.Subscriptions).Select(s => s.Before.Id.Value).Order());
        var has = await sold.EntitlementsAsync();
        foreach (var scope in preview.Scopes.Items)
        {
            var customer = scope.CustomerId.Value;
            Assert.Equal(
                Words(EntitlementDifference.Between(had[customer], has[customer])), Words(scope.Entitlements));
            var stored = (await host.StoredAsync(customer)).Single();
            var foreseen = Assert.Single(scope.Subscriptions).After;
            Assert.Equal(
                (foreseen.PlanVersion, foreseen.PriceVersion), (stored.PlanVersion, stored.PriceVersion));
        }

        Assert.Equal(Open.Order(), preview.Scopes.Items.Select(s => s.CustomerId.Value).Order());
        var changed = has.Keys.Where(c => EntitlementDifference.Between(had[c], has[c]).Count > 0);
        Assert.Equal(
            changed.Order(),
            preview.Scopes.Items.Where(s => s.Entitlements.Count > 0).Select(s => s.CustomerId.Value).Order());
        Assert.Equal(
            preview.Impact.Recurring.Select(r => (r.Currency, r.Period, r.After)), await sold.RecurringAsync());
        foreach (var id in Open)
        {
            Assert.Null((await host.Get<SubscriptionUseCases>().MigrateAsync(
                host.Scope(), new(id), SubscriptionMigrationTime.Immediate, Cancellation)).Refusal);
        }

        Assert.Equal(
            preview.Impact.Recurring.Select(r => (r.Currency, r.Period, r.Migrated)), await sold.RecurringAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_counts_by_status_and_exception_and_adds_up_recurring_amounts(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var sold = await SoldPlan.CreateAsync(host);
        await sold.DraftOfSecondAsync();

        var preview = (await PreviewAsync(host, "pro", MigrationType.AllCustomers)).Value;

        var impact = preview.Impact!;
        Assert.Equal([(SubscriptionStatus.Active, 6)], impact.Moved.Select(m => (m.Key, m.Value)));
        Assert.Equal([(MoveSkip.Ended, 1)], impact.Skipped.Select(s => (s.Key, s.Value)));
        Assert.Equal(
            [
                (MoveException.OutdatedPrices, 6), (MoveException.PriceOverrides, 1),
                (MoveException.EntitlementOverrides, 1), (MoveException.UnlistedAddons, 1),
                (MoveException.PlannedEnd, 1),
            ],
            impact.Exceptions.Select(e => (e.Key, e.Value)));
        // Monthly before: a 20 + 2 x 10 = 40, b 15 (its own) + 3 x 10 = 45, d 20 + 10 + 2 x 5 = 40, e 30, g 30: 185.
        // Migrated: a 25 + 2 x 12 = 49, b 15 + 3 x 12 = 51, d 25 + 12 + 10 = 47, e 37, g 37: 221.
        // Annually: c 200 + 1 x 100 = 300, then 250 + 100 = 350.
        Assert.Equal(
            [
                new("usd", BillingPeriod.Monthly) { Subscriptions = 5, Before = 185, After = 185, Migrated = 221 },
                new RecurringImpact("usd", BillingPeriod.Annually)
                {
                    Subscriptions = 1, Before = 300, After = 300, Migrated = 350,
                },
            ],
            impact.Recurring);
        // Flat fee 20 -> 25 and 200 -> 250, seats 10 -> 12; seats a year stay.
        Assert.Equal(
            [(20m, 25m), (10m, 12m), (200m, 250m)],
            preview.Changes.Prices.Select(c => (c.Before!.Price!.Amount, c.After!.Price!.Amount))
                .OrderBy(p => p.Item1 == 200 ? 2 : p.Item1 == 10 ? 1 : 0));
        Assert.Equal(
            ["calls: 1000 hard, resets every MONTH -> 2000 hard, resets every MONTH", "sso: - -> access"],
            Words(preview.Scopes.Items.Single(s => s.CustomerId.Value == "a").Entitlements));
        // The value of its own goes on.
        Assert.Equal(
            ["sso: - -> access"],
            Words(preview.Scopes.Items.Single(s => s.CustomerId.Value == "e").Entitlements));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task New_customers_only_moves_nobody_and_says_so(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var sold = await SoldPlan.CreateAsync(host);
        await sold.DraftOfSecondAsync();

        var preview = (await PreviewAsync(host, "pro", MigrationType.NewCustomers)).Value;

        Assert.Equal(0, preview.Impact!.TotalMoved);
        Assert.Equal(
            [(MoveSkip.Ended, 1), (MoveSkip.NewCustomersOnly, 6)], preview.Impact.Skipped.Select(s => (s.Key, s.Value)));
        Assert.Empty(preview.Scopes.Items);
        Assert.Equal([(2, 1)], preview.Published.Select(p => (p.Version.Version, p.Previous)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Scopes_are_paged_both_ways_and_the_sums_come_with_the_first_page_only(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var sold = await SoldPlan.CreateAsync(host);
        await sold.DraftOfSecondAsync();

        var first = (await PreviewAsync(host, "pro", MigrationType.AllCustomers, new(4, null, null))).Value;
        var second = (await PreviewAsync(
            host, "pro", MigrationType.AllCustomers, new(4, first.Scopes.Next, null))).Value;
        var back = (await PreviewAsync(
            host, "pro", MigrationType.AllCustomers, new(4, null, second.Scopes.Previous))).Value;
        var unknown = await PreviewAsync(host, "pro", MigrationType.AllCustomers, new(4, Guid.NewGuid(), null));

        Assert.Equal(["g", "e", "d", "c"], first.Scopes.Items.Select(s => s.CustomerId.Value));
        Assert.Equal(["b", "a"], second.Scopes.Items.Select(s => s.CustomerId.Value));
        Assert.Equal(["g", "e", "d", "c"], back.Scopes.Items.Select(s => s.CustomerId.Value));
        Assert.Equal((false, true, true), (first.Impact is null, second.Impact is null, back.Impact is null));
        Assert.Null(second.Scopes.Next);
        Assert.Equal(ErrorCode.BadUserInput, unknown.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Base_plan_shows_its_children_and_an_addon_its_holders(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var sold = await SoldPlan.CreateAsync(host);
        await sold.Catalog.DraftAsync("child", PricingType.Free, basePlan: "starter");
        await sold.Catalog.PublishAsync("child");
        await host.CustomerAsync("h");
        await sold.ProvisionAsync("h", "child", r => r with { BillingPeriod = null });
        await sold.Catalog.EditAsync("starter", new() { Description = "2" });
        await sold.EntitleAsync("starter", new(new("sso")));
        await sold.Catalog.EditAddonAsync("support", new() { Description = "2" });

        var ofBase = (await PreviewAsync(host, "starter", MigrationType.AllCustomers)).Value;
        var ofAddon = (await PreviewAsync(host, "support", MigrationType.AllCustomers, kind: PackageKind.Addon)).Value;
        await sold.Catalog.PublishAsync("starter", MigrationType.AllCustomers);
        await sold.Catalog.PublishAddonAsync("support", MigrationType.AllCustomers);
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);

        Assert.Equal(["starter", "child"], ofBase.Published.Select(p => p.Version.Id.Value));
        var scope = Assert.Single(ofBase.Scopes.Items);
        Assert.Equal(("h", "sso: - -> access"), (scope.CustomerId.Value, Assert.Single(Words(scope.Entitlements))));
        Assert.Equal(2, (await host.StoredAsync("h")).Single().PlanVersion);
        var holder = Assert.Single(ofAddon.Scopes.Items);
        Assert.Equal("d", holder.CustomerId.Value);
        Assert.Equal(new SubscriptionAddon(new("support"), 2, 2, 1), holder.Subscriptions[0].After.Addons[0]);
        Assert.Equal(holder.Subscriptions[0].After.Addons, (await host.StoredAsync("d")).Single().Addons);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_is_refused_as_the_publish_is(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var sold = await SoldPlan.CreateAsync(host);
        await sold.Catalog.DraftAsync("untyped");
        await sold.Catalog.DraftAsync("old");
        await sold.Catalog.PublishAsync("old");
        Assert.Null((await sold.Catalog.Plans.ArchiveAsync(host.Scope(), new("old"), Cancellation)).Refusal);
        await sold.Catalog.DraftAsync("unpriced", PricingType.Paid);
        await sold.DraftOfSecondAsync();
        await sold.Catalog.PublishAsync("pro", MigrationType.AllCustomers);
        await sold.Catalog.EditAsync("pro", new() { Description = "3" });

        foreach (var (id, code) in new (string, ErrorCode)[]
        {
            ("nobody", ErrorCode.PlanNotFound),
            ("old", ErrorCode.EntityIsArchivedError),
            ("starter", ErrorCode.PackageAlreadyPublished),
            ("unpriced", ErrorCode.PriceNotFound),
            ("pro", ErrorCode.ScheduledMigrationAlreadyExistsError),
        })
        {
            var refused = await PreviewAsync(host, id, MigrationType.AllCustomers);
            var publish = await sold.Catalog.TryPublishAsync(id, MigrationType.AllCustomers);
            Assert.Equal((code, code), (refused.Refusal?.Code, publish.Refusal?.Code));
            Assert.Equal(publish.Refusal!.Message, refused.Refusal!.Message);
        }

        Assert.Null((await PreviewAsync(host, "untyped", MigrationType.AllCustomers)).Refusal);
        Assert.Equal(
            ErrorCode.AddonNotFound,
            (await PreviewAsync(host, "pro", MigrationType.AllCustomers, kind: PackageKind.Addon)).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Subscription_that_cannot_be_read_is_counted_and_hides_nobody_else(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var sold = await SoldPlan.CreateAsync(host);
        await sold.DraftOfSecondAsync();
        await host.Database.WriteAsync(
            [],
            async (session, token) =>
            {
                await using var command = session.Connection.CreateCommand();
                command.Transaction = session.Transaction;
                command.CommandText = "UPDATE subscriptions SET body = 'no JSON' WHERE id = 'b'";
                return await command.ExecuteNonQueryAsync(token) == 1;
            },
            Cancellation);

        var preview = (await PreviewAsync(host, "pro", MigrationType.AllCustomers)).Value;

        Assert.Equal(5, preview.Impact!.TotalMoved);
        Assert.Equal(1, preview.Impact.Skipped[MoveSkip.Unreadable]);
        Assert.Equal(["b"], preview.Scopes.Items.Where(s => s.IsUnreadable).Select(s => s.CustomerId.Value));
        Assert.Equal(6, preview.Scopes.Items.Count);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Migration_preview_is_what_the_migration_then_does(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var sold = await SoldPlan.CreateAsync(host);
        await sold.DraftOfSecondAsync();
        await sold.Catalog.PublishAsync("pro");
        // January 15 12:00 to February 15 12:00 are 31 days; after 15.5 of them, half is left.
        host.Time.Advance(TimeSpan.FromDays(15.5));
        var before = await sold.StateAsync();
        var had = await sold.EntitlementsAsync();

        var preview = (await MigrationAsync(host, "a")).Value;
        var later = (await MigrationAsync(host, "a", SubscriptionMigrationTime.EndOfBillingPeriod)).Value;
        var untouched = await sold.StateAsync();
        var migrated = (await host.Get<SubscriptionUseCases>().MigrateAsync(
            host.Scope(), new("a"), SubscriptionMigrationTime.Immediate, Cancellation)).Value;

        Assert.Equal(before, untouched);
        Assert.Equal((2, 2), (preview.After.PlanVersion, preview.After.PriceVersion));
        Assert.Equal(
            (migrated.Subscription.PlanVersion, migrated.Subscription.PriceVersion),
            (preview.After.PlanVersion, preview.After.PriceVersion));
        Assert.Equal(
            Words(EntitlementDifference.Between(had["a"], (await sold.EntitlementsAsync())["a"])),
            Words(preview.Entitlements));
        Assert.Equal((40m, 49m), (preview.RecurringBefore!.Amount, preview.RecurringAfter!.Amount));
        Assert.Equal(2, preview.Charges.Count);
        // Half of 25 - 20 and of 2 x (12 - 10): 2.50 + 2.
        Assert.Equal(4.5m, preview.Invoices!.Immediate.Amounts.Total);
        Assert.Equal(
            migrated.LatestInvoice!.Lines.Select(l => (l.Description, l.Amount)),
            preview.Invoices.Immediate.Lines.Select(l => (l.Description, l.Amount)));
        Assert.Equal(49, preview.Invoices.Recurring.Amounts.Total);
        Assert.Equal((true, 0, 0m), (later.IsScheduled, later.Entitlements.Count, later.Invoices!.Immediate.Amounts.Total));
        Assert.Equal(
            ErrorCode.SubscriptionAlreadyOnLatestPlanError, (await MigrationAsync(host, "a")).Refusal?.Code);
        Assert.Equal(ErrorCode.SubscriptionNotFound, (await MigrationAsync(host, "nobody")).Refusal?.Code);
        Assert.Equal(ErrorCode.SubscriptionAlreadyCanceledOrExpired, (await MigrationAsync(host, "f")).Refusal?.Code);
    }

    /// <summary>An image costs 10 credits, then 12; the fee goes from 20 to 25 and stays for those who have it.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Credit_mapping_moves_with_the_entitlements_and_previews_say_so(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await MappedPlanAsync(host, catalog);
        await host.CustomerAsync("m");
        Assert.Null((await host.ProvisionAsync("m", "gen", r => r with { Id = new("m") })).Refusal);
        await PriceMappedAsync(host, 25, 12);
        var had = await EntitlementsAsync(host, "m");

        var preview = (await PreviewAsync(host, "gen", MigrationType.AllCustomers)).Value;
        await catalog.PublishAsync("gen", MigrationType.AllCustomers);
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);

        const string change = "images: unlimited, never resets 10 ai -> unlimited, never resets 12 ai";
        var has = await EntitlementsAsync(host, "m");
        Assert.Equal([change], Words(Assert.Single(preview.Scopes.Items).Entitlements));
        Assert.Equal([change], Words(EntitlementDifference.Between(had, has)));
        // The charges that are shown are those in force: the old fee with the new mapping.
        var shown = (await host.Get<SubscriptionUseCases>().RetrieveAsync(host.Scope(), new("m"), Cancellation)).Value.Charges;
        Assert.Equal(
            [20m, 12m], shown.Select(c => c.Charge.Price?.Amount ?? c.Charge.CreditRate!.Amount));
        // The mapping is there already; what a migration still changes is the fee.
        var migration = (await MigrationAsync(host, "m")).Value;
        Assert.Empty(migration.Entitlements);
        Assert.Equal(
            [(20m, 25m)], migration.Charges.Select(c => (c.Before!.Charge.Price!.Amount, c.After!.Charge.Price!.Amount)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Migration_preview_names_the_credit_mapping_that_it_moves(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await MappedPlanAsync(host, catalog);
        await host.CustomerAsync("m");
        Assert.Null((await host.ProvisionAsync("m", "gen", r => r with { Id = new("m") })).Refusal);
        await PriceMappedAsync(host, 25, 12);
        await catalog.PublishAsync("gen");
        var had = await EntitlementsAsync(host, "m");

        var preview = (await MigrationAsync(host, "m")).Value;
        Assert.Null((await host.Get<SubscriptionUseCases>().MigrateAsync(
            host.Scope(), new("m"), SubscriptionMigrationTime.Immediate, Cancellation)).Refusal);

        Assert.Equal(2, preview.Charges.Count);
        Assert.Equal(
            Words(EntitlementDifference.Between(had, await EntitlementsAsync(host, "m"))), Words(preview.Entitlements));
        Assert.Single(preview.Entitlements);
    }

    private static async Task MappedPlanAsync(ModuleHost host, CatalogDriver catalog)
    {
        await host.CurrencyAsync("ai");
        Assert.Null((await host.Get<FeatureUseCases>().CreateAsync(
            host.Scope(),
            new()
            {
                Id = new("images"),
                DisplayName = "Images",
                Type = FeatureType.Number,
                MeterType = MeterType.Incremental,
                Meter = new(
                    new(AggregationFunction.Count, null),
                    [new([new("eventName", ConditionOperation.Equals, "image", null)])]),
            },
            Cancellation)).Refusal);
        await catalog.DraftAsync("gen", PricingType.Paid);
        await PriceMappedAsync(host, 20, 10);
        await catalog.PublishAsync("gen");
    }

    private static async Task PriceMappedAsync(ModuleHost host, decimal fee, decimal credits)
    {
        var pricing = new PricingInput(PricingType.Paid)
        {
            Models =
            [
                new(BillingModel.FlatFee, [new(BillingPeriod.Monthly) { Price = new(fee, "usd") }]),
                new(BillingModel.CreditBased, [new(BillingPeriod.Monthly) { CreditRate = new(credits, new("ai"), null) }])
                {
                    FeatureId = new FeatureId("images"),
                },
            ],
        };
        Assert.Null((await host.Get<PlanUseCases>().UpdateAsync(
            host.Scope(), new("gen"), new(new(), pricing), Cancellation)).Refusal);
    }

    private static Task<EntitlementSet> EntitlementsAsync(ModuleHost host, string customer) => host.Database.ReadAsync(
        async (session, _) => await host.Get<ScopeCompiler>().ComputeAsync(
            session, host.EnvironmentId, new(customer), null,
            await host.Get<CatalogReader>().FeaturesAsync(session, host.EnvironmentId), host.Scope().Now),
        Cancellation);

    private static IReadOnlyList<string> Words(IReadOnlyList<EntitlementDifference> differences) =>
    [
        .. differences.Select(d => $"{d.Feature.Id}: {Words(d.Before, d.RateBefore, d.Feature)} -> "
            + Words(d.After, d.RateAfter, d.Feature)),
    ];

    private static string Words(EntitlementValue? value, CreditRate? rate, Feature feature) =>
        (value?.Describe(feature) ?? "-") + (rate is null ? "" : $" {rate.Amount} {rate.CurrencyId}");

    private static Task<Result<PublishPreview>> PreviewAsync(
        ModuleHost host, string id, MigrationType migration, PageRequest? page = null,
        PackageKind kind = PackageKind.Plan) =>
        host.Get<PreviewPublish>().ExecuteAsync(
            host.Scope(), kind, new(id), migration, page ?? PageRequest.First, Cancellation);

    private static Task<Result<MigrationPreview>> MigrationAsync(
        ModuleHost host, string id, SubscriptionMigrationTime time = SubscriptionMigrationTime.Immediate) =>
        host.Get<PreviewMigration>().ExecuteAsync(host.Scope(), new(id), time, Cancellation);
}
