namespace Tollgate.Testing;

/// <summary>Where the PostgreSQL server programs (initdb, pg_ctl, postgres) lie on this machine.</summary>
internal static class PostgreSqlBinaries
{
    internal const string LocationVariable = "TOLLGATE_POSTGRESQL_BIN";

    /// <summary>The directory of the newest installed server, or null where there is none.</summary>
    internal static string? Find()
        => Candidates().FirstOrDefault(directory => File.Exists(Path.Combine(directory, "initdb"))
            && File.Exists(Path.Combine(directory, "pg_ctl")));

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable(LocationVariable) is { Length: > 0 } chosen)
        {
            return [chosen];
        }
        const string debian = "/usr/lib/postgresql";
        var versions = Directory.Exists(debian)
            ? Directory.EnumerateDirectories(debian)
                .OrderByDescending(directory => int.TryParse(Path.GetFileName(directory), out var version) ? version : 0)
                .Select(directory => Path.Combine(directory, "bin"))
            : [];
        return versions.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator));
    }
}
