using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Demo;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Demo;

public sealed class LoadDemoTests
{
    /// <summary>The beginning is 2025-01-15T12:00; four months and twelve days later.</summary>
    private static readonly Instant End = Instant.FromUtc(2025, 5, 27, 12, 0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Demo_is_there_as_its_story_tells(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);

        var report = await host.Get<LoadDemo>().ExecuteAsync("development", Cancellation);

        Assert.Equal((DemoOutcome.Loaded, 25, 10), (report.Outcome, report.Customers, report.Plans));
        Assert.Equal(new ClockReading(End, Frozen: false),
            host.Get<TestClock>().Read(host.Scope()));
        Assert.Equal(host.Time.GetUtcNow(), host.Scope("production").Now.ToDateTimeOffset());
        await AssertStoryAsync(host);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Second_load_changes_nothing(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.Get<LoadDemo>().ExecuteAsync("development", Cancellation);
        var last = await LastEventAsync(host);

        var again = await host.Get<LoadDemo>().ExecuteAsync("development", Cancellation);

        Assert.Equal((DemoOutcome.WasThere, End), (again.Outcome, again.Now));
        Assert.Equal(last, await LastEventAsync(host));
        await AssertStoryAsync(host);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite, 3)]
    [InlineData(DatabaseKind.Sqlite, 30)]
    [InlineData(DatabaseKind.Sqlite, 70)]
    [InlineData(DatabaseKind.Sqlite, 110)]
    [InlineData(DatabaseKind.PostgreSql, 90)]
    public async Task Load_that_broke_off_is_finished_by_the_next_one(DatabaseKind kind, int changes)
    {
        using var breaking = new BreakAfter(changes);
        await using var host = await ModuleHost.StartAsync(
            kind, services => services.AddSingleton<IChangeListener>(breaking));
        breaking.IsArmed = true;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => host.Get<LoadDemo>().ExecuteAsync("development", breaking.Token));
        breaking.IsArmed = false;
        // The server was down for three days; the clock of the environment stood still meanwhile.
        host.Time.Advance(TimeSpan.FromDays(3));

        var report = await host.Get<LoadDemo>().ExecuteAsync("development", Cancellation);

        Assert.Equal((DemoOutcome.Loaded, End), (report.Outcome, report.Now));
        await AssertStoryAsync(host);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Environment_that_is_in_use_is_left_alone(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        _ = (await host.Get<FeatureUseCases>().CreateAsync(host.Scope(), SheetFeature, Cancellation)).Value;
        var last = await LastEventAsync(host);

        var report = await host.Get<LoadDemo>().ExecuteAsync("development", Cancellation);

        Assert.Equal(DemoOutcome.NotEmpty, report.Outcome);
        Assert.Equal(last, await LastEventAsync(host));
        Assert.Equal(
            new ClockReading(Instant.FromDateTimeOffset(ModuleHost.Start), Frozen: false),
            host.Get<TestClock>().Read(host.Scope()));
    }

    private static Domain.Catalog.FeatureDraft SheetFeature => new()
    {
        Id = new("mine"),
        DisplayName = "Mine",
        Type = Domain.Catalog.FeatureType.Boolean,
    };

