using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>A billing provider that the catalog of an environment is replicated to (spec integrations 1.2).</summary>
/// <param name="VendorIdentifier">The kind of system, in lower case: <c>stripe</c>.</param>
/// <param name="Charges">What it can bill.</param>
public sealed record ConnectedBilling(string VendorIdentifier, BillableCharges Charges);

/// <summary>Whether the connected billing providers can bill what a package charges (spec catalog 4.4).</summary>
internal static class BillableContent
{
    /// <summary>Null when all of them can bill all of it; only PAID packages are billed by catalog prices.</summary>
    public static Refusal? Check(PackageVersion draft, IEnumerable<ConnectedBilling> connected)
    {
        if (draft.PricingType != PricingType.Paid)
            return null;
        var priced =
            draft.Charges.Concat(draft.OverageCharges).Select(c => (c.Model, c.TiersMode, c.Cadence)).ToHashSet();
        if (draft.MinimumSpend.Count > 0)
            priced.Add((BillingModel.MinimumSpend, null, BillingCadence.Recurring));
        var faults = connected
            .SelectMany(provider => priced.Select(c => (
                c.Model, provider.VendorIdentifier, What: provider.Charges.FaultOf(c.Model, c.TiersMode, c.Cadence))))
            .Where(fault => fault.What is not null).Distinct().ToList();
        if (faults.Count == 0)
            return null;
        var told = faults.Select(fault => $"'{fault.VendorIdentifier}' cannot bill {fault.What}");
        return new(ErrorCode.PricingModelNotSupportedByBillingIntegration,
            $"The billing of this environment cannot bill '{draft.Id}': {string.Join(", ", told)}; "
            + "price it in another way.")
        {
            Details = new Dictionary<string, string>
            {
                ["pricingModel"] = BillableCharges.Symbol(faults[0].Model),
                ["vendorIdentifier"] = faults[0].VendorIdentifier.ToUpperInvariant(),
                ["planRefId"] = draft.Id.Value,
            },
        };
    }
}
