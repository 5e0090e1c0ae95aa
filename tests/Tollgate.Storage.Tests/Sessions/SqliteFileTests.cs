using Tollgate.Storage.Sqlite;
using Tollgate.Testing;

namespace Tollgate.Storage.Tests.Sessions;

/// <summary>The file, its owner and its settings.</summary>
public sealed class SqliteFileTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Second_owner_is_refused_until_the_first_lets_go()
    {
        await using var directory = new TempDirectory();
        var path = directory["nested/folder/tollgate.db"];
        await using (SqliteDatabase.Open(path))
        {
            var refusal = Assert.Throws<DatabaseUnavailableException>(() => SqliteDatabase.Open(path));
            Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
            Assert.Contains("another Tollgate process", refusal.Message, StringComparison.Ordinal);
        }

        await using var next = SqliteDatabase.Open(path);
        Assert.Equal(DatabaseKind.Sqlite, next.Kind);
    }

    [Theory]
    [InlineData("journal_mode", "wal")]
    [InlineData("synchronous", "2")]
    [InlineData("foreign_keys", "1")]
    [InlineData("busy_timeout", "5000")]
    public async Task Every_connection_is_durable_and_checks_references(string pragma, string value)
    {
        await using var test = await SessionTests.WithTableAsync(DatabaseKind.Sqlite);
        var database = test.Open();
        await using (var read = await database.OpenReadAsync(Cancellation))
            Assert.Equal(value, Convert.ToString(await read.RunAsync($"PRAGMA {pragma}", Cancellation)));
        await using var write = await database.OpenWriteAsync([], Cancellation);
        Assert.Equal(value, Convert.ToString(await write.RunAsync($"PRAGMA {pragma}", Cancellation)));
    }

    [Fact]
    public async Task Reading_session_cannot_write()
    {
        await using var test = await SessionTests.WithTableAsync(DatabaseKind.Sqlite);
        await using var session = await test.Open().OpenReadAsync(Cancellation);
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(
            () => session.RunAsync("INSERT INTO things (id) VALUES (1)", Cancellation));
    }

    [Fact]
    public async Task Listening_is_live_at_once_and_ends_with_its_token()
    {
        await using var test = await SessionTests.WithTableAsync(DatabaseKind.Sqlite);
        var states = new List<bool>();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var listening = test.Open().ListenAsync(_ => Assert.Fail("There are no other nodes."), states.Add, end.Token);
        Assert.Equal([true], states);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
    }

    /// <summary>A file that is no database is not "try again later": an operator has to look.</summary>
    [Fact]
    public async Task Other_faults_than_unavailability_are_not_translated()
    {
        await using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory["tollgate.db"], new string('x', 4096), Cancellation);
        await using var database = SqliteDatabase.Open(directory["tollgate.db"]);
        var fault = await Record.ExceptionAsync(() => database.CountAsync("things", Cancellation));
        Assert.NotNull(fault);
        Assert.IsNotType<DatabaseUnavailableException>(fault);
        Assert.False(database.IsUnavailable(fault));
    }

    [Fact]
    public async Task File_that_vanished_with_its_folder_is_unavailable()
    {
        var directory = new TempDirectory();
        await using var database = SqliteDatabase.Open(directory["tollgate.db"]);
        directory.Dispose();
        await Assert.ThrowsAsync<DatabaseUnavailableException>(
            () => database.WriteAsync("CREATE TABLE things (id INTEGER)", Cancellation));
        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => database.CountAsync("things", Cancellation));
    }
}
