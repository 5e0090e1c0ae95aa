using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Backfills;

/// <summary>Rows of backfill sessions and of who sent their events.</summary>
internal sealed class BackfillStore
{
    private const string Columns = """
        seq AS Seq, uid AS Uid, name AS Name, reason AS Reason, customer_id AS Customer, feature_id AS Feature,
        state AS State, events AS Events, duplicates AS Duplicates, conflicts AS Conflicts, first_at AS FirstAt,
        last_at AS LastAt, created_at AS CreatedAt, ended_at AS EndedAt, reverted_at AS RevertedAt
        """;

    public async Task<(long Seq, Backfill Value)?> FindAsync(Session session, EnvironmentId environment, Guid uid)
    {
        var row = await session.Connection.QuerySingleOrDefaultAsync<Row>(
            $"SELECT {Columns} FROM backfills WHERE environment_id = @environment AND uid = @uid",
            new { environment = environment.Value, uid },
            session.Transaction);
        return row is null ? null : (row.Seq, row.ToBackfill());
    }

    public async Task<IReadOnlyList<Backfill>> ListAsync(
        Session session, EnvironmentId environment, long before, int take) =>
        [.. (await session.Connection.QueryAsync<Row>(
            $"""
            SELECT {Columns} FROM backfills WHERE environment_id = @environment AND seq < @before
            ORDER BY seq DESC LIMIT @take
            """,
            new { environment = environment.Value, before, take },
            session.Transaction)).Select(row => row.ToBackfill())];

    public Task InsertAsync(Session session, EnvironmentId environment, Backfill backfill) =>
        session.Connection.ExecuteAsync(
            """
            INSERT INTO backfills (uid, environment_id, name, reason, customer_id, feature_id, state, events,
              duplicates, conflicts, created_at)
            VALUES (@Uid, @environment, @Name, @Reason, @customer, @feature, 0, 0, 0, 0, @created)
            """,
            new
            {
                backfill.Uid,
                environment = environment.Value,
                backfill.Name,
                backfill.Reason,
                customer = backfill.CustomerId?.Value ?? "",
                feature = backfill.FeatureId?.Value ?? "",
                created = backfill.CreatedAt.ToUnixTimeMilliseconds(),
            },
            session.Transaction);

    /// <summary>Counts what a call brought.</summary>
    public Task AddAsync(Session session, long seq, BackfillIngested ingested, long? first, long? last) =>
        session.Connection.ExecuteAsync(
            """
            UPDATE backfills SET events = events + @accepted, duplicates = duplicates + @duplicates,
              conflicts = conflicts + @conflicts,
              first_at = CASE WHEN first_at IS NULL OR first_at > @first THEN @first ELSE first_at END,
              last_at = CASE WHEN last_at IS NULL OR last_at < @last THEN @last ELSE last_at END
            WHERE seq = @seq
            """,
            new
            {
                seq,
                accepted = ingested.Accepted,
                duplicates = ingested.Duplicates,
                conflicts = ingested.Conflicts,
                first,
                last,
            },
            session.Transaction);

    public Task EndAsync(Session session, long seq, BackfillState state, Instant at) =>
        session.Connection.ExecuteAsync(
            state == BackfillState.Reverted
                ? "UPDATE backfills SET state = @state, reverted_at = @at WHERE seq = @seq"
                : "UPDATE backfills SET state = @state, ended_at = @at WHERE seq = @seq",
            new { seq, state = (int)state, at = at.ToUnixTimeMilliseconds() },
            session.Transaction);

    /// <summary>The number that the events of a sender have in the session; the first time it is given one.</summary>
    public async Task<int> SourceAsync(Session session, long seq, int sender)
    {
        await session.Connection.ExecuteAsync(
            "INSERT INTO backfill_sources (backfill_seq, source_id) VALUES (@seq, @sender) ON CONFLICT DO NOTHING",
            new { seq, sender },
            session.Transaction);
        return -(int)await session.Connection.QuerySingleAsync<long>(
            "SELECT seq FROM backfill_sources WHERE backfill_seq = @seq AND source_id = @sender",
            new { seq, sender },
            session.Transaction);
    }

