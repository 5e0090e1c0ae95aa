using Tollgate.Domain;
using Tollgate.Domain.Catalog;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>A package as a request asks for it: where it belongs, and what its first draft says.</summary>
public sealed record PackageDraft(PackageId Id, ProductId ProductId, PackageEdit Content);

/// <summary>A partial change of a package; pricing is replaced as a whole.</summary>
public sealed record PackageUpdate(PackageEdit Content, PricingInput? Pricing)
{
    /// <summary>
    /// What the overages of <see cref="Pricing"/> include before they charge: put on the draft's entitlements.
    /// </summary>
    public IReadOnlyList<EntitlementInput> OverageAllowances { get; init; } = [];

    /// <summary>The credits that they include: the same for credit entitlements.</summary>
    public IReadOnlyList<CreditAllowance> OverageCredits { get; init; } = [];
}
