using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Modules.Usage.Events.Backfills;

/// <summary>Which events a session takes.</summary>
internal sealed class BackfillGate(Backfill backfill, MeterSet set)
{
    private readonly MeterVersion? _meter = backfill.FeatureId is { } feature ? set.Current(feature) : null;

    /// <summary>Null when it takes all of a call.</summary>
    public Refusal? Check(IReadOnlyList<UsageEvent> events)
    {
        var findings = new Findings();
        for (var i = 0; i < events.Count; i++)
            Check(findings, $"events[{i}]", $"events[{i}].", events[i]);
        return findings.ToRefusal();
    }

    /// <summary>Null when it takes the event.</summary>
    public Refusal? Check(UsageEvent sent)
    {
        var findings = new Findings();
        Check(findings, "", "", sent);
        return findings.ToRefusal();
    }

    private void Check(Findings findings, string path, string prefix, UsageEvent sent)
    {
        if (sent.Timestamp is null)
        {
            findings.Add(ErrorCode.InvalidArgumentError, $"{prefix}timestamp",
                "timestamp is missing; an event of a backfill says when it happened.");
        }

        if (backfill.CustomerId is { } customer && sent.CustomerId != customer)
        {
            findings.Add(ErrorCode.InvalidArgumentError, $"{prefix}customerId",
                $"customerId is '{sent.CustomerId}', but the session '{backfill.Name}' takes events of '{customer}' "
                + "only.");
        }

        if (backfill.FeatureId is { } wanted && _meter?.Compiled.TryRead(sent.Name, sent.Dimensions, out _) != true)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"The event '{sent.Name}' is not counted by the meter of '{wanted}', and the session "
                + $"'{backfill.Name}' takes events of that meter only.");
        }
    }
}
