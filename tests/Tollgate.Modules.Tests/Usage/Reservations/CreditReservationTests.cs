using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Tests.Credits;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage.Reservations;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Credits.CreditDriver;

namespace Tollgate.Modules.Tests.Usage.Reservations;

/// <summary>Credits of customer c that are kept for somebody until they are consumed, given back, or the time is over.</summary>
public sealed class CreditReservationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_is_held_counts_in_checks_and_moves_nothing(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.GrantAsync(10);

        var held = await HeldAsync(host, 6);

        Assert.Equal((0m, 6m), (held.Usage, held.Held));
        Assert.Null(await host.CreditReasonAsync(4));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.CreditReasonAsync(5));
        Assert.Equal(10m, await host.BalanceAsync());
        Assert.Equal([(CreditEntryKind.Granted, 10m)], await host.LedgerAsync());
        var denied = (await host.ReserveCreditsAsync(5)).Value;
        Assert.Equal((AccessDeniedReason.InsufficientCredits, 6m), (denied.DeniedReason, denied.Held));
        Assert.Null(denied.Reservation);
        // Known again from the database; a consumption is not refused, and a new grant is there for others.
        await host.RestartAsync();
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.CreditReasonAsync(5));
        await host.ConsumeAsync(Use(3, "k"));
        Assert.Null(await host.CreditReasonAsync(1));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.CreditReasonAsync(2));
        await host.GrantAsync(5);
        // 10 - 3 + 5 - 6.
        Assert.Null(await host.CreditReasonAsync(6));
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task It_settles_with_less_more_or_exactly_what_it_held_as_entries_of_the_ledger(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.GrantAsync(10);
        var exact = (await HeldAsync(host, 2)).Reservation!;
        var less = (await HeldAsync(host, 3)).Reservation!;
        var more = (await HeldAsync(host, 1)).Reservation!;
        var none = (await HeldAsync(host, 4)).Reservation!;
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.CreditReasonAsync(0.5m));

        var settled = Accepted(await host.SettleAsync(exact.Uid, null));
        Assert.Equal((ReservationStatus.Settled, 2m), (settled.Status, settled.SettledAmount));
        Accepted(await host.SettleAsync(less.Uid, 0.5m));
        Accepted(await host.SettleAsync(more.Uid, 9));
        Accepted(await host.SettleAsync(none.Uid, 0));

        // 2 + 0.5 + 9 of 10: the last 1.5 are the overdraft.
        Assert.Equal(-1.5m, await host.BalanceAsync());
        Assert.Equal(
            [
                (CreditEntryKind.Granted, 10m), (CreditEntryKind.Consumed, 2m), (CreditEntryKind.Consumed, 0.5m),
                (CreditEntryKind.Consumed, 7.5m), (CreditEntryKind.Consumed, 1.5m),
            ],
            await host.LedgerAsync());
        // Again: the same answer, nothing burnt. Another amount: a conflict.
        Assert.Equal(settled, Accepted(await host.SettleAsync(exact.Uid, 2)));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, (await host.SettleAsync(exact.Uid, 3)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.ReleaseAsync(exact.Uid)).Refusal!.Code);
        Assert.Equal(-1.5m, await host.BalanceAsync());
        host.Time.Advance(TimeSpan.FromMinutes(1));
        var chart = (await host.Get<ReadCreditUsage>().ExecuteAsync(
            host.Scope(), new(new("c")) { CurrencyId = new("ai") }, Cancellation)).Value;
        Assert.Equal((11.5m, 3), (chart.Series.Sum(s => s.Credits), chart.Series.Sum(s => s.Events)));
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Released_and_expired_ones_free_what_they_held(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.GrantAsync(10);
        var released = (await HeldAsync(host, 6)).Reservation!;
        var expiring = (await HeldAsync(host, 4, seconds: 60)).Reservation!;

        Assert.Equal(ReservationStatus.Released, Accepted(await host.ReleaseAsync(released.Uid)).Status);
        Assert.Null(await host.CreditReasonAsync(6));
        host.Time.Advance(TimeSpan.FromMilliseconds(59_999));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.CreditReasonAsync(7));
        host.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await host.CreditReasonAsync(10));
        // Those that nobody ends are not kept in mind.
        Assert.Empty(await host.Database.ReadAsync(
            (session, _) => host.Get<ICreditHolds>().OfCustomersAsync(session, host.EnvironmentId, [new("c")]), Cancellation));

        Accepted(await host.ReleaseAsync(released.Uid));
        Accepted(await host.ReleaseAsync(expiring.Uid));
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.SettleAsync(released.Uid, 1)).Refusal!.Code);
        // What was used was used.
        Accepted(await host.SettleAsync(expiring.Uid, 4));
        Assert.Equal(6m, await host.BalanceAsync());
        Assert.Equal(
            [expiring.Uid, released.Uid],
            (await host.Get<ReserveUsage>().ListAsync(
                host.Scope(), new(new("c"), null, []) { CurrencyId = new("ai") }, new(10, null, null), Cancellation))
                .Value.Items.Select(reading => reading.Value.Uid));
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Of_a_hundred_callers_who_want_the_last_credit_exactly_one_gets_it(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.GrantAsync(10);
        await host.ConsumeAsync(Use(9, "k"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => host.ReserveCreditsAsync(1))));

        var winner = Assert.Single(answers, a => a.Value.Reservation is not null).Value.Reservation!;
        Assert.Equal(99, answers.Count(a => a.Value.DeniedReason == AccessDeniedReason.InsufficientCredits));
        // Settled a hundred times at once it burns once.
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => host.SettleAsync(winner.Uid, null))));
        Assert.Equal(0m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_resources_pool_is_held_apart_and_nothing_is_held_of_nothing(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        Assert.Equal(AccessDeniedReason.EntitlementNotFound, (await host.ReserveCreditsAsync(1)).Value.DeniedReason);
        await host.GrantAsync(10);
        await HeldAsync(host, 10);

        await host.ConsumeAsync(Use(11, "k"));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, (await host.ReserveCreditsAsync(1)).Value.DeniedReason);
        await host.CustomerAsync("d");
        await host.GrantAsync(1, "d");
        Assert.Null(await host.CreditReasonAsync(1, customer: "d"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Bad_requests_name_their_fields_and_hold_nothing(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.GrantAsync(10);

        var refusal = (await host.ReserveCreditsAsync(0, seconds: 86_401)).Refusal!;
        Assert.Equal(ErrorCode.InvalidArgumentError, refusal.Code);
        Assert.Equal(["amount", "expiresInSeconds"], refusal.Fields.Select(f => f.Path));
        Assert.Equal(ErrorCode.CustomerNotFound, await CodeAsync(new(new("x"), new("ai"), null, 1, Reservation.DefaultHold)));
        Assert.Equal(ErrorCode.CustomCurrencyNotFound, await CodeAsync(new(new("c"), new("x"), null, 1, Reservation.DefaultHold)));
        Assert.Equal(
            ErrorCode.CustomerResourceNotFound, await CodeAsync(new(new("c"), new("ai"), new("x"), 1, Reservation.DefaultHold)));
        var held = (await HeldAsync(host, 1)).Reservation!;
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.SettleAsync(held.Uid, -1)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.SettleAsync(held.Uid, 0.0000000000001m)).Refusal!.Code);
        Assert.Null(await host.CreditReasonAsync(9));
        await host.Get<Tollgate.Modules.Subscriptions.ArchiveCustomer>().ExecuteAsync(host.Scope(), new("c"), Cancellation);
        Assert.Equal(ErrorCode.EntityIsArchivedError, (await host.ReserveCreditsAsync(1)).Refusal!.Code);

        async Task<ErrorCode?> CodeAsync(CreditReservationRequest request) =>
            (await host.Get<ReserveCredits>().ReserveAsync(host.Scope(), request, Cancellation)).Refusal?.Code;
    }

    private static Task<ReservationOutcome> HeldAsync(ModuleHost host, decimal amount, int seconds = 300) =>
        host.ReserveCreditsAsync(amount, seconds: seconds).HeldAsync();

    private static Reservation Accepted(Result<ReservationReading> result)
    {
        Assert.Null(result.Refusal);
        return result.Value.Value;
    }
}
