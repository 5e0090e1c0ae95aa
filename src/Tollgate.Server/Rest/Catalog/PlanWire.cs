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
        DefaultTrialConfig = plan.DefaultTrial is { } trial ? TrialToRest(trial) : null,
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

    public static RestTrialConfig TrialToRest(TrialConfiguration trial) => new()
    {
        Duration = trial.Duration,
        Units = Wire.Symbol(trial.Units),
        Budget = trial.Budget is { } budget ? new(budget.HasSoftLimit, budget.Limit) : null,
        TrialEndBehavior = Wire.Symbol(trial.EndBehavior),
    };

    private static TrialConfiguration TrialFromRest(JsonElement given) => new(
        given.GetProperty("duration").GetDecimal(),
        given.Member<TrialUnits>("units"),
        given.Property("budget") is { } budget
            ? new(budget.GetProperty("limit").GetDecimal(), budget.GetProperty("hasSoftLimit").GetBoolean())
            : null,
        given.MemberOrNull<TrialEndBehavior>("trialEndBehavior"));
}
