namespace Tollgate.Storage.Tests.Sessions;

/// <summary>What both databases promise of a session.</summary>
public sealed class SessionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Disposing_without_commit_rolls_back(DatabaseKind kind)
    {
        await using var test = await WithTableAsync(kind);
        var database = test.Open();
        await using (var session = await database.OpenWriteAsync([], Cancellation))
            await session.RunAsync("INSERT INTO things (id) VALUES (1)", Cancellation);
        Assert.Equal(0, await database.CountAsync("things", Cancellation));

        await using (var session = await database.OpenWriteAsync([], Cancellation))
        {
            await session.RunAsync("INSERT INTO things (id) VALUES (1)", Cancellation);
            await session.CommitAsync(Cancellation);
        }

        Assert.Equal(1, await database.CountAsync("things", Cancellation));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Work_that_answers_false_or_throws_leaves_nothing(DatabaseKind kind)
    {
        await using var test = await WithTableAsync(kind);
        var database = test.Open();
        await database.WriteAsync([], (session, token) => InsertAsync(session, answer: false, token), Cancellation);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => database.WriteAsync(
            [],
            async (session, token) =>
            {
                await InsertAsync(session, answer: true, token);
                throw new InvalidTimeZoneException();
            },
            Cancellation));
        Assert.Equal(0, await database.CountAsync("things", Cancellation));

        // The writer is free again.
        await database.WriteAsync([], (session, token) => InsertAsync(session, answer: true, token), Cancellation);
        Assert.Equal(1, await database.CountAsync("things", Cancellation));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Readers_see_what_is_committed_only(DatabaseKind kind)
    {
        await using var test = await WithTableAsync(kind);
        var database = test.Open();
        await using var session = await database.OpenWriteAsync([], Cancellation);
        await session.RunAsync("INSERT INTO things (id) VALUES (1)", Cancellation);
        Assert.Equal(0, await database.CountAsync("things", Cancellation));
        await session.CommitAsync(Cancellation);
        Assert.Equal(1, await database.CountAsync("things", Cancellation));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Reading_session_has_nothing_to_commit(DatabaseKind kind)
    {
        await using var test = await WithTableAsync(kind);
        await using var session = await test.Open().OpenReadAsync(Cancellation);
        Assert.Null(session.Transaction);
        await Assert.ThrowsAsync<InvalidOperationException>(() => session.CommitAsync(Cancellation));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Taken_key_is_told_from_other_faults(DatabaseKind kind)
    {
        await using var test = await WithTableAsync(kind);
        var database = test.Open();
        await database.WriteAsync("INSERT INTO things (id, label) VALUES (1, 'a')", Cancellation);

        var primary = await FaultAsync(database, "INSERT INTO things (id, label) VALUES (1, 'b')");
        var unique = await FaultAsync(database, "INSERT INTO things (id, label) VALUES (2, 'a')");
        await database.WriteAsync("CREATE TABLE needy (n INTEGER NOT NULL)", Cancellation);
        var empty = await FaultAsync(database, "INSERT INTO needy (n) VALUES (NULL)");
        var syntax = await FaultAsync(database, "INSERT INTO nowhere (id) VALUES (1)");
        Assert.True(database.IsUniqueViolation(primary));
        Assert.True(database.IsUniqueViolation(unique));
        Assert.False(database.IsUniqueViolation(empty));
        Assert.False(database.IsUniqueViolation(syntax));
        Assert.All([primary, unique, empty, syntax], fault => Assert.False(database.IsUnavailable(fault)));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Writers_of_the_same_lock_follow_one_another(DatabaseKind kind)
    {
        await using var test = await WithTableAsync(kind);
        var database = test.Open();
        await database.WriteAsync("INSERT INTO things (id) VALUES (0)", Cancellation);
        // Read, then write what was read plus one: without the lock, updates of two writers would be lost.
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(
            () => database.WriteAsync(
                [LockKey.Of(1, "customer", "ada")],
                async (session, token) =>
                {
                    var value = Convert.ToInt64(await session.RunAsync("SELECT id FROM things", token));
                    await session.RunAsync($"UPDATE things SET id = {value + 1}", token);
                    return true;
                },
                Cancellation),
            Cancellation)));
        Assert.Equal(20L, await database.ReadAsync(
            async (session, token) => Convert.ToInt64(await session.RunAsync("SELECT id FROM things", token)), Cancellation));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Cancelled_wait_for_a_lock_ends_and_frees_everything(DatabaseKind kind)
    {
        await using var test = await WithTableAsync(kind);
        var database = test.Open();
        LockKey[] locks = [LockKey.Of(1, "customer", "ada")];
        using var impatience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using (await database.OpenWriteAsync(locks, Cancellation))
        {
            var waiting = database.OpenWriteAsync(locks, impatience.Token);
            Assert.False(waiting.IsCompleted);
            await impatience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        await using var next = await database.OpenWriteAsync(locks, Cancellation);
        await next.CommitAsync(Cancellation);
    }

    internal static async Task<TestDatabase> WithTableAsync(DatabaseKind kind)
    {
        var test = await TestDatabase.CreateAsync(kind, Cancellation);
        var database = test.Open();
        await database.WriteAsync("CREATE TABLE things (id INTEGER NOT NULL PRIMARY KEY, label TEXT UNIQUE)", Cancellation);
        // SQLite: one owner at a time.
        await database.DisposeAsync();
        return test;
    }

    private static async Task<bool> InsertAsync(Session session, bool answer, CancellationToken cancellationToken)
    {
        await session.RunAsync("INSERT INTO things (id) VALUES (1)", cancellationToken);
        return answer;
    }

    private static Task<Exception> FaultAsync(Database database, string sql) =>
        RecordAsync(() => database.WriteAsync(sql, Cancellation));

    private static async Task<Exception> RecordAsync(Func<Task> action) =>
        await Record.ExceptionAsync(action) ?? throw new InvalidOperationException("No exception was thrown.");
}
