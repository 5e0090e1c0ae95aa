using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Tests.Usage.Events;
using Tollgate.Modules.Usage.Reservations;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Reservations;

/// <summary>Customer c may make 10 calls a month and hold 5 seats; storage is soft. The clock starts on 2025-01-15 at 12:00.</summary>
public sealed class ReservationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_is_held_counts_against_the_limit_and_is_not_usage(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ReportAsync(Delta("c", "calls", 4));

        var held = await HeldAsync(host, "calls", 5);

        Assert.Equal((4m, 5m), (held.Usage, held.Held));
        Assert.Null(await host.ReasonAsync("c", "calls", 1));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "calls", 2));
        Assert.Equal(4, await host.UsageAsync("c", "calls"));
        var denied = Accepted(await host.ReserveAsync("calls", 2));
        Assert.Null(denied.Reservation);
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, denied.DeniedReason);
        Assert.Equal(5, denied.Held);
        // Known again from the database.
        await host.RestartAsync();
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "calls", 2));
        Assert.NotNull((await HeldAsync(host, "calls", 1)).Reservation);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_reservation_settles_with_less_more_or_exactly_what_it_held(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        var exact = (await HeldAsync(host, "calls", 2)).Reservation!;
        var less = (await HeldAsync(host, "calls", 3)).Reservation!;
        var more = (await HeldAsync(host, "calls", 1)).Reservation!;
        var none = (await HeldAsync(host, "calls", 1)).Reservation!;

        var settled = Accepted(await host.SettleAsync(exact.Uid, null)).Value;
        Assert.Equal((ReservationStatus.Settled, 2m), (settled.Status, settled.SettledAmount));
        Assert.Equal(2, await host.UsageAsync("c", "calls"));
        Accepted(await host.SettleAsync(less.Uid, 1));
        Accepted(await host.SettleAsync(more.Uid, 4));
        Accepted(await host.SettleAsync(none.Uid, 0));

        // 2 + 1 + 4 are used and nothing is held: 3 are left.
        Assert.Equal(7, await host.UsageAsync("c", "calls"));
        Assert.Null(await host.ReasonAsync("c", "calls", 3));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "calls", 4));
        // Again: the same answer and no more usage; another amount: a conflict.
        Assert.Equal(settled, Accepted(await host.SettleAsync(exact.Uid, 2)).Value);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, (await host.SettleAsync(exact.Uid, 3)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.ReleaseAsync(exact.Uid)).Refusal!.Code);
        await host.RestartAsync();
        Assert.Equal(7, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Released_and_expired_reservations_free_what_they_held(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        var released = (await HeldAsync(host, "calls", 6)).Reservation!;
        var expiring = (await HeldAsync(host, "calls", 4, seconds: 60)).Reservation!;
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "calls", 1));

        Assert.Equal(ReservationStatus.Released, Accepted(await host.ReleaseAsync(released.Uid)).Value.Status);
        Assert.Null(await host.ReasonAsync("c", "calls", 6));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "calls", 7));
        host.MoveTo("2025-01-15T12:00:59.999Z");
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "calls", 7));
        host.MoveTo("2025-01-15T12:01:00Z");
        Assert.Null(await host.ReasonAsync("c", "calls", 10));

        // A release repeated, or too late, changes nothing; usage that happened is taken all the same.
        Accepted(await host.ReleaseAsync(released.Uid));
        Accepted(await host.ReleaseAsync(expiring.Uid));
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.SettleAsync(released.Uid, 1)).Refusal!.Code);
        Accepted(await host.SettleAsync(expiring.Uid, 4));
        Assert.Equal(4, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Of_a_hundred_callers_who_want_the_last_unit_exactly_one_gets_it(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ReportAsync(Delta("c", "calls", 9));

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => host.ReserveAsync("calls", 1))));

        Assert.Single(answers, a => Accepted(a).Reservation is not null);
        Assert.Equal(99, answers.Count(a => a.Value.DeniedReason == AccessDeniedReason.RequestedUsageExceedingLimit));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Only_hard_limits_deny(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);

        Assert.NotNull((await HeldAsync(host, "storage", 1_000)).Reservation);
        Assert.Null(await host.ReasonAsync("c", "storage", 1_000));
        await host.FeatureAsync("unplanned");
        Assert.Equal(
            AccessDeniedReason.NoFeatureEntitlementInSubscription,
            Accepted(await host.ReserveAsync("unplanned", 1)).DeniedReason);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_from_events_is_held_and_freed_but_not_reported(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        var held = (await HeldAsync(host, "tokens", 100)).Reservation!;
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "tokens", 1));

        Assert.Equal(
            ErrorCode.CannotReportUsageForEntitlementWithMeterError, (await host.SettleAsync(held.Uid, 5)).Refusal!.Code);
        Accepted(await host.SettleAsync(held.Uid, null));

        Assert.Null(await host.ReasonAsync("c", "tokens", 100));
        Assert.Equal(0, await host.UsageAsync("c", "tokens"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_events_add_up_to_and_what_is_held_count_together(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.SendAsync(Event("c", name: "completion", dimensions: ("tokens", 60m)));

        var outcome = await HeldAsync(host, "tokens", 30);

        Assert.Equal((60m, 30m), (outcome.Usage, outcome.Held));
        Assert.Equal(60, await host.UsageAsync("c", "tokens"));
        Assert.Null(await host.ReasonAsync("c", "tokens", 10));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "tokens", 11));
        Assert.NotNull(Accepted(await host.ReserveAsync("tokens", 11)).DeniedReason);
        // The event that the hold was for comes, and the hold goes.
        await host.SendAsync(Event("c", name: "completion", dimensions: ("tokens", 25m)));
        Accepted(await host.SettleAsync(outcome.Reservation!.Uid, null));
        Assert.Equal(85, await host.UsageAsync("c", "tokens"));
        Assert.Null(await host.ReasonAsync("c", "tokens", 15));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "tokens", 16));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Bad_requests_name_their_fields_and_hold_nothing(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.FeatureAsync("sso", FeatureType.Boolean);

        var refusal = (await host.ReserveAsync("calls", 0, seconds: 86_401)).Refusal!;
        Assert.Equal(ErrorCode.InvalidArgumentError, refusal.Code);
        Assert.Equal(["amount", "expiresInSeconds"], refusal.Fields.Select(f => f.Path));
        Assert.Equal(ErrorCode.FeatureNotFound, (await host.ReserveAsync("nothing", 1)).Refusal!.Code);
        Assert.Equal("featureId", Assert.Single((await host.ReserveAsync("sso", 1)).Refusal!.Fields).Path);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.SettleAsync(Guid.NewGuid(), 1)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.ReleaseAsync(Guid.NewGuid())).Refusal!.Code);
        var held = (await HeldAsync(host, "calls", 1)).Reservation!;
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.SettleAsync(held.Uid, -1)).Refusal!.Code);
        Assert.Equal(held, Assert.Single(await ListAsync(host, ReservationStatus.Held)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Reservations_are_listed_by_what_the_clock_makes_of_them(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        var expired = (await HeldAsync(host, "calls", 1, seconds: 1)).Reservation!;
        var held = (await HeldAsync(host, "calls", 1)).Reservation!;
        var settled = (await HeldAsync(host, "calls", 1)).Reservation!;
        Accepted(await host.SettleAsync(settled.Uid, null));
        host.MoveTo("2025-01-15T12:00:01Z");

        Assert.Equal([expired.Uid], (await ListAsync(host, ReservationStatus.Expired)).Select(r => r.Uid));
        Assert.Equal([held.Uid], (await ListAsync(host, ReservationStatus.Held)).Select(r => r.Uid));
        Assert.Equal(
            [settled.Uid, held.Uid],
            (await ListAsync(host, ReservationStatus.Held, ReservationStatus.Settled)).Select(r => r.Uid));
        Assert.Equal([settled.Uid, held.Uid, expired.Uid], (await ListAsync(host)).Select(r => r.Uid));
        Assert.Equal(
            ReservationStatus.Expired,
            Accepted(await host.Get<ReserveUsage>().RetrieveAsync(host.Scope(), expired.Uid, Cancellation))
                .Value.StatusAt(host.Scope().Now));
    }

    private static Task<ReservationOutcome> HeldAsync(
        ModuleHost host, string feature, decimal amount, int seconds = 300) =>
        host.ReserveAsync(feature, amount, seconds).HeldAsync();

    private static async Task<IReadOnlyList<Reservation>> ListAsync(ModuleHost host, params ReservationStatus[] statuses) =>
        [.. Accepted(await host.Get<ReserveUsage>().ListAsync(
            host.Scope(), new(new("c"), null, statuses), PageRequest.First, Cancellation)).Items.Select(r => r.Value)];

    private static async Task<ModuleHost> SubscribedAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls");
        await host.FeatureAsync("storage");
        await host.FeatureAsync(
            "tokens",
            meter: MeterType.Incremental,
            events: new(
                new(AggregationFunction.Sum, "tokens"),
                [new([new("eventName", ConditionOperation.Equals, "completion", null)])]));
        await host.PlanAsync(
            "free", Limit("calls", 10, Monthly), Limit("storage", 10, soft: true), Limit("tokens", 100, Monthly));
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        return host;
    }
}
