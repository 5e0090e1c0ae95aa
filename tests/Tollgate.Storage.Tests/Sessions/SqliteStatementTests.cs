using Dapper;
using Microsoft.Data.Sqlite;
using Tollgate.Storage.Sqlite;

namespace Tollgate.Storage.Tests.Sessions;

/// <summary>What the fast statements write and read is what the driver writes and reads.</summary>
public sealed class SqliteStatementTests
{
    private static SqliteConnection Open()
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        connection.Execute("CREATE TABLE t (id INTEGER PRIMARY KEY, value, other)");
        return connection;
    }

    public static TheoryData<object> Values =>
    [
        0L, long.MinValue, long.MaxValue, "", "a", "\0b", new string('\u20AC', 1_000), "NULL",
        0m, 5m, -0.5m, 1.50m, decimal.MaxValue, decimal.MinValue, 0.0000000000000000000000000001m,
        System.Guid.Parse("0b6f2d3e-9c4a-4f0e-8a51-c2d97be1f3a4"), new byte[] { 0, 255 },
    ];

    [Theory, MemberData(nameof(Values))]
    public void Value_is_stored_as_the_driver_stores_it(object value)
    {
        using var connection = Open();
        connection.Execute("INSERT INTO t VALUES (1, @value, NULL)", new { value });
        var insert = new SqliteStatement(connection, "INSERT INTO t VALUES (2, ?1, NULL)");

        Assert.Equal(1, Give(insert, value).Run());

        // Whole numbers go without the driver's ".0"; both are read as the same number.
        var isWhole = value is decimal { Scale: 0 };
        Assert.Equal(
            1,
            connection.ExecuteScalar<long>(
                "SELECT COUNT(*) FROM t a JOIN t b ON a.id = 1 AND b.id = 2 AND typeof(a.value) = typeof(b.value) AND "
                    + (isWhole ? "a.value = b.value || '.0'" : "a.value IS b.value")));
        var select = new SqliteStatement(connection, "SELECT value FROM t WHERE id = ?1");
        Assert.True(select.Give(2).Read());
        Assert.Equal(value, Get(select, value));
        Assert.False(select.Read());
    }

    [Fact]
    public void Statement_runs_again_with_new_values_and_after_it_was_left()
    {
        using var connection = Open();
        var insert = new SqliteStatement(connection, "INSERT INTO t VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING");
        Assert.Equal(1, insert.Give(1).Give("a").Give(0.1m).Run());
        Assert.Equal(0, insert.Give(1).Give("b").Give(0.2m).Run());
        Assert.Equal(1, insert.Give(2).Give((string?)null).Give(new decimal?()).Run());

        var select = new SqliteStatement(connection, "SELECT id, value FROM t WHERE id >= ?1 ORDER BY id");
        Assert.True(select.Give(1).Read());
        Assert.Equal("a", select.Text(1));
        select.Reset();
        Assert.True(select.Give(2).Read());
        Assert.True(select.IsNull(1));
        Assert.Equal(2, select.Int32(0));
    }

    [Theory, InlineData(1), InlineData(4)]
    public void Parameters_must_be_given_all_and_no_more(int given)
    {
        using var connection = Open();
        var insert = new SqliteStatement(connection, "INSERT INTO t VALUES (?1, ?2, ?3)");

        Assert.ThrowsAny<Exception>(() =>
        {
            for (var i = 0; i < given; i++)
                insert.Give(7);
            insert.Run();
        });

        Assert.Equal(0, connection.ExecuteScalar<long>("SELECT COUNT(*) FROM t"));
        Assert.Equal(1, insert.Give(1).Give(2).Give(3).Run());
    }

    [Fact]
    public void Failure_is_the_drivers_and_the_statement_can_be_run_again()
    {
        using var connection = Open();
        var insert = new SqliteStatement(connection, "INSERT INTO t VALUES (?1, 0, 0)");
        insert.Give(1).Run();

        var failure = Assert.Throws<SqliteException>(() => insert.Give(1).Run());

        Assert.Equal((19, 1555), (failure.SqliteErrorCode, failure.SqliteExtendedErrorCode));
        Assert.Equal(1, insert.Give(2).Run());
        Assert.Throws<SqliteException>(() => new SqliteStatement(connection, "INSERT INTO nothing VALUES (1)"));
    }

    private static SqliteStatement Give(SqliteStatement statement, object value) => value switch
    {
        long number => statement.Give(number),
        decimal number => statement.Give(number),
        System.Guid id => statement.Give(id),
        byte[] bytes => statement.Give(bytes),
        _ => statement.Give((string)value),
    };

    private static object Get(SqliteStatement statement, object value) => value switch
    {
        long => statement.Int64(0),
        decimal => statement.Decimal(0),
        System.Guid => statement.Guid(0),
        byte[] => statement.Blob(0).ToArray(),
        _ => statement.Text(0),
    };
}
