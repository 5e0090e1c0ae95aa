using Tollgate.Domain.Catalog;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>The rows of a request, in its order.</summary>
public sealed record EntitlementRows(IReadOnlyList<EntitlementRowInput> InOrder)
{
    /// <summary>Features first, then credits.</summary>
    public EntitlementRows(IReadOnlyList<EntitlementInput> features, IReadOnlyList<CreditEntitlementInput> credits)
        : this([
            .. features.Select(feature => new EntitlementRowInput(feature, null)),
            .. credits.Select(credit => new EntitlementRowInput(null, credit)),
        ])
    {
    }

    /// <summary>Where a row stands in the request; a row alone is named by its fields.</summary>
    internal string PathOf(EntitlementRowInput row) =>
        InOrder.Count == 1
            ? ""
            : $"entitlements[{InOrder.Index().First(each => ReferenceEquals(each.Item, row)).Index}].";
}

/// <summary>One row: exactly one of the two is set.</summary>
public sealed record EntitlementRowInput(EntitlementInput? Feature, CreditEntitlementInput? Credit);
