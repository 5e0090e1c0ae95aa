using System.Net.Sockets;
using Npgsql;

namespace Tollgate.Storage.PostgreSql;

/// <summary>One PostgreSQL database shared by any number of nodes.</summary>
public sealed class PostgreSqlDatabase : Database
{
    /// <summary>The one notification channel; payloads say what changed.</summary>
    private const string Channel = "tollgate";

    /// <summary>Whoever waits longer for others to hear of a change had better take another connection.</summary>
    private const int NotifyTimeoutSeconds = 2;

    private readonly NpgsqlDataSource _source;

    private PostgreSqlDatabase(NpgsqlDataSource source)
        : base(DatabaseKind.PostgreSql) => _source = source;

    /// <summary>The text of a malformed connection string is refused here; the server need not be up yet.</summary>
    /// <exception cref="ArgumentException">The connection string cannot be read.</exception>
    public static PostgreSqlDatabase Open(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "tollgate",
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
        };
        return new PostgreSqlDatabase(NpgsqlDataSource.Create(settings));
    }

    public override async Task<Session> OpenReadAsync(CancellationToken cancellationToken) =>
        new PostgreSqlSession(await _source.OpenConnectionAsync(cancellationToken), null);

    public override async Task<Session> OpenWriteAsync(
        IReadOnlyCollection<LockKey> locks, CancellationToken cancellationToken)
    {
        var connection = await _source.OpenConnectionAsync(cancellationToken);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await LockAsync(connection, locks, cancellationToken);
            return new PostgreSqlSession(connection, transaction);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public override bool IsUniqueViolation(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    public override bool IsUnavailable(Exception exception) => exception switch
    {
        PostgresException e => e.SqlState.StartsWith("08", StringComparison.Ordinal)
            || e.SqlState.StartsWith("53", StringComparison.Ordinal)
            || e.SqlState.StartsWith("57P", StringComparison.Ordinal)
            || e.SqlState is PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.DiskFull,
        NpgsqlException or SocketException or TimeoutException => true,
        _ => false,
    };

    public override async Task ListenAsync(
        Action<string> handle, Action<bool> connected, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync(cancellationToken);
                connection.Notification += (_, notification) => handle(notification.Payload);
                await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection))
                    await listen.ExecuteNonQueryAsync(cancellationToken);
                connected(true);
                while (true)
                    await connection.WaitAsync(cancellationToken);
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever broke it, a payload of a newer node included: until it is back, caches bound their
                // own staleness.
                connected(false);
                await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
            }
        }
    }

    public override async Task NotifyAsync(IReadOnlyCollection<string> payloads, CancellationToken cancellationToken)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        // Transactions that notify commit one after the other, so that their commits had better wait for no disk.
        await using var notify = new NpgsqlCommand(
            "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, payload) "
            + "FROM unnest($2) AS payload", connection)
        {
            CommandTimeout = NotifyTimeoutSeconds,
        };
        notify.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Channel });
        notify.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. payloads] });
        await notify.ExecuteNonQueryAsync(cancellationToken);
    }

    public override ValueTask DisposeAsync() => _source.DisposeAsync();

    internal static async Task NotifyAsync(
        NpgsqlConnection connection, string payload, CancellationToken cancellationToken)
    {
        await using var notify = new NpgsqlCommand("SELECT pg_notify($1, $2)", connection);
        notify.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Channel });
        notify.Parameters.Add(new NpgsqlParameter<string> { TypedValue = payload });
        await notify.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Takes the locks in order. What is locked is written by its keys: a plan that scans, made while the table was
    /// small, would be kept until the table is analyzed, so none is made. Compiling the few plans that must scan would
    /// take longer than they do.
    /// </summary>
    private static async Task LockAsync(
        NpgsqlConnection connection, IReadOnlyCollection<LockKey> locks, CancellationToken cancellationToken)
    {
        if (locks.Count == 0)
            return;
        var ordered = locks.Distinct().OrderBy(l => l.Value).ToArray();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)"),
                new("""
                    SELECT CASE WHEN s THEN pg_advisory_xact_lock_shared(k) ELSE pg_advisory_xact_lock(k) END
                    FROM unnest($1, $2) WITH ORDINALITY AS t(k, s, n) ORDER BY n
                    """)
                {
                    Parameters =
                    {
                        new NpgsqlParameter<long[]> { TypedValue = [.. ordered.Select(l => l.Value)] },
                        new NpgsqlParameter<bool[]> { TypedValue = [.. ordered.Select(l => l.IsShared)] },
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
