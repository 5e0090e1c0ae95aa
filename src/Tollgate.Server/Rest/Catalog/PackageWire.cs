using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>What plans and add-ons have in common on REST.</summary>
internal static class PackageWire
{
    /// <summary>The kind of entitlement that is about a feature, as opposed to CREDIT.</summary>
    public const string FeatureKind = "FEATURE";

    /// <summary>The kind of entitlement that is about a credit currency.</summary>
    public const string CreditKind = "CREDIT";

    public static IReadOnlyList<RestEntitlementRef> EntitlementsToRest(PackageVersion package) =>
        [.. EntitlementRow.All(package).Select(row => row.Feature is { } feature
            ? new RestEntitlementRef(feature.FeatureId.Value, FeatureKind)
            : new RestEntitlementRef(row.Credit!.CurrencyId.Value, CreditKind))];

    /// <summary>A new package is a draft whatever <c>status</c> says (spec catalog 5.1).</summary>
    public static PackageDraft DraftFromRest(JsonElement body, PackageEdit content) => new(
        new(body.Text("id")),
        new(body.Text("productId")),
        content with { PricingType = body.MemberOrNull<PricingType>("pricingType") });

    public static PackageUpdate UpdateFromRest(JsonElement body, PackageEdit content)
    {
        if (body.Property("charges") is not { } charges)
            return new(content, null);
        // The deprecated place of the billing id counts when the package itself names none.
        return new(
            content.BillingId.IsGiven ? content : content with { BillingId = charges.OptionalText("billingId") },
            ChargeWire.PricingFromRest(charges))
        {
            OverageAllowances = ChargeWire.AllowancesFromRest(charges),
            OverageCredits = ChargeWire.CreditsFromRest(charges),
        };
    }

    public static PackageEdit ContentFromRest(JsonElement body) => new()
    {
        DisplayName = body.OptionalText("displayName"),
        Description = body.OptionalText("description"),
        BillingId = body.OptionalText("billingId"),
        Metadata = body.OptionalMetadata(),
    };

    /// <summary>A list of packages; null and an empty list both mean none.</summary>
    public static Optional<IReadOnlyList<PackageId>> IdsFromRest(JsonElement body, string name) =>
        body.Optional<IReadOnlyList<PackageId>>(
            name, list => [.. list.EnumerateArray().Select(id => new PackageId(id.GetString()!))]);
}
