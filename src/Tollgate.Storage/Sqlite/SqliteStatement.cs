using System.Data.Common;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Tollgate.Storage.Sqlite;

/// <summary>
/// A statement of SQLite's own interface, prepared once on a connection and run many times by one flow of control. For the
/// busiest statements of the product: there the ADO.NET driver costs several times what SQLite does. Parameters are given in
/// the order of their numbers (<c>?1</c>, <c>?2</c>, ...) before each run, all of them.
/// </summary>
/// <exception cref="SqliteException">The database could not do it; the statement can be run again.</exception>
public sealed class SqliteStatement
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly int _parameters;
    private byte[] _text = new byte[256];
    private int _given;

    public SqliteStatement(DbConnection connection, string sql)
    {
        _database = ((SqliteConnection)connection).Handle!;
        var code = raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement);
        if (code != raw.SQLITE_OK)
            throw Failure(code);
        _parameters = raw.sqlite3_bind_parameter_count(_statement);
    }

    public SqliteStatement Give(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_given, value));
        return this;
    }

    public SqliteStatement Give(string? value)
    {
        if (value is null)
            return GiveNull();
        // An empty span would be bound as NULL.
        if (value.Length == 0)
        {
            Check(raw.sqlite3_bind_text(_statement, ++_given, ""));
            return this;
        }

        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (_text.Length < most)
            _text = new byte[most];
        return GiveText(Encoding.UTF8.GetBytes(value, _text));
    }

    /// <summary>As the driver writes it: exact, without an exponent, without zeros at the end of its fraction.</summary>
    public SqliteStatement Give(decimal value)
    {
        var format = value.Scale == 0 ? default : "0.0###########################";
        if (!value.TryFormat(_text, out var length, format, CultureInfo.InvariantCulture))
            throw new InvalidOperationException("A decimal is longer than 256 digits.");
        return GiveText(length);
    }

    /// <summary>As the driver writes it: text in capitals.</summary>
    public SqliteStatement Give(Guid value)
    {
        value.TryFormat(_text, out var length);
        for (var i = 0; i < length; i++)
            _text[i] = _text[i] is >= (byte)'a' and <= (byte)'f' ? (byte)(_text[i] - 32) : _text[i];
        return GiveText(length);
    }

    public SqliteStatement Give(byte[] value)
    {
        Check(raw.sqlite3_bind_blob(_statement, ++_given, value));
        return this;
    }

    public SqliteStatement Give(long? value) => value is { } known ? Give(known) : GiveNull();

    public SqliteStatement Give(decimal? value) => value is { } known ? Give(known) : GiveNull();

    /// <summary>Runs it to its end, for how many rows it wrote.</summary>
    public int Run()
    {
        Step();
        Reset();
        return raw.sqlite3_changes(_database);
    }

    /// <summary>The next row, whose columns can be read then; at the end false, and it can be given parameters again.</summary>
    public bool Read()
    {
        if (Step() == raw.SQLITE_ROW)
            return true;
        Reset();
        return false;
    }

    /// <summary>Ends the reading before its end.</summary>
    public void Reset()
    {
        _given = 0;
        raw.sqlite3_reset(_statement);
    }

    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    public int Int32(int column) => raw.sqlite3_column_int(_statement, column);

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public string Text(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(_statement, column));

    public decimal Decimal(int column) =>
        decimal.Parse(raw.sqlite3_column_blob(_statement, column), NumberStyles.Float, CultureInfo.InvariantCulture);

    public Guid Guid(int column) => System.Guid.Parse(Text(column));

    /// <summary>Valid until the next step.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_statement, column);

    private SqliteStatement GiveText(int length)
    {
        Check(raw.sqlite3_bind_text(_statement, ++_given, _text.AsSpan(0, length)));
        return this;
    }

    private SqliteStatement GiveNull()
    {
        Check(raw.sqlite3_bind_null(_statement, ++_given));
        return this;
    }

    private int Step()
    {
        if (_given != _parameters)
        {
            var message = $"{_given} of {_parameters} parameters were given.";
            Reset();
            throw new InvalidOperationException(message);
        }

        var code = raw.sqlite3_step(_statement);
        return code is raw.SQLITE_ROW or raw.SQLITE_DONE ? code : throw Failure(code);
    }

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw Failure(code);
    }

    private SqliteException Failure(int code)
    {
        var failure = new SqliteException(
            raw.sqlite3_errmsg(_database).utf8_to_string(), code, raw.sqlite3_extended_errcode(_database));
        if (_statement is not null)
            Reset();
        return failure;
    }
}
