using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>
/// The task of moving every subscription of a plan that has not ended to a version just published (spec catalog 4.4).
/// The catalog asks for it, the subscriptions slice does it.
/// </summary>
public sealed record SubscriptionMigration(PackageId PackageId, int Version)
{
    public const string TaskKind = "SubscriptionMigration";

    public string ToBody() => JsonSerializer.Serialize(this, BodyJson.Default.SubscriptionMigration);

    public static SubscriptionMigration FromBody(string body) =>
        JsonSerializer.Deserialize(body, BodyJson.Default.SubscriptionMigration)
        ?? throw new InvalidOperationException("The body of a migration task is null.");
}
