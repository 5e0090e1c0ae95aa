using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tasks;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions;

/// <summary>Imports over both databases; the clock starts on 2025-01-15 at 12:00.</summary>
public sealed class ImportSubscriptionsTests
{
    private static readonly Instant LongAgo = Instant.FromUtc(2023, 5, 31, 8, 0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Rows_are_taken_over_and_those_that_cannot_be_say_why(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);

        var task = await ImportAsync(
            host,
            Row("s-free", "ada", "free") with { StartDate = LongAgo, Metadata = new Dictionary<string, string> { ["k"] = "v" } },
            Row("s-lost", "nobody", "free"),
            Row("s-paid", "bob", "paid"),
            Row("s-short", "bob", "free") with { StartDate = LongAgo, EndDate = LongAgo },
            Row("s-big", "bob", "enterprise") with { Entitlements = [new(new("seats")) { UsageLimit = 250 }] });

        Assert.Equal((TaskState.PartiallyFailed, 5, 2, 3), (task.State, task.Total, task.Done, task.Failed));
        var free = Assert.Single(await host.StoredAsync("ada"));
        Assert.Equal(
            (SubscriptionStatus.Active, LongAgo, LongAgo, "v"),
            (free.Status, free.StartDate, free.UsageAnchor, free.Metadata["k"]));
        var big = Assert.Single(await host.StoredAsync("bob"));
        // The plan has a trial of 14 days by default: an import starts none.
        Assert.Equal((SubscriptionStatus.Active, 250m), (big.Status, Assert.Single(big.Overrides).UsageLimit));
        var failures = (await host.Get<TaskUseCases>().ListFailuresAsync(
            host.Scope(), task.Uid, PageRequest.First, Cancellation)).Value.Items;
        Assert.Equal(["s-short", "s-paid", "s-lost"], failures.Select(f => f.ItemId));
        Assert.All(failures, f => Assert.Equal("FailedToImportSubscriptions", f.Code));
        Assert.Equal(
            ["InvalidArgumentError", "InvalidArgumentError", "CustomerNotFound"],
            failures.Select(f => f.Message.Split(':')[0]));
        var events = (await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { TraceId = task.Uid }, PageRequest.First, Cancellation)).Value.Items;
        Assert.All(events, e => Assert.Equal((EventType.SubscriptionCreated, "IMPORT"), (e.Type, e.Actor.Type)));
        Assert.Equal(2, events.Count);
        var asked = Assert.Single((await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [EventType.ImportSubscriptionsBulkTriggered] }, PageRequest.First, Cancellation)).Value.Items);
        Assert.Equal((task.Uid.ToString(), "5"), (asked.EntityId, asked.Facts!["rows"]));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Import_may_be_repeated_and_keeps_what_changed_here_since(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var now = host.Scope().Now;
        var row = Row("s", "ada", "free") with { StartDate = LongAgo, UpdatedAt = now - Duration.FromDays(1) };
        await ImportAsync(host, row);
        await host.Get<SubscriptionUseCases>().UpdateAsync(
            host.Scope(), new("s"), new(new() { Metadata = new(new Dictionary<string, string> { ["here"] = "1" }) }), Cancellation);
        var renamed = row with { Metadata = new Dictionary<string, string> { ["there"] = "2" } };

        var older = await ImportAsync(host, renamed);
        Assert.Equal("1", Assert.Single(await host.StoredAsync("ada")).Metadata["here"]);
        await ImportAsync(host, renamed with { UpdatedAt = now });
        Assert.Equal("2", Assert.Single(await host.StoredAsync("ada")).Metadata["there"]);
        var again = await ImportAsync(host, renamed with { UpdatedAt = null });
        await host.Get<SubscriptionUseCases>().CancelAsync(
            host.Scope(), new("s"), new() { Time = CancellationTime.Immediate }, Cancellation);
        var ended = await ImportAsync(host, renamed with { UpdatedAt = null });

        Assert.All((TaskReport[])[older, again, ended], t => Assert.Equal((TaskState.Completed, 1), (t.State, t.Done)));
        Assert.Equal(SubscriptionStatus.Canceled, Assert.Single(await host.StoredAsync("ada")).Status);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Fixed_end_ends_the_subscription_also_when_it_is_past(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var end = host.Scope().Now + Duration.FromDays(2);

        await ImportAsync(
            host,
            Row("ends", "ada", "free") with { StartDate = LongAgo, EndDate = end },
            Row("ended", "bob", "free") with { StartDate = LongAgo, EndDate = LongAgo + Duration.FromDays(30) });

        Assert.Equal(SubscriptionStatus.Active, Assert.Single(await host.StoredAsync("ada")).Status);
        Assert.Equal(SubscriptionStatus.Expired, Assert.Single(await host.StoredAsync("bob")).Status);
        host.Time.Advance(TimeSpan.FromDays(2));
        await host.RunDueAsync();
        var over = Assert.Single(await host.StoredAsync("ada"));
        Assert.Equal((SubscriptionStatus.Expired, CancelReason.Expired), (over.Status, over.CancelReason));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Call_of_a_wrong_shape_is_refused_and_one_import_runs_at_a_time(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var import = host.Get<ImportSubscriptions>();
        var rows = Enumerable.Range(0, SubscriptionImport.MaxRows + 1).Select(i => Row($"s{i}", "ada", "free")).ToList();

        Assert.Equal(ErrorCode.ImportSubscriptionsBulkError, await CodeAsync([], null));
        Assert.Equal(ErrorCode.ImportSubscriptionsBulkError, await CodeAsync(rows, null));
        Assert.Equal(ErrorCode.ImportSubscriptionsBulkError, await CodeAsync([rows[0], rows[1], rows[0]], null));
        Assert.Equal(ErrorCode.IntegrationNotFound, await CodeAsync([rows[0]], "crm"));
        Assert.Null(await CodeAsync([rows[0]], null));
        Assert.Equal(ErrorCode.ImportAlreadyInProgress, await CodeAsync([rows[1]], null));
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);
        Assert.Null(await CodeAsync([rows[1]], null));

        async Task<ErrorCode?> CodeAsync(IReadOnlyList<SubscriptionImportRow> asked, string? integration) =>
            (await import.ExecuteAsync(host.Scope(), asked, integration, Cancellation)).Refusal?.Code;
    }

    private static SubscriptionImportRow Row(string id, string customer, string plan) =>
        new(new(id), new(customer), new(plan));

    private static async Task<TaskReport> ImportAsync(ModuleHost host, params SubscriptionImportRow[] rows)
    {
        var task = (await host.Get<ImportSubscriptions>().ExecuteAsync(host.Scope(), rows, null, Cancellation)).Value;
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);
        return (await host.Get<TaskUseCases>().RetrieveAsync(host.Scope(), task, Cancellation)).Value;
    }

    /// <summary>The customers ada and bob, and the plans free, paid and enterprise, which leaves the seats to each subscription.</summary>
    private static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FreePlanAsync("free");
        await host.PaidPlanAsync("paid", 5);
        Assert.Null((await host.Get<FeatureUseCases>().CreateAsync(
            host.Scope(),
            new() { Id = new("seats"), DisplayName = "Seats", Type = FeatureType.Number, MeterType = MeterType.Fluctuating },
            Cancellation)).Refusal);
        Assert.Null((await host.Get<PlanUseCases>().CreateAsync(
            host.Scope(),
            new(new("enterprise"), new("product-default"), new()
            {
                DisplayName = "Enterprise",
                PricingType = PricingType.Custom,
                DefaultTrial = new TrialConfiguration(14, TrialUnits.Day, null, null),
            }),
            Cancellation)).Refusal);
        Assert.Null((await host.Get<PlanEntitlementUseCases>().CreateAsync(
            host.Scope(),
            new("enterprise"),
            new([new(new("seats")) { IsCustom = true }], []),
            Cancellation)).Refusal);
        Assert.Null((await host.Get<PublishPlan>().ExecuteAsync(
            host.Scope(), new("enterprise"), MigrationType.NewCustomers, Cancellation)).Refusal);
        await host.CustomerAsync("ada");
        await host.CustomerAsync("bob");
        return host;
    }
}
