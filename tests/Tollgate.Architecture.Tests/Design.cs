namespace Tollgate.Architecture.Tests;

/// <summary>The decisions of docs/architecture.md as data. Changing one of these tables is an architecture decision.</summary>
internal static class Design
{
    /// <summary>What each project under src/ may reference and name.</summary>
    internal static readonly IReadOnlyDictionary<string, string[]> AllowedReferences = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Tollgate.Domain"] = [],
        ["Tollgate.Contracts"] = [],
        ["Tollgate.Protocols"] = [],
        ["Tollgate.Storage"] = [],
        ["Tollgate.Modules"] = ["Tollgate.Domain", "Tollgate.Storage"],
        ["Tollgate.Server"] = ["Tollgate.Domain", "Tollgate.Contracts", "Tollgate.Protocols", "Tollgate.Storage", "Tollgate.Modules"],
        ["Tollgate.Client"] = ["Tollgate.Domain", "Tollgate.Contracts", "Tollgate.Protocols"],
        ["Tollgate.Sidecar"] = ["Tollgate.Domain", "Tollgate.Contracts", "Tollgate.Protocols", "Tollgate.Client"],
        ["Tollgate.Cli"] = ["Tollgate.Contracts"],
    };

    /// <summary>Projects with a Main; only they may read the system's clock.</summary>
    internal static readonly string[] Hosts = ["Tollgate.Server", "Tollgate.Sidecar", "Tollgate.Cli"];

    /// <summary>The host's edge, which translates a broken world: it may name storage's exception.</summary>
    internal static readonly string[] ServerFilesThatMayNameStorage = ["src/Tollgate.Server/Rest/RestErrors.cs"];

    /// <summary>Where the server composes the database: the files beside its project file, start-up, its health checks.</summary>
    internal static readonly string?[] ServerFoldersThatMayNameStorage = [null, "Hosting", "Configuration", "Health"];

    /// <summary>Slices of Modules by rank: a slice calls slices of lower rank, and its neighbour of the same rank if that does not call back.</summary>
    internal static readonly string[][] SliceOrder =
    [
        ["Accounts", "EventLog"],
        ["Catalog"],
        ["Customers"],
        ["Billing"],
        ["Subscriptions"],
        ["Entitlements"],
        ["Credits"],
        ["Usage"],
    ];

    /// <summary>Slices that read the event log and call use cases; nobody calls them.</summary>
    internal static readonly string[] Readers = ["Webhooks", "Workflows", "DurableQueues", "Integrations", "Demo"];

    /// <summary>The nouns of the specification: first-level folders in every project.</summary>
    internal static readonly string[] Nouns = [.. SliceOrder.SelectMany(rank => rank), .. Readers];

    /// <summary>First-level folders of single projects beside the nouns.</summary>
    internal static readonly IReadOnlyDictionary<string, string[]> OtherFolders = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Tollgate.Domain"] = ["Errors"],
        ["Tollgate.Contracts"] = ["Rest", "OpenApi"],
        ["Tollgate.Storage"] = ["Migrations", "Sqlite", "PostgreSql"],
        ["Tollgate.Modules"] = ["Changes", "GroupCommit", "Idempotency", "Rows", "Tasks"],
        ["Tollgate.Server"] = ["Rest", "OpenApi", "Authentication", "Configuration", "Health", "Hosting", "Properties", "wwwroot"],
    };

    /// <summary>Folders of Modules that may own tables.</summary>
    internal static readonly string[] Owners = [.. Nouns, .. OtherFolders["Tollgate.Modules"]];

    internal static int? Rank(string slice)
        => Readers.Contains(slice, StringComparer.Ordinal)
            ? SliceOrder.Length
            : Array.FindIndex(SliceOrder, rank => rank.Contains(slice, StringComparer.Ordinal)) is var found and >= 0 ? found : null;
}
