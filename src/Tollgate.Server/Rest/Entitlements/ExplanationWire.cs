using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;

namespace Tollgate.Server.Rest.Entitlements;

/// <summary>Schema <c>TollgateExplanation</c>: why a check answers as it does.</summary>
public sealed record RestExplanation
{
    public required string FeatureId { get; init; }
    public required bool IsGranted { get; init; }
    public required string? AccessDeniedReason { get; init; }

    /// <summary>One sentence a decision, in the order taken.</summary>
    public required IReadOnlyList<string> Decisions { get; init; }

    /// <summary>Every live source that speaks of the feature, the winner first.</summary>
    public required IReadOnlyList<RestExplanationSource> Sources { get; init; }

    /// <summary>Every subscription looked at, and whether it took part.</summary>
    public required IReadOnlyList<RestConsideredSubscription> Subscriptions { get; init; }
    public required RestExplanationUsage? Usage { get; init; }

    /// <summary>What changes the answer by itself, the earliest first.</summary>
    public required IReadOnlyList<RestExpectedChange> NextChanges { get; init; }
}

public sealed record RestExplanationSource
{
    public required string Kind { get; init; }
    public required bool IsWinner { get; init; }
    public required string? SubscriptionId { get; init; }

    /// <summary>Set when the source is a promotional entitlement.</summary>
    public required Guid? PromotionalEntitlementId { get; init; }
    public required string? PlanId { get; init; }
    public required int? PlanVersion { get; init; }

    /// <summary>What it grants in words; null when it revokes or grants nothing.</summary>
    public required string? Value { get; init; }
    public required IReadOnlyList<RestContribution> Contributions { get; init; }
}

public sealed record RestContribution(
    string Kind, string? PackageId, int? Version, int Quantity, string? Value, string Effect);

public sealed record RestConsideredSubscription(
    string Id, string PlanId, int PlanVersion, string Status, string Standing);

public sealed record RestExplanationUsage(
    decimal CurrentUsage, decimal? UsageLimit, bool HasUnlimitedUsage, bool HasSoftLimit, WireInstant? PeriodStart,
    WireInstant? PeriodEnd);

public sealed record RestExpectedChange(WireInstant At, string? Kind, string Description);

/// <summary>Source-generated JSON of explanations. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(ShortestDecimalConverter)])]
[JsonSerializable(typeof(RestData<RestExplanation>))]
internal sealed partial class ExplanationJson : JsonSerializerContext
{
    public static ExplanationJson Wire => field ??= new(WireOptions.Of(Default.Options));
}

/// <summary>Explanations on the wire.</summary>
internal static class ExplanationWire
{
    public static RestData<RestExplanation> ToRest(EntitlementExplanation explanation) => new(new()
    {
        FeatureId = explanation.Feature.Id.Value,
        IsGranted = explanation.IsGranted,
        AccessDeniedReason = Wire.Symbol(explanation.DeniedReason),
        Decisions = explanation.Decisions,
        Sources = [.. explanation.Sources.Select((source, i) => ToRest(source, i == 0, explanation.Feature))],
        Subscriptions =
        [
            .. explanation.Considered.Select(s => new RestConsideredSubscription(
                s.Id.Value, s.PlanId.Value, s.PlanVersion, Wire.Symbol(s.Status), Wire.Symbol(s.Standing))),
        ],
        Usage = UsageOf(explanation),
        NextChanges =
        [
            .. explanation.NextChanges.Select(c =>
                new RestExpectedChange(Wire.Instant(c.At), Wire.Symbol(c.Kind), c.Sentence)),
        ],
    });

    private static RestExplanationSource ToRest(EntitlementSource source, bool isWinner, Feature feature) => new()
    {
        Kind = Wire.Symbol(source.Kind),
        IsWinner = isWinner,
        SubscriptionId = source.SubscriptionId?.Value,
        PromotionalEntitlementId = source.Kind == EntitlementSourceKind.Promotion ? source.Uid : null,
        PlanId = source.PlanId?.Value,
        PlanVersion = source.PlanVersion,
        Value = source.Value?.Describe(feature),
        Contributions =
        [
            .. source.Contributions.Select(c => new RestContribution(
                Wire.Symbol(c.Kind),
                c.PackageId?.Value,
                c.Version,
                c.Quantity,
                c.Value?.Describe(feature),
                Wire.Symbol(c.Effect))),
        ],
    };

    private static RestExplanationUsage? UsageOf(EntitlementExplanation explanation)
    {
        if (explanation.CurrentUsage is not { } usage || explanation.Entitlement is not { } entitlement)
            return null;
        var window = explanation.Window is { IsLifetime: false } shown ? shown : (Domain.Usage.UsageWindow?)null;
        return new(
            usage,
            entitlement.UsageLimit,
            entitlement.HasUnlimitedUsage,
            entitlement.HasSoftLimit,
            Wire.Instant(window?.Start),
            Wire.Instant(window?.End));
    }
}
