using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Takes raw events (spec entitlements-and-usage 8). One that is malformed refuses its whole call; an unknown customer
/// or a name that no meter wants does not: such events are stored and count when somebody wants them.
/// </summary>
public sealed class ReportEvents
{
    private readonly Database _database;
    private readonly EntitlementSnapshots _snapshots;
    private readonly EventDictionaries _dictionaries;
    private readonly EventWriter _writer;

    internal ReportEvents(
        Database database, EntitlementSnapshots snapshots, EventDictionaries dictionaries, EventWriter writer)
    {
        _database = database;
        _snapshots = snapshots;
        _dictionaries = dictionaries;
        _writer = writer;
    }

    /// <summary>Answers when everything is durable and visible to checks.</summary>
    public async Task<Result<Done>> ExecuteAsync(
        OperationScope scope, IReadOnlyList<UsageEvent> events, CancellationToken cancellationToken)
    {
        if (Check(scope, events) is { } refusal)
            return refusal;
        if (AgedUsage.Check(events, await HorizonAsync(scope, events, cancellationToken)) is { } aged)
            return aged;
        return (await StoreAsync(scope, events, cancellationToken)).Refusal is { } refused ? refused : default(Done);
    }

    /// <summary>Before which no event is taken, where one of these may be before it.</summary>
    internal async ValueTask<NodaTime.Instant?> HorizonAsync(
        OperationScope scope, IReadOnlyList<UsageEvent> events, CancellationToken cancellationToken) =>
        AgedUsage.MayBeAny(events, scope.Now)
            ? await _database.ReadAsync(
                (session, _) => RetentionStore.ClosedAtAsync(session, scope.EnvironmentId), cancellationToken)
            : null;

    /// <summary>
    /// The same for events that were checked; what became of each, in their order. Refused only when the horizon has
    /// moved meanwhile.
    /// </summary>
    internal async Task<Result<IReadOnlyList<PlannedEvent>>> StoreAsync(
        OperationScope scope, IReadOnlyList<UsageEvent> events, CancellationToken cancellationToken)
    {
        var planned = await PlanAsync(scope, events, cancellationToken);
        await _dictionaries.ResolveAsync(planned, cancellationToken);
        return await _writer.WriteAsync(scope, planned, cancellationToken) is { } refusal
            ? refusal
            : Result<IReadOnlyList<PlannedEvent>>.Ok(planned);
    }

    /// <summary>What is wrong with the events of a call; null when nothing is.</summary>
    internal static Refusal? Check(OperationScope scope, IReadOnlyList<UsageEvent> events)
    {
        if (events.Count is 0 or > EventRules.MaxEvents)
        {
            return Refusal.Of(ErrorCode.InvalidArgumentError,
                [new("events", $"events holds {events.Count} events; send 1 to {EventRules.MaxEvents} at once.")]);
        }

        var findings = new Findings();
        for (var i = 0; i < events.Count; i++)
        {
            if (!EventRules.IsFine(events[i], scope.Now))
                EventRules.Check(findings, $"events[{i}]", events[i], scope.Now);
        }

        return findings.ToRefusal();
    }

    /// <summary>With what their senders may use at present.</summary>
    internal async ValueTask<PlannedEvent[]> PlanAsync(
        OperationScope scope, IReadOnlyList<UsageEvent> events, CancellationToken cancellationToken)
    {
        var scopes = new Dictionary<(CustomerId, ResourceId?), (EventSource Sender, ScopeAccess Access)>();
        var receivedAt = scope.Now.ToUnixTimeMilliseconds();
        var planned = new PlannedEvent[events.Count];
        for (var i = 0; i < planned.Length; i++)
        {
            var reported = events[i];
            if (!scopes.TryGetValue((reported.CustomerId, reported.ResourceId), out var known))
            {
                known = (
                    new(scope.EnvironmentId.Value, reported.CustomerId.Value, reported.ResourceId?.Value ?? ""),
                    await _snapshots.OfSenderAsync(scope, reported.CustomerId, reported.ResourceId, cancellationToken));
                scopes.Add((reported.CustomerId, reported.ResourceId), known);
            }

            planned[i] = new(reported, known.Sender, known.Access, receivedAt);
        }

        return planned;
    }
}
