using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Usage.Reservations;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Reservations;

/// <summary>Reservations of customer "c" in few words, for five minutes unless said otherwise.</summary>
internal static class ReservationDriver
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Task<Result<ReservationOutcome>> ReserveAsync(
        this ModuleHost host, string feature, decimal amount, int seconds = 300) =>
        host.Get<ReserveUsage>().ReserveAsync(
            host.Scope(), new(new("c"), new(feature), null, amount, Duration.FromSeconds(seconds)), Cancellation);

    /// <summary>Of credits.</summary>
    public static Task<Result<ReservationOutcome>> ReserveCreditsAsync(
        this ModuleHost host, decimal amount, string currency = "ai", int seconds = 300) =>
        host.Get<ReserveCredits>().ReserveAsync(
            host.Scope(), new(new("c"), new(currency), null, amount, Duration.FromSeconds(seconds)), Cancellation);

    /// <summary>The outcome of one that is not denied.</summary>
    public static async Task<ReservationOutcome> HeldAsync(this Task<Result<ReservationOutcome>> asked)
    {
        var outcome = Accepted(await asked);
        Assert.Null(outcome.DeniedReason);
        Assert.NotNull(outcome.Reservation);
        return outcome;
    }

    /// <summary>Null settles all of it.</summary>
    public static Task<Result<ReservationReading>> SettleAsync(this ModuleHost host, Guid id, decimal? amount) =>
        host.Get<ReserveUsage>().SettleAsync(host.Scope(), id, amount, null, Cancellation);

    public static Task<Result<ReservationReading>> ReleaseAsync(this ModuleHost host, Guid id) =>
        host.Get<ReserveUsage>().ReleaseAsync(host.Scope(), id, Cancellation);
}
