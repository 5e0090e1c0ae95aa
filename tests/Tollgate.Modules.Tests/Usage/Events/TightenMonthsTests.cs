using Dapper;
using Npgsql;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>Indexes of months that are over are built anew, once, while they are in use.</summary>
public sealed class TightenMonthsTests
{
    private const string Index = "usage_events_2025_01_source_id_event_at_key_hash_idx";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Index_of_a_month_that_is_over_is_packed_once()
    {
        await using var host = await StartAsync();
        var tighten = host.Get<TightenMonths>();
        var loose = await SizeAsync(host);

        Assert.Equal(0, await tighten.RunAsync(At("2025-02-03T23:59:59Z"), 1, Cancellation));
        Assert.Equal(0, await tighten.RunAsync(At("2025-02-04T00:00:00Z"), loose + 1, Cancellation));
        Assert.Equal(loose, await SizeAsync(host));
        Assert.Equal(1, await tighten.RunAsync(At("2025-02-04T00:00:00Z"), 1, Cancellation));

        // 20,000 entries of 32 bytes and 4 of a pointer: 720 kB, on pages that are nine tenths full.
        Assert.InRange(await SizeAsync(host), 700_000, 900_000);
        Assert.True(loose > 900_000, $"The index was {loose} bytes before, which is packed already.");
        Assert.Equal(0, await tighten.RunAsync(At("2025-03-01T00:00:00Z"), 1, Cancellation));
        Assert.Equal(20_000, await host.CountAsync("usage_events"));
        Assert.Equal(
            PostgresErrorCodes.UniqueViolation,
            (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(
                host, "INSERT INTO usage_events SELECT * FROM usage_events LIMIT 1"))).SqlState);
    }

    [Fact]
    public async Task What_a_run_that_was_cut_off_left_behind_goes()
    {
        await using var host = await StartAsync();
        // All events are of one source, so that this fails and leaves an index that nobody uses.
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(
            host, $"CREATE UNIQUE INDEX CONCURRENTLY {Index}_ccnew ON usage_events_2025_01 (source_id)"));
        Assert.Equal(1, await host.CountAsync("pg_index WHERE NOT indisvalid"));

        Assert.Equal(1, await host.Get<TightenMonths>().RunAsync(At("2025-02-04T00:00:00Z"), 1, Cancellation));

        Assert.Equal(0, await host.CountAsync("pg_index WHERE NOT indisvalid"));
    }

    [Fact]
    public async Task SQLite_has_nothing_to_do()
    {
        await using var host = await ModuleHost.StartAsync(DatabaseKind.Sqlite);
        Assert.Equal(0, await host.Get<TightenMonths>().RunAsync(At("2025-02-04T00:00:00Z"), 1, Cancellation));
    }

    /// <summary>January in the order in which events of many senders come, as far as the index can tell: in none.</summary>
    private static async Task<ModuleHost> StartAsync()
    {
        var host = await ModuleHost.StartAsync(DatabaseKind.PostgreSql);
        await host.Get<EventMonths>().PrepareAsync(At("2025-01-01T00:00:00Z"), Cancellation);
        await ExecuteAsync(
            host,
            """
            INSERT INTO usage_events (event_at, key_hash, received_at, source_id, name_id, shape_id, event_key, dimensions)
            SELECT 1735689600000 + n * 7919 % 20000, n, 1735689600000, 1, 1, 1, '', '' FROM generate_series(1, 20000) n
            """);
        return host;
    }

    private static Task<long> SizeAsync(ModuleHost host) => host.Database.ReadAsync(
        (session, _) => session.Connection.ExecuteScalarAsync<long>($"SELECT pg_relation_size('{Index}')"), Cancellation);

    private static Task<int> ExecuteAsync(ModuleHost host, string sql) => host.Database.ReadAsync(
        (session, _) => session.Connection.ExecuteAsync(sql), Cancellation);
}
