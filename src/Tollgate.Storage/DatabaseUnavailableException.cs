namespace Tollgate.Storage;

/// <summary>
/// The database cannot take the request now: unreachable, shutting down, read-only or out of space. Nothing was
/// changed; the host answers 503 with Retry-After, and the next request tries again without a restart.
/// </summary>
public sealed class DatabaseUnavailableException : Exception
{
    public DatabaseUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public DatabaseUnavailableException(string message)
        : base(message)
    {
    }

    public DatabaseUnavailableException()
        : base("The database is unavailable.")
    {
    }
}
