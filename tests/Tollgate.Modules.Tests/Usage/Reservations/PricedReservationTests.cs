using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Tests.Credits;
using Tollgate.Modules.Tests.Usage.Events;
using Tollgate.Modules.Usage.Reservations;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Reservations;

/// <summary>
/// Reservations of a feature that is counted from events and paid in credits (spec entitlements-and-usage 4, step 15): half a
/// credit a token, unless said otherwise, of a pool with 10 credits.
/// </summary>
public sealed class PricedReservationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_is_held_of_the_feature_is_held_of_its_pool(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);

        // 12 tokens cost 6 of 10 credits: 4 are left, for 8 tokens.
        await HeldAsync(host, 12);

        Assert.Equal(
            ((AccessDeniedReason?)null, AccessDeniedReason.InsufficientCredits),
            (await host.CreditReasonAsync(4), await host.CreditReasonAsync(5)));
        Assert.Equal(
            ((AccessDeniedReason?)null, AccessDeniedReason.InsufficientCredits),
            (await host.ReasonAsync("c", "tokens", 8), await host.ReasonAsync("c", "tokens", 9)));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await DeniedAsync(host, 9));
        await host.RestartAsync();
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await DeniedAsync(host, 9));
        // Credits that are held by themselves count too, and the other way round.
        var held = Accepted(await host.Get<ReserveCredits>().ReserveAsync(
            host.Scope(), new(new("c"), new("ai"), null, 3, Duration.FromMinutes(5)), Cancellation));
        Assert.Equal(((AccessDeniedReason?)null, 9m), (held.DeniedReason, held.Held));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await DeniedAsync(host, 3));
        await HeldAsync(host, 2);
        Assert.Equal(10m, await host.BalanceAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Settling_releasing_and_expiring_free_the_pool(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var settled = await HeldAsync(host, 12);
        var released = await HeldAsync(host, 4);
        await HeldAsync(host, 4, seconds: 60);
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.CreditReasonAsync());

        // 3 tokens were used: 1.5 credits.
        Accepted(await host.SettleAsync(settled.Uid, 3));
        Assert.Equal((3m, 8.5m), (await host.UsageAsync("c", "tokens"), await host.BalanceAsync()));
        Accepted(await host.SettleAsync(settled.Uid, 3));
        Assert.Equal(8.5m, await host.BalanceAsync());
        Assert.Equal(
            ((AccessDeniedReason?)null, AccessDeniedReason.InsufficientCredits),
            (await host.CreditReasonAsync(4.5m), await host.CreditReasonAsync(4.6m)));
        Accepted(await host.Get<ReserveUsage>().ReleaseAsync(host.Scope(), released.Uid, Cancellation));
        Assert.Null(await host.CreditReasonAsync(6.5m));
        host.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await host.CreditReasonAsync(8.5m));
        // Settled without an amount the events have told what was used.
        var byEvents = await HeldAsync(host, 10);
        await host.SendAsync(Event("c", key: "a", dimensions: ("tokens", 7m)));
        Accepted(await host.SettleAsync(byEvents.Uid, null));
        Assert.Equal((10m, 5m), (await host.UsageAsync("c", "tokens"), await host.BalanceAsync()));
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Of_fifty_callers_who_want_the_last_credits_one_gets_them(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => host.ReserveAsync("tokens", 20))));

        Assert.Single(answers, answer => Accepted(answer).Reservation is not null);
        Assert.Equal(49, answers.Count(answer => answer.Value.DeniedReason == AccessDeniedReason.InsufficientCredits));
    }

    [Fact]
    public async Task Where_a_formula_decides_only_an_empty_pool_denies()
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite, new(1m, new("ai"), "2 * value"));

        var held = await HeldAsync(host, 1_000);

        Assert.Equal(0m, held.Price!.Credits);
        Accepted(await host.SettleAsync(held.Uid, 5));
        Assert.Equal(0m, await host.BalanceAsync());
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await DeniedAsync(host, 1));
    }

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind, CreditRate? rate = null)
    {
        var host = await EventBurnDriver.StartAsync(kind, MeterOf(AggregationFunction.Sum, "tokens"), rate);
        await host.GrantAsync(10);
        return host;
    }

    private static async Task<Reservation> HeldAsync(ModuleHost host, decimal amount, int seconds = 300) =>
        (await host.ReserveAsync("tokens", amount, seconds).HeldAsync()).Reservation!;

    private static async Task<AccessDeniedReason?> DeniedAsync(ModuleHost host, decimal amount) =>
        Accepted(await host.ReserveAsync("tokens", amount)).DeniedReason;
}
