using Tollgate.Domain;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Customers;

/// <summary>What other slices may read of customers, inside their own sessions.</summary>
public sealed class CustomerReader
{
    private readonly CustomerStore _store = new();

    /// <summary>The customer, archived or not; null when unknown.</summary>
    public async Task<Customer?> FindAsync(Session session, EnvironmentId environment, CustomerId id) =>
        (await _store.FindAsync(session, environment, id))?.Value;

    /// <summary>Reads customers ahead that <see cref="FindAsync"/> will be asked for in this session.</summary>
    public Task KeepAsync(Session session, EnvironmentId environment, IEnumerable<CustomerId> ids) =>
        _store.KeepAsync(session, environment, ids);

    /// <summary>
    /// The customers in a group of an experiment, a chunk at a time (<see cref="CustomerStore.ListOfGroupAsync"/>).
    /// </summary>
    public Task<IReadOnlyList<(long Seq, CustomerId Id)>> OfGroupAsync(
        Session session, EnvironmentId environment, string experiment, ExperimentGroup group, long after, int limit) =>
        _store.ListOfGroupAsync(session, environment, experiment, group, after, limit);

    public Task<IReadOnlyList<ResourceId>> ResourceIdsAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        _store.ListResourceIdsAsync(session, environment, customer);
}
