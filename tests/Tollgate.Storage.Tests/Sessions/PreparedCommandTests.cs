using Dapper;
using Microsoft.Data.Sqlite;
using Tollgate.Storage.Sqlite;

namespace Tollgate.Storage.Tests.Sessions;

/// <summary>Statements of SQLite that are run again keep their plan and nothing else.</summary>
public sealed class PreparedCommandTests
{
    private static PreparingConnection Open()
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new PreparingConnection("Data Source=:memory:");
        connection.Open();
        connection.Execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)");
        return connection;
    }

    [Fact]
    public void Text_run_again_runs_on_the_same_command_with_new_values()
    {
        using var connection = Open();
        const string insert = "INSERT INTO t (id, name) VALUES (@id, @name)";
        connection.Execute(insert, new { id = 1, name = "a" });
        var kept = connection.Take(insert);
        connection.Return(kept);

        connection.Execute(insert, new { id = 2, name = (string?)null });

        Assert.Same(kept, connection.Take(insert));
        Assert.Equal(["a", null], connection.Query<string?>("SELECT name FROM t ORDER BY id"));
    }

    [Fact]
    public void Value_of_an_earlier_run_is_never_used()
    {
        using var connection = Open();
        connection.Execute("INSERT INTO t (id, name) VALUES (@id, @name)", new { id = 1, name = "a" });

        Assert.Throws<InvalidOperationException>(
            () => connection.Execute("INSERT INTO t (id, name) VALUES (@id, @name)", new { id = 2 }));
        Assert.Equal(1, connection.ExecuteScalar<long>("SELECT COUNT(*) FROM t"));
    }

    [Fact]
    public void Same_text_may_run_inside_its_own_reader()
    {
        using var connection = Open();
        connection.Execute("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
        const string select = "SELECT id FROM t WHERE id >= @id ORDER BY id";
        using var outer = connection.ExecuteReader(select, new { id = 1 });
        Assert.True(outer.Read());

        var inner = connection.Query<long>(select, new { id = 2 }).ToList();

        Assert.Equal([2L], inner);
        Assert.True(outer.Read());
        Assert.Equal(2, outer.GetInt64(0));
        Assert.False(outer.Read());
    }

    [Fact]
    public void Refused_statement_leaves_nothing_that_the_next_run_meets()
    {
        using var connection = Open();
        const string insert = "INSERT INTO t (id, name) VALUES (@id, @name)";
        connection.Execute(insert, new { id = 1, name = "a" });

        Assert.Throws<SqliteException>(() => connection.Execute(insert, new { id = 1, name = "b" }));
        connection.Execute(insert, new { id = 2, name = "c" });

        Assert.Equal(["a", "c"], connection.Query<string>("SELECT name FROM t ORDER BY id"));
    }

    [Fact]
    public void Table_that_changes_after_a_statement_was_prepared_is_read_as_it_is_now()
    {
        using var connection = Open();
        connection.Execute("INSERT INTO t VALUES (1, 'a')");
        Assert.Equal(2, Columns());

        connection.Execute("ALTER TABLE t ADD COLUMN more TEXT");

        Assert.Equal(3, Columns());

        int Columns()
        {
            using var reader = connection.ExecuteReader("SELECT * FROM t");
            Assert.True(reader.Read());
            return reader.FieldCount;
        }
    }

    [Fact]
    public void Dropping_a_table_is_not_hindered_by_what_is_prepared_on_it()
    {
        using var connection = Open();
        Assert.Empty(connection.Query("SELECT * FROM t"));

        connection.Execute("DROP TABLE t");

        Assert.Throws<SqliteException>(() => connection.Query("SELECT * FROM t"));
    }

    [Fact]
    public void More_texts_than_are_kept_all_run()
    {
        using var connection = Open();
        foreach (var i in Enumerable.Range(0, 1_200))
            Assert.Equal(i, connection.ExecuteScalar<long>($"SELECT {i}"));
        Assert.Equal(7, connection.ExecuteScalar<long>("SELECT 7"));
    }
}
