using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>What a draft changes, by the names of the reference (spec catalog 4.3).</summary>
internal static class PackageChangesWire
{
    public static RestPackageChanges ToRest(PackageChanges changes)
    {
        var entitlements = List(changes.Entitlements, PackageEntitlementWire.ToRest);
        return new()
        {
            DisplayName = One(changes.DisplayName, text => text),
            Description = One(changes.Description, text => text),
            BillingId = One(changes.BillingId, text => text),
            AdditionalMetaData = One(changes.Metadata, map => map),
            HiddenFromWidgets = One<IReadOnlyList<WidgetType>, IReadOnlyList<string>>(
                changes.HiddenFromWidgets, list => [.. list.Select(Wire.Symbol)]),
            PricingType = One(changes.PricingType, type => Wire.Symbol(type)!),
            BasePlan = One(changes.BasePlan, IdToRest),
            CompatibleAddons = List(changes.CompatibleAddons, IdToRest),
            CompatiblePackageGroups = List(changes.CompatibleGroups, PackageVersionWire.GroupToRest),
            Dependencies = List(changes.Dependencies, IdToRest),
            MaxQuantity = One<int?, long?>(changes.MaxQuantity, max => max),
            DefaultTrialConfig = One(changes.DefaultTrial, PackageVersionWire.TrialToRest),
            Entitlements = entitlements,
            PackageEntitlements =
                [.. entitlements, .. List(changes.CreditEntitlements, PackageEntitlementWire.ToRest)],
            Prices = List(changes.Prices, PackageVersionWire.ChargeToRest),
            OveragePrices = List(changes.OveragePrices, PackageVersionWire.ChargeToRest),
            OverageBillingPeriod = One(changes.OverageBillingPeriod, period => Wire.Symbol(period)!),
            MinimumSpend = List(changes.MinimumSpend, PackageVersionWire.MinimumToRest),
            TotalChanges = changes.TotalChanges,
        };
    }

    private static string IdToRest(PackageId? id) => id!.Value.Value;

    private static RestChange<TWire>? One<T, TWire>(ContentChange<T>? change, Func<T, TWire> toWire) => change is null
        ? null
        : new(
            Wire.Symbol(change.Type),
            change.Before is { } before ? toWire(before) : default,
            change.After is { } after ? toWire(after) : default);

    private static List<RestChange<TWire>> List<T, TWire>(
        IReadOnlyList<ContentChange<T>> changes, Func<T, TWire> toWire) => [.. changes.Select(c => One(c, toWire)!)];
}
