using Dapper;
using Tollgate.Domain;
using Tollgate.Domain.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>By which entries of the index of senders the events of a request are found.</summary>
/// <param name="Sources">
/// The numbers that the events of the customer or resource are stored under, those of backfills too; null: neither is asked for.
/// Empty: nothing that was ever sent can pass the filter.
/// </param>
/// <param name="Hashes">The numbers that the asked idempotency key may have; null: all rows of the senders are looked through.</param>
internal sealed record RawIndex(int[]? Sources, long[]? Hashes)
{
    /// <summary>The number of the asked name; null: none is asked for.</summary>
    public long? Name { get; init; }

    /// <summary>A resource of more customers than this is looked for among all events, of which it is then a part.</summary>
    private const int MaxSources = 2_000;

    /// <summary>A key that is asked for without a name is tried with each, when the environment has no more.</summary>
    private const int MaxNames = 200;

    /// <summary>The first number of a key and the one it gets when that is taken; nobody has seen a third.</summary>
    private const int Salts = 2;

    public static async Task<RawIndex> ReadAsync(Session session, EnvironmentId environment, EventFeedRequest request)
    {
        var names = (await session.Connection.QueryAsync<(long Seq, string Name)>(
            $"""
            SELECT seq, name FROM event_names WHERE environment_id = @environment
              {(request.EventName is null ? "" : "AND name = @name")} LIMIT @most
            """,
            new { environment = environment.Value, name = request.EventName, most = MaxNames + 1 },
            session.Transaction)).AsList();
        if (names.Count == 0)
            return new([], null);
        var sources = await SourcesAsync(session, environment, request);
        var hashes = sources is null || request.IdempotencyKey is not { } key || names.Count > MaxNames
            ? null
            : names.SelectMany(name => Enumerable.Range(0, Salts).Select(salt => EventKey.Hash(name.Name, key, salt))).ToArray();
        return new(sources, hashes) { Name = request.EventName is null ? null : names[0].Seq };
    }

    private static async Task<int[]?> SourcesAsync(Session session, EnvironmentId environment, EventFeedRequest request)
    {
        if (request.CustomerId is null && request.ResourceId is null)
            return null;
        var sender = "s.environment_id = @environment"
            + (request.CustomerId is null ? "" : " AND s.customer_id = @customer")
            + (request.ResourceId is null ? "" : " AND s.resource_id = @resource AND s.resource_id <> ''");
        var sources = (await session.Connection.QueryAsync<int>(
            $"""
            SELECT * FROM (
              SELECT s.seq FROM event_sources s WHERE {sender}
              UNION ALL
              SELECT -b.seq FROM event_sources s JOIN backfill_sources b ON b.source_id = s.seq WHERE {sender}) AS numbers
            LIMIT @most
            """,
            new
            {
                environment = environment.Value,
                customer = request.CustomerId?.Value,
                resource = request.ResourceId?.Value,
                most = request.CustomerId is null ? MaxSources + 1 : int.MaxValue,
            },
            session.Transaction)).AsList();
        return request.CustomerId is null && sources.Count > MaxSources ? null : [.. sources];
    }
}
