using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Packages;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>How plans look on REST.</summary>
internal static class PlanWire
{
    /// <summary>The kind of entitlement that is about a feature, as opposed to CREDIT.</summary>
    public const string FeatureKind = "FEATURE";

    public static RestPlan ToRest(PackageVersion plan) => new()
    {
        Id = plan.Id.Value,
        BillingId = plan.BillingId,
        CompatibleAddonIds = plan.CompatibleAddonIds?.Select(id => id.Value).ToList(),
        CreatedAt = Wire.Instant(plan.CreatedAt),
        DefaultTrialConfig = plan.DefaultTrial is { } trial ? TrialToRest(trial) : null,
        Description = plan.Description,
        DisplayName = plan.DisplayName,
        Entitlements = [.. plan.Entitlements.Select(e => new RestEntitlementRef(e.FeatureId.Value, FeatureKind))],
        IsLatest = plan.IsLatest,
        Metadata = plan.Metadata,
        ParentPlanId = plan.BasePlan?.Id.Value,
        PricingType = Wire.Symbol(plan.PricingType),
        ProductId = plan.ProductId.Value,
        Status = Wire.Symbol(plan.Status),
        UpdatedAt = Wire.Instant(plan.UpdatedAt),
        VersionNumber = plan.Version,
    };

    /// <summary>A new plan is a draft whatever <c>status</c> says (spec catalog 5.1).</summary>
    public static PlanDraft DraftFromRest(JsonElement body) => new(
        new(body.Text("id")),
        new(body.Text("productId")),
        ContentFromRest(body) with { PricingType = body.MemberOrNull<PricingType>("pricingType") });

    public static PlanUpdate UpdateFromRest(JsonElement body)
    {
        var content = ContentFromRest(body);
        if (body.Property("charges") is not { } charges)
            return new(content, null);
        // The deprecated place of the billing id counts when the plan itself names none.
        return new(
            content.BillingId.IsGiven ? content : content with { BillingId = charges.OptionalText("billingId") },
            ChargeWire.PricingFromRest(charges))
        {
            OverageAllowances = ChargeWire.AllowancesFromRest(charges),
        };
    }

    private static PackageEdit ContentFromRest(JsonElement body) => new()
    {
        DisplayName = body.OptionalText("displayName"),
        Description = body.OptionalText("description"),
        BillingId = body.OptionalText("billingId"),
        BasePlanId = body.OptionalText("parentPlanId") is { IsGiven: true } parent
            ? new(parent.Value is { } id ? new PackageId(id) : null)
            : default,
        DefaultTrial = body.Optional("defaultTrialConfig", TrialFromRest),
        CompatibleAddonIds = body.Optional<IReadOnlyList<PackageId>>(
            "compatibleAddonIds", list => [.. list.EnumerateArray().Select(id => new PackageId(id.GetString()!))]),
        Metadata = body.OptionalMetadata(),
    };

    private static RestTrialConfig TrialToRest(TrialConfiguration trial) => new()
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
