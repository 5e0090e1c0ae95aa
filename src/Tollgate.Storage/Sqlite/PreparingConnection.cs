using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Tollgate.Storage.Sqlite;

/// <summary>
/// A connection that keeps the prepared statements of its commands, by their text: SQLite takes longer to plan the
/// statements of a use case than to run them, and the driver forgets a plan with its command.
/// </summary>
internal sealed class PreparingConnection(string connectionString) : SqliteConnection(connectionString)
{
    /// <summary>
    /// Lists of values make texts that are not seen again; past this many all idle ones are given up.
    /// </summary>
    private const int MaxIdle = 512;

    private readonly Dictionary<string, SqliteCommand> _idle = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>A command with this text that nobody else holds, prepared when it ran before.</summary>
    internal SqliteCommand Take(string text)
    {
        if (_idle.Remove(text, out var known))
            return known;
        // Not CreateCommand: that is what hands out the wrappers.
        return new SqliteCommand(text, this);
    }

    /// <summary>Keeps the command for the next of its text. It holds no values and no open reader.</summary>
    internal void Return(SqliteCommand command)
    {
        if (_idle.Count >= MaxIdle)
            Forget();
        if (!_idle.TryAdd(command.CommandText, command))
            command.Dispose();
    }

    /// <summary>The name with its @, the same string each time.</summary>
    internal string NameOf(string parameter)
    {
        if (_names.TryGetValue(parameter, out var name))
            return name;
        if (_names.Count >= MaxIdle)
            _names.Clear();
        return _names[parameter] = "@" + parameter;
    }

    protected override DbCommand CreateDbCommand() => new PreparedCommand(this);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Forget();
        base.Dispose(disposing);
    }

    private void Forget()
    {
        foreach (var command in _idle.Values)
            command.Dispose();
        _idle.Clear();
    }
}
