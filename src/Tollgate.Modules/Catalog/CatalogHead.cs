using Dapper;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog;

/// <summary>
/// The number that every change of an environment's catalog raises in its own transaction. A session asks for it once;
/// what was read of the catalog at the same number, by whatever session, need not be read again.
/// </summary>
internal static class CatalogHead
{
    /// <summary>
    /// The number as of the first question of the session; null once the session changes the catalog itself.
    /// </summary>
    public static async ValueTask<long?> ReadAsync(Session session, EnvironmentId environment)
    {
        var key = new Key(environment);
        if (session.Notes.TryGetValue(key, out var known))
            return (long?)known;
        var number = await session.Connection.ExecuteScalarAsync<long?>(
            "SELECT number FROM catalog_heads WHERE environment_id = @environment",
            new { environment = environment.Value },
            session.Transaction) ?? 0;
        session.Notes[key] = number;
        return number;
    }

    /// <summary>The catalog is written: from now on this session reads what is stored.</summary>
    public static Task RaiseAsync(Session session, EnvironmentId environment)
    {
        session.Notes[new Key(environment)] = null;
        return session.Connection.ExecuteAsync(
            """
            INSERT INTO catalog_heads (environment_id, number) VALUES (@environment, 1)
            ON CONFLICT (environment_id) DO UPDATE SET number = catalog_heads.number + 1
            """,
            new { environment = environment.Value },
            session.Transaction);
    }

    private readonly record struct Key(EnvironmentId Environment);
}
