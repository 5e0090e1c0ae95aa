using System.Collections.Concurrent;
using Dapper;
using Tollgate.Storage.PostgreSql;
using Tollgate.Testing;

namespace Tollgate.Storage.Tests.Sessions;

/// <summary>Two nodes on one PostgreSQL database.</summary>
public sealed class PostgreSqlNodeTests
{
    private static readonly LockKey Ada = LockKey.Of(1, "customer", "ada");
    private static readonly LockKey Bob = LockKey.Of(1, "customer", "bob");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lock_excludes_the_other_node_until_the_session_ends()
    {
        await using var test = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql, Cancellation);
        var (one, two) = (test.Open(), test.Open());
        Task<Session> waiting;
        await using (await one.OpenWriteAsync([Ada], Cancellation))
        {
            waiting = two.OpenWriteAsync([Bob, Ada], Cancellation);
            // The database itself says that the second node waits.
            await Eventually.TrueAsync(() => IsSomebodyWaitingAsync(one), cancellationToken: Cancellation);
            Assert.False(waiting.IsCompleted);
        }

        await using var got = await waiting;
        Assert.NotNull(got.Transaction);
    }

    [Fact]
    public async Task Different_locks_do_not_wait_for_each_other()
    {
        await using var test = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql, Cancellation);
        await using var one = await test.Open().OpenWriteAsync([Ada], Cancellation);
        await using var two = await test.Open().OpenWriteAsync([Bob], Cancellation);
        Assert.NotSame(one.Connection, two.Connection);
    }

    [Fact]
    public async Task Opposite_orders_of_the_same_locks_never_block_each_other_for_ever()
    {
        await using var test = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql, Cancellation);
        var (one, two) = (test.Open(), test.Open());
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            LockKey[] locks = i % 2 == 0 ? [Ada, Bob] : [Bob, Ada];
            await using var session = await (i % 3 == 0 ? one : two).OpenWriteAsync(locks, Cancellation);
            await session.RunAsync("SELECT 1", Cancellation);
        }));
    }

    [Fact]
    public async Task Notifications_arrive_after_the_commit_only()
    {
        await using var test = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql, Cancellation);
        var (one, two) = (test.Open(), test.Open());
        var heard = new ConcurrentQueue<string>();
        var live = 0;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var listening = two.ListenAsync(heard.Enqueue, connected => Volatile.Write(ref live, connected ? 1 : 0), end.Token);
        await Eventually.TrueAsync(() => Volatile.Read(ref live) == 1, cancellationToken: Cancellation);

        await using (var session = await one.OpenWriteAsync([], Cancellation))
            await session.NotifyAsync("rolled back", Cancellation);
        await using (var session = await one.OpenWriteAsync([], Cancellation))
        {
            await session.NotifyAsync("first", Cancellation);
            await session.NotifyAsync("second", Cancellation);
            await session.CommitAsync(Cancellation);
        }

        await Eventually.TrueAsync(() => heard.Count >= 2, cancellationToken: Cancellation);
        Assert.Equal(["first", "second"], heard);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
    }

    /// <summary>A plan made while a table is small is kept while it grows; of the small table a scan would be cheaper.</summary>
    [Fact]
    public async Task Session_that_writes_finds_rows_of_a_small_table_by_their_index()
    {
        await using var test = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql, Cancellation);
        var database = test.Open();
        await using (var session = await database.OpenWriteAsync([Ada], Cancellation))
        {
            await session.RunAsync("CREATE TABLE things (id BIGINT PRIMARY KEY); INSERT INTO things VALUES (1)", Cancellation);
            await session.RunAsync(
                "PREPARE find AS SELECT t.id FROM unnest($1::bigint[]) AS k(id) JOIN things t ON t.id = k.id", Cancellation);
            await session.RunAsync("SET LOCAL plan_cache_mode = force_generic_plan", Cancellation);
            var plan = await session.Connection.QueryAsync<string>(
                "EXPLAIN EXECUTE find('{1}')", transaction: session.Transaction);
            Assert.DoesNotContain(plan, line => line.Contains("Seq Scan on things"));
            Assert.Contains(plan, line => line.Contains("things_pkey"));
            await session.CommitAsync(Cancellation);
        }

        Assert.Equal("on", await database.ReadAsync((session, token) => session.RunAsync("SHOW enable_seqscan", token), Cancellation));
    }

    [Fact]
    public async Task Stopped_server_is_unavailable_and_comes_back_without_a_new_database_object()
    {
        await using var server = await PostgreSqlServer.StartOwnAsync(Cancellation);
        await using var database = PostgreSqlDatabase.Open(await server.CreateDatabaseAsync(Cancellation));
        await database.WriteAsync("CREATE TABLE things (id INTEGER)", Cancellation);
        var feed = new ConcurrentQueue<bool>();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var listening = database.ListenAsync(_ => { }, feed.Enqueue, end.Token);
        await Eventually.TrueAsync(() => feed.LastOrDefault(), cancellationToken: Cancellation);

        await server.StopAsync(Cancellation);
        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => database.CountAsync("things", Cancellation));
        await Assert.ThrowsAsync<DatabaseUnavailableException>(
            () => database.WriteAsync("INSERT INTO things (id) VALUES (1)", Cancellation));
        await Eventually.TrueAsync(() => !feed.Last(), cancellationToken: Cancellation);

        await server.StartAsync(Cancellation);
        Assert.Equal(0, await database.CountAsync("things", Cancellation));
        await database.WriteAsync("INSERT INTO things (id) VALUES (1)", Cancellation);
        Assert.Equal(1, await database.CountAsync("things", Cancellation));
        await Eventually.TrueAsync(() => feed.Last(), cancellationToken: Cancellation);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
    }

    private static Task<bool> IsSomebodyWaitingAsync(Database database) => database.ReadAsync(
        async (session, token) => Convert.ToInt64(await session.RunAsync(
            """
            SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """,
            token)) > 0,
        Cancellation);
}