    private static async Task AssertStoryAsync(ModuleHost host)
    {
        // Told: 27 subscriptions. The trial that expired and the cancelled team each got a free one: 29. Six are not
        // active.
        var all = (await host.Get<SubscriptionUseCases>().ListAsync(
            host.Scope(), new(), new PageRequest(100, null, null), Cancellation)).Value.Items;
        Assert.Equal(
            [
                (SubscriptionStatus.Active, 23), (SubscriptionStatus.Expired, 1), (SubscriptionStatus.InTrial, 1),
                (SubscriptionStatus.Canceled, 3), (SubscriptionStatus.NotStarted, 1),
            ],
            all.GroupBy(s => s.Subscription.Status).Select(g => (g.Key, g.Count())).OrderBy(g => g.Key));
        Assert.Equal(
            ["lumen-team", "olive-team"],
            all.Select(s => s.Subscription).Where(s => s is { IsEnded: false, CancellationDate: not null })
                .Select(s => s.Id.Value).Order(StringComparer.Ordinal));

        // Seats and files are levels: 8 + 4 x 1 members; 310.5 + 4 x 40 = 470.5 GB, shown as 471.
        await AssertCheckAsync(host, "maple-studio", "collab-seats", 12, 12);
        await AssertCheckAsync(
            host, "maple-studio", "collab-seats", 12, 12, 1, AccessDeniedReason.RequestedUsageExceedingLimit);
        await AssertCheckAsync(host, "harbor-legal", "collab-storage", 471, 1_000);
        await AssertCheckAsync(host, "harbor-legal", "collab-sso", 0, null);
        await AssertCheckAsync(host, "tidewater-group", "collab-seats", 380, 400);
        // The month is 12 days old: the reports of its days 1, 4, 7 and 10 count. 4 x (250 + 4 x 50); 4 x 300 GB, over
        // the quota of version 1 but not denied; 4 x 8 GB of the quota of version 2.
        await AssertCheckAsync(host, "cloud-orchard", "dev-build-minutes", 1_800, 6_000);
        await AssertCheckAsync(host, "cloud-orchard", "dev-bandwidth", 1_200, 1_000, 500);
        await AssertCheckAsync(host, "dune-robotics", "dev-bandwidth", 32, 1_500);
        // Moved to the larger plan: 4 x (400 + 4 x 100).
        await AssertCheckAsync(host, "stack-yard", "dev-build-minutes", 3_200, 30_000);
        // A hard quota: 4 x 60 of 600.
        await AssertCheckAsync(host, "pixel-forge", "dev-build-minutes", 240, 600, 360);
        await AssertCheckAsync(
            host, "pixel-forge", "dev-build-minutes", 240, 600, 361, AccessDeniedReason.RequestedUsageExceedingLimit);
        // 4 x 350,000 tokens are 1.4 million, shown as 2 of 1. A daily limit that is used up, another to the last call.
        await AssertCheckAsync(
            host, "echo-health", "ai-input-tokens", 2, 1, 0, AccessDeniedReason.RequestedUsageExceedingLimit, "main");
        await AssertCheckAsync(
            host, "echo-health", "ai-calls", 200, 200, 1, AccessDeniedReason.RequestedUsageExceedingLimit, "main");
        await AssertCheckAsync(host, "sable-data", "ai-calls", 9_999, 10_000, 1, null, "main");
        await AssertCheckAsync(host, "quill-ai", "ai-calls", 48_200, null, 1_000_000, null, "production");
        // Free since its trial ended, and no customer of anything any more.
        await AssertCheckAsync(
            host, "copper-mill", "collab-sso", 0, null, 0, AccessDeniedReason.NoFeatureEntitlementInSubscription);
        await AssertCheckAsync(
            host, "ferry-soft", "dev-bandwidth", 0, null, 0, AccessDeniedReason.NoActiveSubscription);
    }

    private static async Task AssertCheckAsync(
        ModuleHost host, string customer, string feature, decimal usage, decimal? limit, decimal requested = 0,
        AccessDeniedReason? denied = null, string? resource = null)
    {
        var scope = host.Scope();
        var answer = await host.Get<CheckEntitlement>().CheckAsync(
            scope.Environment, new(customer, resource, feature, requested, []), scope.Now, Cancellation);
        Assert.Equal(
            (customer, feature, usage, limit, denied),
            (customer, feature, answer.Usage, answer.Compiled?.Entitlement.UsageLimit, answer.Outcome.DeniedReason));
    }

    private static async Task<Guid> LastEventAsync(ModuleHost host) =>
        (await host.Get<ListEvents>().ExecuteAsync(host.Scope(), new(), new PageRequest(1, null, null), Cancellation))
            .Value.Items[0].Id;

    /// <summary>Breaks the load off after so many committed changes, wherever that is.</summary>
    private sealed class BreakAfter(int changes) : IChangeListener, IDisposable
    {
        private readonly CancellationTokenSource _source = new();
        private int _left = changes;

        public bool IsArmed { get; set; }

        public CancellationToken Token => _source.Token;

        public void Changed(in Change change)
        {
            if (IsArmed && Interlocked.Decrement(ref _left) == 0)
                _source.Cancel();
        }

        public void Missed()
        {
        }

        public void Dispose() => _source.Dispose();
    }
}
