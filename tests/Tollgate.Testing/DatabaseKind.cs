namespace Tollgate.Testing;

/// <summary>The databases that every store and the server must behave alike on.</summary>
public enum DatabaseKind
{
    Sqlite,
    PostgreSql,
}
