namespace Tollgate.Server.Configuration;

/// <summary>
/// What the operator may choose. Each option is a flag (<c>--data</c>), an environment variable (<c>TOLLGATE_DATA</c>)
/// and a key in <c>appsettings.json</c> (<c>"data"</c>); a flag wins over a variable, a variable over the file.
/// </summary>
public sealed record ServerOptions
{
    /// <summary>Addresses to listen on, separated by semicolons. Default <c>http://127.0.0.1:8080</c>.</summary>
    public string Urls { get; init; } = "http://127.0.0.1:8080";

    /// <summary>
    /// Where browsers reach this server, for the addresses of checkout and payment pages; null = the first of
    /// <see cref="Urls"/>.
    /// </summary>
    public string? PublicUrl { get; init; }

    /// <summary>
    /// The folder of the embedded database. Default <c>./data</c>; unused with <see cref="Database"/>.
    /// </summary>
    public string Data { get; init; } = "./data";

    /// <summary>A PostgreSQL connection string; null = the embedded SQLite database.</summary>
    public string? Database { get; init; }

    /// <summary>
    /// The server key of the first environment at the first start; null = generated and printed once.
    /// </summary>
    public string? ServerKey { get; init; }

    /// <summary>
    /// The publishable key of the first environment at the first start; null = generated and printed once.
    /// </summary>
    public string? PublishableKey { get; init; }

    /// <summary>Load the demo catalogs into the development environment when it has none yet. Default false.</summary>
    public bool Demo { get; init; }

    /// <summary>
    /// Prove the credit books of every environment instead of serving: see <see cref="Hosting.VerifyBooks"/>.
    /// Default false.
    /// </summary>
    public bool Verify { get; init; }

    /// <summary>Days that tasks which have ended are kept, with their failures: 1 to 3,650. Default 90.</summary>
    public int TaskRetentionDays { get; init; } = 90;

    /// <summary><see cref="PublicUrl"/>, or what the first listen address is called on this machine.</summary>
    public Uri PublicAddress => new(PublicUrl ?? Urls.Split(';')[0]
        .Replace("*", "localhost", StringComparison.Ordinal)
        .Replace("+", "localhost", StringComparison.Ordinal)
        .Replace("0.0.0.0", "localhost", StringComparison.Ordinal)
        .Replace("[::]", "localhost", StringComparison.Ordinal));
}
