using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Stores a group of events so that each occurrence is stored once, whoever sent it before: in this group, in another
/// transaction or through another node.
/// </summary>
internal interface IEventRows
{
    /// <summary>What must exist before the transaction begins.</summary>
    Task PrepareAsync(Database database, IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken);

    /// <summary>Decides each event's fate and address, in their order; the customers are locked.</summary>
    Task InsertAsync(Session session, IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken);
}
