using Tollgate.Storage;

namespace Tollgate.Testing;

/// <summary>How a <see cref="ServerProcess"/> is started.</summary>
public sealed record ServerOptions
{
    public const string DefaultServerKey = "server-key-of-the-tests-4f1d6a0c9b7e";
    public const string DefaultPublishableKey = "publishable-key-of-the-tests-2b8e5c3d1f90";

    public DatabaseKind Database { get; init; } = DatabaseKind.Sqlite;

    /// <summary>PostgreSQL only. Null: a fresh database of <see cref="PostgreSqlServer.SharedAsync"/>.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>Null: a temporary directory that is removed with the process.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Null: the server generates the keys and prints them, see <see cref="ServerProcess.PrintedKeys"/>.</summary>
    public string? ServerKey { get; init; } = DefaultServerKey;

    public string? PublishableKey { get; init; } = DefaultPublishableKey;

    /// <summary>Further arguments, for example <c>--demo</c>.</summary>
    public IReadOnlyList<string> ExtraArgs { get; init; } = [];

    /// <summary>Further environment variables; a null value removes one.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>Put before the command, for example <c>setpriv --reuid=65534 --</c>. It must replace itself (exec), not fork.</summary>
    public IReadOnlyList<string> CommandPrefix { get; init; } = [];

    /// <summary>How long the server may take to answer <c>/health/ready</c> with 200.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