    /// <summary>What other sessions that are open or closed hold of these senders.</summary>
    public async Task<IReadOnlyList<BackfillSource>> SiblingsAsync(
        Session session, IReadOnlyCollection<int> senders, long except)
    {
        const string query = """
            SELECT b.seq AS Seq, b.backfill_seq AS Backfill, b.source_id AS Sender, f.state AS State
            FROM backfill_sources b
            JOIN backfills f ON f.seq = b.backfill_seq WHERE f.state IN (0, 1) AND b.backfill_seq <> @except
              AND b.source_id
            """;
        if (session.Kind == DatabaseKind.PostgreSql)
        {
            return (await session.Connection.QueryAsync<BackfillSource>(
                $"{query} = ANY(@senders)", new { senders = senders.ToArray(), except }, session.Transaction)).AsList();
        }

        var found = new List<BackfillSource>();
        foreach (var sender in senders)
        {
            found.AddRange(await session.Connection.QueryAsync<BackfillSource>(
                $"{query} = @sender", new { sender, except }, session.Transaction));
        }

        return found;
    }

    /// <summary>Who sent events of the session, by the number of the row, after one of them.</summary>
    public async Task<IReadOnlyList<BackfillSender>> SendersAsync(Session session, long seq, long after, int take) =>
        (await session.Connection.QueryAsync<BackfillSender>(
            """
            SELECT b.seq AS Seq, s.customer_id AS Customer, s.resource_id AS Resource, f.first_at AS FirstAt,
              f.last_at AS LastAt
            FROM backfill_sources b JOIN event_sources s ON s.seq = b.source_id
            JOIN backfills f ON f.seq = b.backfill_seq
            WHERE b.backfill_seq = @seq AND b.seq > @after ORDER BY b.seq LIMIT @take
            """,
            new { seq, after, take },
            session.Transaction)).AsList();

    /// <summary>Where the session with the number stands now, and its name.</summary>
    public async Task<(BackfillState State, string Name)> StateAsync(Session session, long seq)
    {
        var (state, name) = await session.Connection.QuerySingleAsync<(long State, string Name)>(
            "SELECT state AS State, name AS Name FROM backfills WHERE seq = @seq", new { seq }, session.Transaction);
        return ((BackfillState)state, name);
    }

    /// <summary>The customers whose events the session holds, after one of them.</summary>
    public async Task<IReadOnlyList<string>> CustomersAsync(Session session, long seq, string after, int take) =>
        (await session.Connection.QueryAsync<string>(
            """
            SELECT DISTINCT s.customer_id FROM backfill_sources b JOIN event_sources s ON s.seq = b.source_id
            WHERE b.backfill_seq = @seq AND s.customer_id > @after ORDER BY s.customer_id LIMIT @take
            """,
            new { seq, after, take },
            session.Transaction)).AsList();

    public Task<long> CountSendersAsync(Session session, long seq) => session.Connection.ExecuteScalarAsync<long>(
        "SELECT count(*) FROM backfill_sources WHERE backfill_seq = @seq", new { seq }, session.Transaction);

    /// <summary>What another session brought that was closed since: the first one closed has it.</summary>
    public async Task DropKnownAsync(Session session, long seq)
    {
        var dropped = await session.Connection.ExecuteAsync(
            """
            DELETE FROM usage_events AS x
            WHERE x.source_id IN (
              SELECT -mine.seq FROM backfill_sources mine
              JOIN backfill_sources other ON other.source_id = mine.source_id
              JOIN backfills f ON f.seq = other.backfill_seq
              WHERE mine.backfill_seq = @seq AND f.state = 1)
            AND EXISTS (
              SELECT 1 FROM backfill_sources mine
              JOIN backfill_sources other ON other.source_id = mine.source_id
              JOIN backfills f ON f.seq = other.backfill_seq
              JOIN usage_events y ON y.source_id = -other.seq
              WHERE mine.seq = -x.source_id AND f.state = 1 AND y.event_at = x.event_at AND y.key_hash = x.key_hash
                AND y.name_id = x.name_id AND y.event_key = x.event_key)
            """,
            new { seq },
            session.Transaction);
        await session.Connection.ExecuteAsync(
            "UPDATE backfills SET events = events - @dropped, duplicates = duplicates + @dropped WHERE seq = @seq",
            new { dropped, seq },
            session.Transaction);
    }

