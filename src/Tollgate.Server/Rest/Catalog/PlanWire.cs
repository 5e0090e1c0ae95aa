using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>How plans look on REST.</summary>
internal static class PlanWire
{
    public static RestPlan ToRest(PackageVersion plan) => new()
    {
        Id = plan.Id.Value,
        BillingId = plan.BillingId,
        CompatibleAddonIds = plan.CompatibleAddonIds?.Select(id => id.Value).ToList(),
        CreatedAt = Wire.Instant(plan.CreatedAt),
        DefaultTrialConfig = TrialToRest(plan.DefaultTrial),
        Description = plan.Description,
        DisplayName = plan.DisplayName,
        Entitlements = PackageWire.EntitlementsToRest(plan),
        IsLatest = plan.IsLatest,
        Metadata = plan.Metadata,
        ParentPlanId = plan.BasePlan?.Id.Value,
        PricingType = Wire.Symbol(plan.PricingType),
        ProductId = plan.ProductId.Value,
        Status = Wire.Symbol(plan.Status),
        UpdatedAt = Wire.Instant(plan.UpdatedAt),
        VersionNumber = plan.Version,
    };

    public static PackageDraft DraftFromRest(JsonElement body) =>
        PackageWire.DraftFromRest(body, ContentFromRest(body));

    public static PackageUpdate UpdateFromRest(JsonElement body) =>
        PackageWire.UpdateFromRest(body, ContentFromRest(body));

    private static PackageEdit ContentFromRest(JsonElement body) => PackageWire.ContentFromRest(body) with
    {
        BasePlanId = body.OptionalText("parentPlanId") is { IsGiven: true } parent
            ? new(parent.Value is { } id ? new PackageId(id) : null)
            : default,
        DefaultTrial = body.Optional("defaultTrialConfig", TrialFromRest),
        CompatibleAddonIds = PackageWire.IdsFromRest(body, "compatibleAddonIds"),
    };

    public static RestBudget? BudgetToRest(Budget? given) =>
        given is { } budget ? new(budget.HasSoftLimit, budget.Limit) : null;

    /// <summary>The contract has no trial without a duration; our own operations show it.</summary>
    private static RestTrialConfig? TrialToRest(TrialConfiguration? given) =>
        given is { Duration: { } duration, Units: { } units } trial
            ? new()
            {
                Duration = duration,
                Units = Wire.Symbol(units),
                Budget = BudgetToRest(trial.Budget),
                TrialEndBehavior = Wire.Symbol(trial.EndBehavior),
            }
            : null;

    /// <summary>The contract requires duration and units; our own operation does not.</summary>
    public static TrialConfiguration TrialFromRest(JsonElement given) => new(
        given.NumberOrNull("duration"),
        given.MemberOrNull<TrialUnits>("units"),
        given.Property("budget") is { } budget
            ? new(budget.GetProperty("limit").GetDecimal(), budget.GetProperty("hasSoftLimit").GetBoolean())
            : null,
        given.MemberOrNull<TrialEndBehavior>("trialEndBehavior"));
}
