using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace Tollgate.Storage.Sqlite;

/// <summary>A command that borrows what its connection has prepared for its text, until it is disposed.</summary>
internal sealed class PreparedCommand(PreparingConnection connection) : DbCommand
{
    private SqliteCommand? _borrowed;
    private SqliteDataReader? _reader;
    private bool _isFaulted;

    [AllowNull]
    public override string CommandText
    {
        get => _borrowed?.CommandText ?? "";
        set
        {
            if (value == _borrowed?.CommandText)
                return;
            if (_borrowed is { Parameters.Count: > 0 })
                throw new NotSupportedException("A command gets its text before its parameters.");
            Release();
            _borrowed = connection.Take(value ?? "");
        }
    }

    public override int CommandTimeout
    {
        get => Command.CommandTimeout;
        set => Command.CommandTimeout = value;
    }

    public override CommandType CommandType
    {
        get => Command.CommandType;
        set => Command.CommandType = value;
    }

    public override bool DesignTimeVisible { get; set; }

    public override UpdateRowSource UpdatedRowSource { get; set; }

    protected override DbConnection? DbConnection
    {
        get => connection;
        set
        {
            if (value != connection)
                throw new NotSupportedException("A command stays with the connection that made it.");
        }
    }

    protected override DbParameterCollection DbParameterCollection => Command.Parameters;

    protected override DbTransaction? DbTransaction
    {
        get => Command.Transaction;
        set => Command.Transaction = (SqliteTransaction?)value;
    }

    public override void Cancel() => Command.Cancel();

    public override int ExecuteNonQuery() => Run(command => command.ExecuteNonQuery());

    public override object? ExecuteScalar() => Run(command => command.ExecuteScalar());

    public override void Prepare() => Run(command =>
    {
        command.Prepare();
        return 0;
    });

    protected override DbParameter CreateDbParameter() => new SqliteParameter();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) =>
        _reader = Run(command => command.ExecuteReader(behavior));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Release();
        base.Dispose(disposing);
    }

    private SqliteCommand Command => _borrowed ??= connection.Take("");

    private T Run<T>(Func<SqliteCommand, T> run)
    {
        Name();
        try
        {
            return run(Command);
        }
        catch
        {
            // What is left of the statement is unknown.
            _isFaulted = true;
            throw;
        }
    }

    /// <summary>
    /// Parameters as the texts spell them, with their @: the driver looks for a bare name in every spelling there is,
    /// in each run.
    /// </summary>
    private void Name()
    {
        var parameters = Command.Parameters;
        for (var i = 0; i < parameters.Count; i++)
        {
            var parameter = parameters[i];
            if (parameter.ParameterName is { Length: > 0 } name && name[0] is not ('@' or '$' or ':'))
                parameter.ParameterName = connection.NameOf(name);
        }
    }

    private void Release()
    {
        if (_borrowed is not { } command)
            return;
        _borrowed = null;
        if (command.CommandText.Length == 0 || _isFaulted || _reader is { IsClosed: false })
        {
            command.Dispose();
            return;
        }

        command.Parameters.Clear();
        connection.Return(command);
    }
}