    /// <summary>
    /// The counters of all customers of the session go whose windows meet an interval; they are counted anew when they
    /// are asked for.
    /// </summary>
    /// <param name="session">Writes.</param>
    /// <param name="environment">Where.</param>
    /// <param name="seq">The session.</param>
    /// <param name="from">Its first event, in milliseconds since 1970.</param>
    /// <param name="until">Its last event, in milliseconds since 1970.</param>
    public async Task ForgetCountersAsync(
        Session session, EnvironmentId environment, long seq, long from, long until)
    {
        const string counters = """
            SELECT seq FROM meter_counters WHERE environment_id = @environment AND floor_at <= @until AND end_at > @from
              AND customer_id IN (
                SELECT s.customer_id FROM backfill_sources b JOIN event_sources s ON s.seq = b.source_id
                WHERE b.backfill_seq = @seq)
            """;
        var parameters = new { environment = environment.Value, from, until, seq };
        await session.Connection.ExecuteAsync(
            $"DELETE FROM meter_values WHERE counter_seq IN ({counters})", parameters, session.Transaction);
        await session.Connection.ExecuteAsync(
            $"DELETE FROM meter_counters WHERE seq IN ({counters})", parameters, session.Transaction);
    }

    private sealed class Row
    {
        public long Seq { get; set; }
        public Guid Uid { get; set; }
        public string Name { get; set; } = "";
        public string Reason { get; set; } = "";
        public string Customer { get; set; } = "";
        public string Feature { get; set; } = "";
        public long State { get; set; }
        public long Events { get; set; }
        public long Duplicates { get; set; }
        public long Conflicts { get; set; }
        public long? FirstAt { get; set; }
        public long? LastAt { get; set; }
        public long CreatedAt { get; set; }
        public long? EndedAt { get; set; }
        public long? RevertedAt { get; set; }

        public Backfill ToBackfill() => new()
        {
            Uid = Uid,
            Name = Name,
            Reason = Reason,
            CustomerId = Customer.Length == 0 ? null : new CustomerId(Customer),
            FeatureId = Feature.Length == 0 ? null : new FeatureId(Feature),
            State = (BackfillState)State,
            Events = Events,
            Duplicates = Duplicates,
            Conflicts = Conflicts,
            First = Of(FirstAt),
            Last = Of(LastAt),
            CreatedAt = Instant.FromUnixTimeMilliseconds(CreatedAt),
            EndedAt = Of(EndedAt),
            RevertedAt = Of(RevertedAt),
        };

        private static Instant? Of(long? at) => at is { } given ? Instant.FromUnixTimeMilliseconds(given) : null;
    }
}

/// <summary>A sender of a session.</summary>
internal sealed class BackfillSource
{
    public long Seq { get; set; }
    public long Backfill { get; set; }

    /// <summary>Its number in event_sources.</summary>
    public long Sender { get; set; }
    public long State { get; set; }

    /// <summary>The number its events are stored under.</summary>
    public int Stored => -(int)Seq;

    public bool IsVisible => State == (long)BackfillState.Closed;
}

/// <summary>A sender of a session, with what is known of the session.</summary>
internal sealed class BackfillSender
{
    public long Seq { get; set; }
    public string Customer { get; set; } = "";
    public string Resource { get; set; } = "";
    public long? FirstAt { get; set; }
    public long? LastAt { get; set; }

    /// <summary>The number its events are stored under.</summary>
    public int Stored => -(int)Seq;

    public CustomerId CustomerId => new(Customer);

    public ResourceId? ResourceId => Resource.Length == 0 ? null : new ResourceId(Resource);
}
