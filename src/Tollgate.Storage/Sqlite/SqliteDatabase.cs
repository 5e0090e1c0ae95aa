using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Tollgate.Storage.Sqlite;

/// <summary>
/// One SQLite file, owned by this process: WAL, synchronous=FULL, one writer connection behind a gate, many readers.
/// The SQLite driver is synchronous, so its tasks complete before they are awaited.
/// </summary>
public sealed class SqliteDatabase : Database
{
    private const int MaxIdleReaders = 16;

    private readonly string _connectionString;
    private readonly FileStream _ownership;
    private readonly SemaphoreSlim _writerGate = new(1, 1);
    private readonly ConcurrentBag<SqliteConnection> _idleReaders = [];

    /// <summary>Written only by the holder of the gate; null before first use and after a fault.</summary>
    private SqliteConnection? _writer;
    private volatile bool _disposed;

    private SqliteDatabase(string path, FileStream ownership)
        : base(DatabaseKind.Sqlite)
    {
        _ownership = ownership;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = 5,
        }.ToString();
    }

    /// <summary>Opens (and creates) the file and takes it for this process.</summary>
    /// <exception cref="DatabaseUnavailableException">
    /// Another process holds it, or the folder cannot be written.
    /// </exception>
    public static SqliteDatabase Open(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var lockPath = path + ".lock";
        try
        {
            var ownership = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new SqliteDatabase(path, ownership);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatabaseUnavailableException(
                $"The data file {path} cannot be taken: another Tollgate process uses it, or the folder is not "
                + "writable. Stop the other process, choose another --data folder, or run several nodes on PostgreSQL.",
                exception);
        }
    }

    public override Task<Session> OpenReadAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var connection = _idleReaders.TryTake(out var idle) ? idle : Connect(readOnly: true);
        return Task.FromResult<Session>(new SqliteReadSession(this, connection));
    }

    public override async Task<Session> OpenWriteAsync(
        IReadOnlyCollection<LockKey> locks, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _writerGate.WaitAsync(cancellationToken);
        try
        {
            _writer ??= Connect(readOnly: false);
            return SqliteWriteSession.Begin(this, _writer);
        }
        catch
        {
            ReturnWriter(healthy: false);
            throw;
        }
    }

    public override bool IsUniqueViolation(Exception exception) =>
        exception is SqliteException
        {
            SqliteExtendedErrorCode: SqliteCode.ConstraintPrimaryKey or SqliteCode.ConstraintUnique
                or SqliteCode.ConstraintRowId,
        };

    public override bool IsUnavailable(Exception exception) =>
        exception is SqliteException
        {
            SqliteErrorCode: SqliteCode.Busy or SqliteCode.ReadOnly or SqliteCode.InputOutput or SqliteCode.Full
                or SqliteCode.CannotOpen,
        };

    public override async Task ListenAsync(
        Action<string> handle, Action<bool> connected, CancellationToken cancellationToken)
    {
        connected(true);
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public override Task NotifyAsync(IReadOnlyCollection<string> payloads, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        await _writerGate.WaitAsync();
        _disposed = true;
        DropWriter();
        while (_idleReaders.TryTake(out var reader))
            await reader.DisposeAsync();
        await _ownership.DisposeAsync();
        _writerGate.Dispose();
    }

    internal void ReturnReader(SqliteConnection connection)
    {
        if (_disposed || _idleReaders.Count >= MaxIdleReaders)
            connection.Dispose();
        else
            _idleReaders.Add(connection);
    }

    /// <summary>
    /// Ends the writer's turn; after a fault its connection is replaced, because its state is unknown.
    /// </summary>
    internal void ReturnWriter(bool healthy)
    {
        try
        {
            if (!healthy)
                DropWriter();
        }
        finally
        {
            _writerGate.Release();
        }
    }

    private PreparingConnection Connect(bool readOnly)
    {
        var connection = new PreparingConnection(_connectionString);
        try
        {
            connection.Open();
            using var pragmas = connection.CreateCommand();
            pragmas.CommandText = """
                PRAGMA busy_timeout=5000;
                PRAGMA journal_mode=WAL;
                PRAGMA synchronous=FULL;
                PRAGMA foreign_keys=ON;
                PRAGMA temp_store=MEMORY;
                PRAGMA cache_size=-65536;
                PRAGMA wal_autocheckpoint=4000;
                """ + (readOnly ? "PRAGMA query_only=ON;" : "");
            pragmas.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void DropWriter()
    {
        var dropped = _writer;
        _writer = null;
        dropped?.Dispose();
    }
}

/// <summary>The SQLite result codes this project tells apart (sqlite.org/rescode.html).</summary>
internal static class SqliteCode
{
    public const int Busy = 5;
    public const int ReadOnly = 8;
    public const int InputOutput = 10;
    public const int Full = 13;
    public const int CannotOpen = 14;
    public const int ConstraintPrimaryKey = 1555;
    public const int ConstraintUnique = 2067;
    public const int ConstraintRowId = 2579;
}
