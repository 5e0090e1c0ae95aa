using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Benchmarks.Load;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Benchmarks.Subjects;

/// <summary>
/// The same rows as stored events with nothing around them: a thousand a transaction into a table with the same unique index.
/// </summary>
internal static class RawEvents
{
    private static string Table(string bytes) => $"""
        CREATE TABLE IF NOT EXISTS usage_events (event_at BIGINT NOT NULL, key_hash BIGINT NOT NULL, received_at BIGINT NOT NULL,
          source_id INTEGER NOT NULL, name_id INTEGER NOT NULL, shape_id INTEGER NOT NULL, event_key {bytes} NOT NULL,
          dimensions {bytes} NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS by_source ON usage_events (source_id, event_at, key_hash);
        """;

    private static readonly byte[] Dimensions = [0x30, 0x67, 0x70, 0x74, 0x2d, 0x34, 0x31, 0x01, 0x80, 0x08];

    public static Task<LoadResult> RunAsync(DatabaseKind database, string? connection, int seconds) =>
        database == DatabaseKind.Sqlite ? Task.FromResult(Sqlite(seconds)) : PostgreSqlAsync(connection!, seconds);

    private static LoadResult Sqlite(int seconds)
    {
        SQLitePCL.Batteries_V2.Init();
        using var directory = new TempDirectory();
        using var connection = new SqliteConnection($"Data Source={directory["raw.db"]};Pooling=False");
        connection.Open();
        using var create = connection.CreateCommand();
        create.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-65536;"
            + Table("BLOB");
        create.ExecuteNonQuery();
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO usage_events VALUES (@0, @1, @2, @3, 1, 1, @4, @5)";
        for (var i = 0; i < 6; i++)
            insert.Parameters.Add(new SqliteParameter { ParameterName = $"@{i}" });
        return Measure(seconds, () =>
        {
            using var transaction = connection.BeginTransaction();
            insert.Transaction = transaction;
            var at = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            for (var i = 0; i < EventServer.Batch; i++)
            {
                insert.Parameters[0].Value = at;
                insert.Parameters[1].Value = Random.Shared.NextInt64();
                insert.Parameters[2].Value = at;
                insert.Parameters[3].Value = i;
                insert.Parameters[4].Value = Guid.NewGuid().ToByteArray();
                insert.Parameters[5].Value = Dimensions;
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        });
    }

    private static async Task<LoadResult> PostgreSqlAsync(string connectionString, int seconds)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using (var create = source.CreateCommand(Table("BYTEA")))
        {
            await create.ExecuteNonQueryAsync();
        }

        await using var connection = await source.OpenConnectionAsync();
        return Measure(seconds, () =>
        {
            var at = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            using var copy = connection.BeginBinaryImport("COPY usage_events FROM STDIN (FORMAT BINARY)");
            for (var i = 0; i < EventServer.Batch; i++)
            {
                copy.StartRow();
                copy.Write(at, NpgsqlDbType.Bigint);
                copy.Write(Random.Shared.NextInt64(), NpgsqlDbType.Bigint);
                copy.Write(at, NpgsqlDbType.Bigint);
                copy.Write(i, NpgsqlDbType.Integer);
                copy.Write(1, NpgsqlDbType.Integer);
                copy.Write(1, NpgsqlDbType.Integer);
                copy.Write(Guid.NewGuid().ToByteArray(), NpgsqlDbType.Bytea);
                copy.Write(Dimensions, NpgsqlDbType.Bytea);
            }

            copy.Complete();
        });
    }

    private static LoadResult Measure(int seconds, Action batch)
    {
        var taken = new List<double>();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
        {
            var sent = Stopwatch.GetTimestamp();
            batch();
            taken.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }

        taken.Sort();
        return new(
            taken.Count * (double)EventServer.Batch / seconds, taken[taken.Count / 2], taken[taken.Count * 99 / 100]);
    }
}
