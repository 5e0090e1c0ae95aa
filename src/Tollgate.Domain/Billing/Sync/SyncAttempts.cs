using NodaTime;

namespace Tollgate.Domain.Billing.Sync;

/// <summary>When what goes to or comes from a billing provider is tried again (spec integrations 1.1).</summary>
public static class SyncAttempts
{
    /// <summary>Of each attempt, how long after the first one it is made.</summary>
    public static IReadOnlyList<Duration> Offsets { get; } =
    [
        Duration.Zero,
        Duration.FromSeconds(30),
        Duration.FromMinutes(2),
        Duration.FromMinutes(10),
        Duration.FromHours(1),
        Duration.FromHours(6),
    ];

    /// <summary>
    /// When the next attempt is due; null when the last one was made. It may lie in the past: then it is due now.
    /// </summary>
    /// <param name="made">The attempts made so far, at least 1.</param>
    /// <param name="first">When the first of them was made.</param>
    public static Instant? Next(int made, Instant first) => made switch
    {
        < 1 => throw new ArgumentOutOfRangeException(nameof(made), made, "The first attempt is due with the change."),
        _ when made < Offsets.Count => first + Offsets[made],
        _ => null,
    };
}
