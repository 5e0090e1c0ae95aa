using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tasks;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>
/// The task of moving every subscription of a plan, or with an add-on, that has not ended to a version just published
/// (spec catalog 4.4). The catalog asks for it, the subscriptions slice does it.
/// </summary>
/// <param name="PackageId">The plan or add-on.</param>
/// <param name="Version">The version to move to.</param>
/// <param name="Kind">A task of a time before add-ons does not say and is about a plan.</param>
public sealed record SubscriptionMigration(PackageId PackageId, int Version, PackageKind Kind)
{
    public const string TaskKind = nameof(TaskType.SubscriptionMigration);

    public string ToBody() => JsonSerializer.Serialize(this, BodyJson.Default.SubscriptionMigration);

    public static SubscriptionMigration FromBody(string body) =>
        JsonSerializer.Deserialize(body, BodyJson.Default.SubscriptionMigration)
        ?? throw new InvalidOperationException("The body of a migration task is null.");
}
