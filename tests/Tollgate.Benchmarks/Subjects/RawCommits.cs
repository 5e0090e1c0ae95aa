using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Npgsql;
using Tollgate.Benchmarks.Load;
using Tollgate.Testing;

namespace Tollgate.Benchmarks.Subjects;

/// <summary>What the database does with nothing around it: one row, one durable commit, again and again.</summary>
internal static class RawCommits
{
    /// <summary>
    /// Grows the log to more than it holds before a checkpoint and starts it again: commits that make the file longer cost
    /// many times more, and the log of a server that has run for a while no longer grows.
    /// </summary>
    private const string GrowLog = """
        CREATE TABLE filler (bytes BLOB);
        INSERT INTO filler VALUES (randomblob(33554432));
        DROP TABLE filler;
        PRAGMA wal_checkpoint(RESTART);
        """;

    /// <summary>One connection, because SQLite has one writer: an upsert a transaction, WAL, synchronous=FULL.</summary>
    public static LoadResult Sqlite(int seconds)
    {
        SQLitePCL.Batteries_V2.Init();
        using var directory = new TempDirectory();
        using var connection = new SqliteConnection($"Data Source={directory["raw.db"]};Pooling=False");
        connection.Open();
        using var create = connection.CreateCommand();
        create.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;"
            + "CREATE TABLE counters (id INTEGER PRIMARY KEY, value INTEGER NOT NULL);" + GrowLog;
        create.ExecuteNonQuery();
        using var upsert = connection.CreateCommand();
        upsert.CommandText = "INSERT INTO counters VALUES (@id, 1) ON CONFLICT (id) DO UPDATE SET value = value + 1";
        var id = upsert.Parameters.Add("@id", SqliteType.Integer);
        var random = new Random(1);
        return Run(seconds, () =>
        {
            id.Value = random.Next(BenchmarkServer.Customers);
            upsert.ExecuteNonQuery();
        });
    }

    /// <summary>Single-row inserts, each connection committing by itself.</summary>
    public static async Task<LoadResult> PostgreSqlAsync(string connectionString, int connections, int seconds)
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Maximum Pool Size=100");
        await using (var create = source.CreateCommand(
            "CREATE TABLE IF NOT EXISTS raw (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, value integer NOT NULL)"))
        {
            await create.ExecuteNonQueryAsync();
        }

        var taken = await Task.WhenAll(Enumerable.Range(0, connections).Select(async _ =>
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var insert = new NpgsqlCommand("INSERT INTO raw (value) VALUES (1)", connection);
            await insert.PrepareAsync();
            var latencies = new List<double>();
            var started = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
            {
                var sent = Stopwatch.GetTimestamp();
                await insert.ExecuteNonQueryAsync();
                latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }

            return latencies;
        }));
        return ResultOf([.. taken.SelectMany(l => l)], seconds);
    }

    private static LoadResult Run(int seconds, Action commit)
    {
        var latencies = new List<double>();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
        {
            var sent = Stopwatch.GetTimestamp();
            commit();
            latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }

        return ResultOf(latencies, seconds);
    }

    private static LoadResult ResultOf(List<double> latencies, double seconds)
    {
        latencies.Sort();
        return new(latencies.Count / seconds, latencies[latencies.Count / 2], latencies[latencies.Count * 99 / 100]);
    }
}
