using NodaTime;
using Tollgate.Domain;

namespace Tollgate.Modules.Accounts;

/// <summary>An environment of the account with its clock: what every request works in.</summary>
public sealed record AccountEnvironment(
    EnvironmentId Id, Guid Uid, string AccountName, string Name, EnvironmentKind Kind, EnvironmentClock Clock,
    Instant CreatedAt)
{
    /// <summary>The instant of this environment, in whole milliseconds.</summary>
    public Instant Now(TimeProvider time) => Clock.At(time.GetUtcNow().ToUnixTimeMilliseconds());
}

public enum EnvironmentKind
{
    /// <summary>The test clock may be moved.</summary>
    Development,

    /// <summary>Real time only.</summary>
    Production,
}

/// <summary>
/// Real time plus an offset, or standing still at an instant. It never goes backwards: moving forward only raises
/// the offset.
/// </summary>
public sealed record EnvironmentClock(long OffsetMilliseconds, long? FrozenAtMilliseconds)
{
    public static EnvironmentClock Real { get; } = new(0, null);

    public bool IsFrozen => FrozenAtMilliseconds is not null;

    public Instant At(long realMilliseconds) =>
        Instant.FromUnixTimeMilliseconds(FrozenAtMilliseconds ?? (realMilliseconds + OffsetMilliseconds));

    /// <summary>
    /// A clock that reads <paramref name="instant"/> when real time is <paramref name="realMilliseconds"/>.
    /// </summary>
    public static EnvironmentClock Showing(Instant instant, long realMilliseconds, bool frozen)
    {
        var shown = instant.ToUnixTimeMilliseconds();
        return new(shown - realMilliseconds, frozen ? shown : null);
    }
}

/// <summary>An environment as the event log keeps it.</summary>
public sealed record EnvironmentInfo(Guid Id, string Name, EnvironmentKind Kind);
