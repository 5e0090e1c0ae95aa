using System.Text.Json.Serialization.Metadata;
using Tollgate.Domain;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog;

/// <summary>Rows of one kind of catalog entity: one row an entity, found by its public id, archived or not.</summary>
/// <param name="table">Its table, with the columns <c>id</c>, <c>status</c> and those named here.</param>
/// <param name="json">How its body is written.</param>
/// <param name="uid">Its unique id.</param>
/// <param name="columns">What is filtered or sorted by.</param>
internal abstract class CatalogStore<T>(
    string table, JsonTypeInfo<T> json, Func<T, Guid> uid, params (string Name, Func<T, object?> Value)[] columns)
    where T : class
{
    private protected const string Published = "Published";
    private protected const string Archived = "Archived";

    private protected AggregateTable<T> Rows { get; } = new(table, json, uid, columns)
    {
        Written = CatalogHead.RaiseAsync,
    };

    public Task<Versioned<T>?> FindAsync(Session session, EnvironmentId environment, string id) =>
        Rows.FindAsync(session, environment, "id = @id", new { id });

    /// <summary>Every one of the environment, archived ones included, oldest first.</summary>
    public Task<IReadOnlyList<Versioned<T>>> ListAsync(Session session, EnvironmentId environment) =>
        Rows.ListAsync(session, environment, "1 = 1", new { });

    public Task InsertAsync(Session session, EnvironmentId environment, T value) =>
        Rows.InsertAsync(session, environment, value);

    public Task UpdateAsync(Session session, EnvironmentId environment, Versioned<T> read, T value) =>
        Rows.UpdateAsync(session, environment, read, value);

    public Task DeleteAsync(Session session, EnvironmentId environment, T value) =>
        Rows.DeleteAsync(session, environment, value);

    /// <summary>
    /// The statuses that a filter on being archived asks for; one that asks for nothing means live ones.
    /// </summary>
    private protected static string[] Statuses(IReadOnlyCollection<bool>? archived, string live = Published) =>
        [.. (archived is { Count: > 0 } asked ? asked : [false]).Select(each => each ? Archived : live)];
}
