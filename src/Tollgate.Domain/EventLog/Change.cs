namespace Tollgate.Domain.EventLog;

/// <summary>An accepted change: the entity as it is afterwards and what to log. No events means that nothing
/// changed.</summary>
public sealed record Change<T>(T Value, IReadOnlyList<DomainEvent> Events)
{
    public bool IsNoChange => Events.Count == 0;

    public static Change<T> None(T value) => new(value, []);
}
