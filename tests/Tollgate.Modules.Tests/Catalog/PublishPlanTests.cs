using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Tasks;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class PublishPlanTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Publishing_a_base_publishes_every_plan_below_it_and_moves_open_drafts_behind(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("base");
        await catalog.PublishAsync("base");
        await catalog.DraftAsync("child", basePlan: "base");
        await catalog.PublishAsync("child");
        await catalog.DraftAsync("grandchild", basePlan: "child");
        await catalog.PublishAsync("grandchild");
        await catalog.EditAsync("child", new() { Description = "draft of 2" });

        await catalog.EditAsync("base", new() { Description = "2" });
        await catalog.PublishAsync("base");

        var child = await catalog.LatestAsync("child");
        var grandchild = await catalog.LatestAsync("grandchild");
        var draft = await catalog.OpenDraftOfAsync("child");
        Assert.Equal((2, null, new BasePlan(new("base"), 2)), (child.Version, child.Description, child.BasePlan));
        Assert.Equal((2, new BasePlan(new("child"), 2)), (grandchild.Version, grandchild.BasePlan));
        Assert.Equal((3, "draft of 2"), (draft.Version, draft.Description));
        Assert.Equal(
            [EventType.PlanCreated, EventType.PackagePublished, EventType.PackagePublished, EventType.PlanUpdated],
            await catalog.EventsOfAsync(EntityKind.Plan, "grandchild"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task New_customers_only_leaves_subscriptions_where_they_are(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await PublishWithSubscriberAsync(catalog, "pro");

        var published = await catalog.PublishAsync("pro", MigrationType.NewCustomers);
        var run = await host.Get<TaskRunner>().RunDueAsync(Cancellation);

        Assert.Null(published.TaskUid);
        Assert.Equal(0, run);
        Assert.Equal((1, 1), await catalog.VersionsOfAsync("s-pro"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task All_customers_moves_open_subscriptions_but_not_their_prices(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await PublishWithSubscriberAsync(catalog, "pro");
        await catalog.SubscribeAsync("later", "pro", SubscriptionStatus.NotStarted);
        await catalog.SubscribeAsync("ended", "pro", SubscriptionStatus.Canceled);

        var published = await catalog.PublishAsync("pro", MigrationType.AllCustomers);
        await catalog.EditAsync("pro", new() { Description = "3" });
        var early = await catalog.TryPublishAsync("pro");
        var run = await host.Get<TaskRunner>().RunDueAsync(Cancellation);

        Assert.Equal(ErrorCode.ScheduledMigrationAlreadyExistsError, early.Refusal?.Code);
        Assert.Equal(1, run);
        Assert.Equal((2, 1), await catalog.VersionsOfAsync("s-pro"));
        Assert.Equal((2, 1), await catalog.VersionsOfAsync("later"));
        Assert.Equal((1, 1), await catalog.VersionsOfAsync("ended"));
        var logged = await catalog.EventsAsync(new() { TraceId = published.TaskUid });
        Assert.Equal(
            [EventType.SubscriptionsMigrated, EventType.SubscriptionUpdated, EventType.SubscriptionUpdated],
            logged.Select(e => e.Type));
        Assert.All(logged, e => Assert.Equal("MIGRATION", e.Actor.Type));
        Assert.Equal(["customer-of-later", "customer-of-s-pro"], logged.Skip(1).Select(e => e.CustomerId));
        Assert.Equal(
            "pro", Assert.Single(await catalog.EventsAsync(new() { Types = [EventType.SubscriptionsMigrationTriggered] })).EntityId);
        Assert.Null((await catalog.TryPublishAsync("pro")).Refusal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Subscriptions_of_plans_below_move_with_the_base(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("base");
        await catalog.PublishAsync("base");
        await catalog.DraftAsync("child", basePlan: "base");
        await PublishWithSubscriberAsync(catalog, "child", alreadyDrafted: true);

        await catalog.EditAsync("base", new() { Description = "2" });
        var published = await catalog.PublishAsync("base", MigrationType.AllCustomers);
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);

        Assert.NotNull(published.TaskUid);
        Assert.Equal((2, 1), await catalog.VersionsOfAsync("s-child"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Migration_that_was_cut_off_goes_on_when_its_lease_ends_and_reports_once(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await PublishWithSubscriberAsync(catalog, "pro");
        await catalog.PublishAsync("pro", MigrationType.AllCustomers);
        var store = host.Get<TaskQueue>();
        EnvironmentTask? lost = null;
        await host.Database.WriteAsync(
            [], async (session, _) => (lost = await store.ClaimAsync(session)) is not null, Cancellation);

        var runner = host.Get<TaskRunner>();
        Assert.Equal(0, await runner.RunDueAsync(Cancellation));
        host.Time.Advance(TaskQueue.Lease);
        Assert.Equal(1, await runner.RunDueAsync(Cancellation));
        host.Time.Advance(TaskQueue.Lease);
        Assert.Equal(0, await runner.RunDueAsync(Cancellation));

        Assert.Equal((2, 1), await catalog.VersionsOfAsync("s-pro"));
        Assert.Single(await catalog.EventsAsync(new() { Types = [EventType.SubscriptionsMigrated] }));
        await Assert.ThrowsAsync<TaskStoppedException>(() => host.Database.WriteAsync(
            [],
            async (s, _) =>
            {
                await store.RenewAsync(s, lost!);
                return true;
            },
            Cancellation));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Feature_counts_as_held_by_plan_inheritance_or_override_of_a_live_subscription(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        foreach (var id in (string[])["granted", "overridden", "free"])
            await catalog.MeteredFeatureAsync(id);
        await catalog.DraftAsync("base");
        Assert.Null((await catalog.Entitlements.CreateAsync(
            host.Scope(),
            new("base"),
            new([new(new("granted")) { UsageLimit = 5m }], []),
            Cancellation)).Refusal);
        await catalog.PublishAsync("base");
        await catalog.DraftAsync("child", basePlan: "base");
        await catalog.PublishAsync("child");
        await catalog.SubscribeAsync("s1", "child", SubscriptionStatus.InTrial, overriding: "overridden");
        await catalog.SubscribeAsync("s2", "child", SubscriptionStatus.Expired, overriding: "free");

        Assert.Equal(ErrorCode.CannotUpdateUnitTransformationError, await TransformAsync("granted"));
        Assert.Equal(ErrorCode.CannotUpdateUnitTransformationError, await TransformAsync("overridden"));
        Assert.Null(await TransformAsync("free"));

        async Task<ErrorCode?> TransformAsync(string id) => (await host.Get<FeatureUseCases>().UpdateAsync(
            host.Scope(),
            new(id),
            new() { UnitTransformation = new UnitTransformation(1000, RoundingDirection.Up, null, null) },
            Cancellation)).Refusal?.Code;
    }

    /// <summary>Version 1 with a subscription, and a draft of version 2 that says something else.</summary>
    private static async Task PublishWithSubscriberAsync(CatalogDriver catalog, string id, bool alreadyDrafted = false)
    {
        if (!alreadyDrafted)
            await catalog.DraftAsync(id);
        await catalog.PublishAsync(id);
        await catalog.SubscribeAsync("s-" + id, id);
        if (!alreadyDrafted)
            await catalog.EditAsync(id, new() { Description = "2" });
    }
}
