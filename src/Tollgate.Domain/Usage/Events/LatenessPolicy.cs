using NodaTime;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Usage.Events;

/// <summary>
/// What happens to events of a meter that come late. While an event is no older than the window it counts as if it had come in
/// time; what is older goes as <paramref name="Then"/> says. A meter without a policy counts everything and never bills a
/// period twice (spec entitlements-and-usage 8.2.6); a meter with one bills what it counts, also when the bill of its period
/// was made before: the next one has the difference.
/// </summary>
/// <param name="AcceptWindow">How old an event may be when it arrives: 0 to <see cref="MaxWindow"/>.</param>
/// <param name="Then">What happens to older ones.</param>
public sealed record LatenessPolicy(Duration AcceptWindow, LateEventAction Then)
{
    /// <summary>Five years.</summary>
    public static readonly Duration MaxWindow = Duration.FromDays(5 * 366);

    /// <summary>Null when the policy can be kept.</summary>
    public Refusal? Check() => AcceptWindow >= Duration.Zero && AcceptWindow <= MaxWindow
        ? null
        : Refusal.Of(ErrorCode.InvalidArgumentError,
            [new("acceptWindow",
                $"acceptWindow is {AcceptWindow.TotalDays:0.##} days; give one between 0 and {MaxWindow.Days} days.")]);

    /// <summary>Whether an event is older than the window when it arrives; exactly as old is not.</summary>
    /// <param name="at">Milliseconds since 1970: when it happened.</param>
    /// <param name="receivedAt">Milliseconds since 1970: when it arrived.</param>
    public bool IsLate(long at, long receivedAt) => receivedAt - at > (long)AcceptWindow.TotalMilliseconds;

    /// <summary>Whether an event is kept out of the count until somebody decides.</summary>
    public bool Holds(long at, long receivedAt) => Then == LateEventAction.Quarantine && IsLate(at, receivedAt);
}

/// <summary>What becomes of an event that is older than the window. The names are stored and stay.</summary>
public enum LateEventAction
{
    /// <summary>It counts, and what it changes about a period that is billed goes on the next invoice.</summary>
    AdjustNextInvoice,

    /// <summary>
    /// The same, but the bill of the period stays a draft for some time and is made anew; once it is issued, as the one above.
    /// </summary>
    RecomputeDraft,

    /// <summary>It is stored and does not count until it is released.</summary>
    Quarantine,
}
