using NodaTime;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Usage.Events;

/// <summary>What a raw event must be, beyond its shape (spec entitlements-and-usage 8.1 and 8.2).</summary>
public static class EventRules
{
    /// <summary>Events in one call.</summary>
    public const int MaxEvents = 1_000;

    /// <summary>Characters of the name of an event.</summary>
    public const int MaxNameLength = 255;

    /// <summary>Characters of an idempotency key.</summary>
    public const int MaxKeyLength = 255;

    /// <summary>How far ahead of the clock an event may be dated; it counts when its window comes.</summary>
    public static readonly Duration FutureTolerance = Duration.FromHours(24);

    /// <summary>Events before it are of another age than this software.</summary>
    public static readonly Instant Earliest = Instant.FromUtc(1970, 1, 1, 0, 0);

    /// <summary>The names that the feed uses itself, such as $usage.reported, begin with this.</summary>
    private const char Reserved = '$';

    /// <summary>Whether there is nothing to find, as mostly.</summary>
    public static bool IsFine(UsageEvent reported, Instant now) =>
        reported.Name.Length <= MaxNameLength && !reported.Name.StartsWith(Reserved) && !HasControl(reported.Name)
        && reported.IdempotencyKey.Length <= MaxKeyLength && !HasControl(reported.IdempotencyKey)
        && !(reported.Timestamp is { } at && (at > now + FutureTolerance || at < Earliest));

    /// <summary>Adds what is wrong with one event of a call.</summary>
    public static void Check(Findings findings, string path, UsageEvent reported, Instant now)
    {
        if (reported.Name.Length > MaxNameLength)
        {
            findings.Bad($"{path}.eventName",
                $"eventName has {reported.Name.Length} characters; use at most {MaxNameLength}.");
        }
        else if (reported.Name.StartsWith(Reserved) || HasControl(reported.Name))
        {
            findings.Bad($"{path}.eventName",
                $"eventName '{reported.Name}' starts with {Reserved}, which is reserved, or holds control characters; "
                + "choose another name.");
        }

        if (reported.IdempotencyKey.Length > MaxKeyLength || HasControl(reported.IdempotencyKey))
        {
            findings.Bad($"{path}.idempotencyKey",
                $"idempotencyKey has {reported.IdempotencyKey.Length} characters; "
                + $"use 1 to {MaxKeyLength} and no control characters.");
        }

        if (reported.Timestamp is { } at && (at > now + FutureTolerance || at < Earliest))
        {
            findings.Add(ErrorCode.InvalidArgumentError, $"{path}.timestamp",
                $"timestamp is {at}, before 1970 or more than 24 hours after the current instant {now}; "
                + "report events when they have happened.");
        }
    }

    private static bool HasControl(string text)
    {
        foreach (var c in text)
        {
            if (char.IsControl(c))
                return true;
        }

        return false;
    }
}
