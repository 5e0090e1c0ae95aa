using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Modules.Tests.Billing;
using Tollgate.Modules.Tests.Credits;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Modules.Usage.Reservations;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Rows;

/// <summary>
/// The same for usage, credits and billing: rows of an older build under what came with the latest steps.
/// </summary>
public sealed class OlderUsageSchemaTests
{
    private static readonly Guid Held = new("00000000-0000-0000-0000-00000000000a");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>90 a month, bought on January 15 under a build that told providers nothing; renewed on February 15.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Subscription_from_before_providers_were_told_is_told_with_its_next_bill(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var bought = (await host.ProvisionAsync("c", "pro")).Subscription();
        await OlderSchema.UpgradeAsync(host, 17);
        Assert.Empty(await host.StatesAsync());
        Assert.Empty(await host.MessagesAsync());
        Assert.Equal(0, await host.SendAsync());

        host.Time.Advance(TimeSpan.FromDays(31));
        await host.RunDueAsync();
        await host.SendAsync();

        Assert.Equal(
            [SyncedKind.Customer, SyncedKind.Subscription, SyncedKind.Invoice], remote.Calls.Select(call => call.Kind));
        Assert.Equal(bought.Id, remote.Calls[1].As<Modules.Billing.Providers.ProviderSubscription>().Id);
        Assert.All(await host.StatesAsync(), state => Assert.Equal(SyncStatus.Success, state.Status));
        Assert.Empty(remote.Violations);
    }

    /// <summary>Of January 2025, which goes in March 2026: 4 + 3 calls reported, 20 + 30 tokens in events, one of them repeated.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_from_before_retention_counts_on_when_it_is_removed(DatabaseKind kind)
    {
        await using var host = await FilledAsync(kind);
        await OlderSchema.UpgradeAsync(host, 26);
        Assert.Equal((7, 50), (await host.UsageAsync("c", "calls"), await host.UsageAsync("c", "tokens")));

        host.MoveTo("2026-03-20T00:00:00Z");
        await host.RunDueAsync();
        await host.RestartAsync();

        Assert.Equal((0, 1), (await host.CountAsync("usage_events"), await host.CountAsync("measurements")));
        Assert.Equal((7, 50), (await host.UsageAsync("c", "calls"), await host.UsageAsync("c", "tokens")));
        await host.ReportAsync(Delta("c", "calls", 1));
        await host.SendAsync(Event("c", dimensions: ("tokens", 1m)));
        Assert.Equal((8, 51), (await host.UsageAsync("c", "calls"), await host.UsageAsync("c", "tokens")));
        var report = Accepted(await host.Get<UsageRetention>().ReadAsync(host.Scope(), Cancellation));
        Assert.Equal((At("2025-02-01T00:00:00Z"), 400), (report.UsageFrom, report.Settings.UsageDays));
    }

    /// <summary>7 of 10 calls are used, 2 more are held by a row without a price; events, credits and counters go on.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Rows_from_before_priced_reservations_and_repeats_are_settled_repeated_and_counted_on(DatabaseKind kind)
    {
        await using var host = await FilledAsync(kind);
        await host.CurrencyAsync("ai");
        await host.GrantAsync(10);
        var scope = host.Scope();
        await OlderSchema.UpgradeAsync(host, 30, session => HoldAsync(session, scope));

        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "calls", 2));
        Assert.Null(await host.ReasonAsync("c", "calls", 1));
        Accepted(await host.Get<ReserveUsage>().SettleAsync(host.Scope(), Held, 1, null, Cancellation));
        Assert.Equal(8, await host.UsageAsync("c", "calls"));

        // The repeat of "first", which that build did not note, is noted from the next one on.
        await host.SendAsync(Event("c", key: "first", dimensions: ("tokens", 20m)));
        Assert.Equal(50, await host.UsageAsync("c", "tokens"));
        var repeated = Assert.Single(Accepted(await host.Get<EventFeed>().ExecuteAsync(
            host.Scope(), new(10, null, null, null, EventFeedFate.Duplicate, host.Scope().Now.ToUnixTimeMilliseconds()), Cancellation)).Items);
        Assert.Equal(("first", 1L), (repeated.Event.IdempotencyKey, repeated.Repeats!.Times));

        await host.ConsumeAsync(CreditDriver.Use(4, "k"));
        Assert.Equal(6, await host.BalanceAsync());
        await host.AuditAsync();
        if (kind == DatabaseKind.PostgreSql)
        {
            Assert.Equal(3, await host.CountAsync(
                "pg_class WHERE relname IN ('usage_counters', 'meter_counters', 'credit_grants') AND reloptions = '{fillfactor=50}'"));
        }
    }

    /// <summary>As the build before held two calls; its PostgreSQL left no room on a page.</summary>
    private static async Task HoldAsync(Session session, OperationScope scope)
    {
        if (session.Kind == DatabaseKind.PostgreSql)
        {
            await session.Connection.ExecuteAsync(
                """
                ALTER TABLE usage_counters RESET (fillfactor); ALTER TABLE meter_counters RESET (fillfactor);
                ALTER TABLE credit_grants RESET (fillfactor)
                """,
                transaction: session.Transaction);
        }

        await session.Connection.ExecuteAsync(
            """
            INSERT INTO usage_reservations (uid, environment_id, customer_id, feature_id, resource_id, customer_level, amount, status,
              created_at, expires_at, trace_id, actor_id, currency_id)
            VALUES (@uid, @environment, 'c', 'calls', '', 1, '2', 0, @now, @until, @uid, @uid, '')
            """,
            new
            {
                uid = Held,
                environment = scope.EnvironmentId.Value,
                now = scope.Now.ToUnixTimeMilliseconds(),
                until = (scope.Now + Duration.FromHours(1)).ToUnixTimeMilliseconds(),
            },
            session.Transaction);
    }

    private static async Task<ModuleHost> FilledAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls");
        await host.FeatureAsync("tokens", meter: MeterType.Incremental, events: MeterOf(AggregationFunction.Sum, "tokens"));
        await host.PlanAsync("free", Limit("calls", 10), Limit("tokens", 100));
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        await host.ReportAsync(Delta("c", "calls", 4), Delta("c", "calls", 3, key: "k"));
        await host.SendAsync(
            Event("c", key: "first", dimensions: ("tokens", 20m)),
            Event("c", "2025-01-15T11:00:00Z", "second", dimensions: ("tokens", 30m)));
        await host.SendAsync(Event("c", key: "first", dimensions: ("tokens", 20m)));
        return host;
    }
}
