namespace Tollgate.Storage;

/// <summary>The two databases every store runs on.</summary>
public enum DatabaseKind
{
    Sqlite,
    PostgreSql,
}
