using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Server.Rest.Accounts;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Versions of packages, drafts and differences as our own operations show them.</summary>
internal static class PackageVersionWire
{
    public static RestPackageVersion ToRest(PackageVersion package) => new()
    {
        Id = package.Id.Value,
        Kind = Wire.Symbol(package.Kind),
        VersionNumber = package.Version,
        Status = Wire.Symbol(package.Status),
        IsLatest = package.IsLatest,
        ProductId = package.ProductId.Value,
        DisplayName = package.DisplayName,
        Description = package.Description,
        PricingType = Wire.Symbol(package.PricingType),
        BasePlan = package.BasePlan is { } basePlan ? new(basePlan.Id.Value, basePlan.Version) : null,
        Entitlements = [.. EntitlementRow.All(package).Select(PackageEntitlementWire.ToRest)],
        Charges = [.. package.Charges.Select(ChargeToRest)],
        OverageCharges = [.. package.OverageCharges.Select(ChargeToRest)],
        OverageBillingPeriod = Wire.Symbol(package.OverageBillingPeriod),
        MinimumSpend = [.. package.MinimumSpend.Select(MinimumToRest)],
        DefaultTrialConfig = package.DefaultTrial is { } trial ? TrialToRest(trial) : null,
        CompatibleAddonIds = [.. (package.CompatibleAddonIds ?? []).Select(id => id.Value)],
        CompatiblePackageGroups = [.. package.CompatibleGroups.Select(GroupToRest)],
        Dependencies = [.. package.Dependencies.Select(id => id.Value)],
        MaxQuantity = package.MaxQuantity,
        HiddenFromWidgets = [.. package.HiddenFromWidgets.Select(Wire.Symbol)],
        BillingId = package.BillingId,
        Metadata = package.Metadata,
        CreatedAt = Wire.Instant(package.CreatedAt),
        UpdatedAt = Wire.Instant(package.UpdatedAt),
    };

    public static RestPackageDetails ToRest(PackageDetails details)
    {
        var writer = details.Draft?.UpdatedBy is { } actor ? new RestActor(actor.Type, actor.Id, actor.Name) : null;
        return new()
        {
            Version = ToRest(details.Version),
            InheritedEntitlements = [.. EntitlementRow.All(details.Inherited, details.InheritedCredits)
                .Select(PackageEntitlementWire.ToRest)],
            IsParent = details.IsParent,
            HasSubscriptions = details.HasSubscriptions,
            DraftSummary = details.Draft is { Draft: var draft }
                ? new(draft.Version, writer, Wire.Instant(draft.UpdatedAt))
                : null,
            DraftDetails = details.Draft is { } open
                ? new()
                {
                    Version = open.Draft.Version,
                    UpdatedBy = writer,
                    UpdatedAt = Wire.Instant(open.Draft.UpdatedAt),
                    CustomersAffected = open.CustomersAffected,
                    AffectedChildPlans = [.. open.AffectedChildPlans.Select(id => id.Value)],
                    ChildPlansWithDraft = [.. open.ChildPlansWithDraft.Select(id => id.Value)],
                    Changes = PackageChangesWire.ToRest(open.Changes),
                }
                : null,
        };
    }

    public static RestPackageVersionSummary ToRest(CountedVersion counted) => new()
    {
        VersionNumber = counted.Version.Version,
        Status = Wire.Symbol(counted.Version.Status),
        IsLatest = counted.Version.IsLatest,
        DisplayName = counted.Version.DisplayName,
        PricingType = Wire.Symbol(counted.Version.PricingType),
        Subscriptions = counted.Subscriptions,
        CreatedAt = Wire.Instant(counted.Version.CreatedAt),
        UpdatedAt = Wire.Instant(counted.Version.UpdatedAt),
    };

    public static RestPackageTrial TrialToRest(TrialConfiguration trial) => new(
        trial.Duration, Wire.Symbol(trial.Units), PlanWire.BudgetToRest(trial.Budget), Wire.Symbol(trial.EndBehavior));

    public static RestPackageCharge ChargeToRest(Charge charge) =>
        ChargeWire.ToRest(new(charge, UsedInSubscriptions: false)) with { UsedInSubscriptions = null };

    public static RestMinimumSpend MinimumToRest(MinimumSpend minimum) =>
        new(Wire.Symbol(minimum.BillingPeriod), new(minimum.Minimum.Amount, minimum.Minimum.Currency));

    public static RestCompatibleGroup GroupToRest(CompatiblePackageGroup group) =>
        new(group.GroupId, group.MinItems, group.FreeItems);
}
