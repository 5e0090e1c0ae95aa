using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>
/// Refuses usage dated before the horizon: what was counted there is only known as sums, so nobody could tell whether
/// it is counted already.
/// </summary>
internal static class AgedUsage
{
    /// <summary>
    /// Younger usage is kept in every environment; less a margin for clocks that are moved meanwhile.
    /// </summary>
    private static readonly Duration Young = Duration.FromDays(RetentionSettings.MinUsageDays - 10);

    /// <summary>Whether the horizon has to be asked at all.</summary>
    public static bool MayBe(Instant dated, Instant now) => dated < now - Young;

    /// <summary>The same of any of these.</summary>
    public static bool MayBeAny(IEnumerable<UsageEvent> events, Instant now)
    {
        foreach (var sent in events)
        {
            if (sent.Timestamp is { } at && MayBe(at, now))
                return true;
        }

        return false;
    }

    /// <summary>Null when all may be taken.</summary>
    public static Refusal? Check(IReadOnlyList<UsageEvent> events, Instant? horizon)
    {
        if (horizon is not { } closed)
            return null;
        var findings = new Findings();
        for (var i = 0; i < events.Count; i++)
        {
            if (Fault(events[i], closed) is { } fault)
                findings.Add(ErrorCode.InvalidArgumentError, $"events[{i}].timestamp", fault);
        }

        return findings.ToRefusal();
    }

    /// <summary>Null when it may be taken.</summary>
    public static string? Fault(UsageEvent sent, Instant? horizon) =>
        sent.Timestamp is { } at && at < horizon ? Describe("timestamp", at, horizon.Value) : null;

    /// <summary>Null when the report may be taken.</summary>
    public static async ValueTask<Refusal?> CheckAsync(Session session, OperationScope scope, Instant at) =>
        MayBe(at, scope.Now)
        && await RetentionStore.ClosedAtAsync(session, scope.EnvironmentId) is { } horizon && at < horizon
            ? Refusal.Of(ErrorCode.InvalidArgumentError, [new("createdAt", Describe("createdAt", at, horizon))])
            : null;

    private static string Describe(string field, Instant at, Instant horizon) =>
        $"{field} is {at}, before {horizon}: usage from before then is no longer kept one by one and cannot be added to. Date it later, "
        + "or leave it out.";
}
