using NodaTime;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.EventLog;

/// <summary>
/// One row of the log. Before and After are the stored bodies, null where the entity did not or does not exist.
/// </summary>
public sealed record EventRecord(
    Guid Id,
    EventType Type,
    EntityKind EntityKind,
    string EntityId,
    string? CustomerId,
    Actor Actor,
    Guid TraceId,
    Instant CreatedAt,
    string? Before,
    string? After,
    IReadOnlyDictionary<string, string>? Facts);

/// <summary>Which events are asked for; an absent field filters nothing.</summary>
public sealed record EventFilter
{
    public IReadOnlyCollection<EventType>? Types { get; init; }
    public EntityKind? EntityKind { get; init; }
    public string? EntityId { get; init; }
    public string? CustomerId { get; init; }
    public Guid? TraceId { get; init; }
    public CreatedRange Created { get; init; }
}
