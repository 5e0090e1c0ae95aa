using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// What a scope may use of one feature: the winning source's value, and where it came from (spec entitlements 2).
/// </summary>
public sealed record EffectiveEntitlement
{
    public required Feature Feature { get; init; }

    /// <summary>False only for features that are listed with a reason: revoked, or over budget.</summary>
    public bool IsGranted => DeniedReason is null;
    public AccessDeniedReason? DeniedReason { get; init; }

    /// <summary>The merged value; for an ENUM feature the union of all sources.</summary>
    public required EntitlementValue Value { get; init; }

    /// <summary>The source whose limit, softness, reset and anchor count; the revoking one when revoked.</summary>
    public required EntitlementSource Winner { get; init; }

    /// <summary>
    /// Every live source that says something about the feature, the winner first, then by generosity.
    /// </summary>
    public required IReadOnlyList<EntitlementSource> Sources { get; init; }

    /// <summary>
    /// True: usage is counted for the resource of the scope, because that resource's own subscriptions grant the
    /// feature; false: at the level of the customer (spec 6).
    /// </summary>
    public bool CountsOnResource { get; init; }

    /// <summary>
    /// Future instants at which this entitlement may change by itself, ascending; without the window's reset.
    /// </summary>
    public IReadOnlyList<EntitlementChange> Changes { get; init; } = [];

    /// <summary>Readers must ask again from this instant on; null = only an act of somebody changes it.</summary>
    public Instant? ValidUntil => Changes.Count == 0 ? null : Changes[0].At;

    public FeatureId FeatureId => Feature.Id;
    public decimal? UsageLimit => Value.UsageLimit;
    public bool HasUnlimitedUsage => Value.HasUnlimitedUsage;
    public bool HasSoftLimit => Value.HasSoftLimit;
    public ResetRule? Reset => Value.Reset;
    public IReadOnlyList<string> EnumValues => Value.EnumValues;

    /// <summary>What usage windows are counted from, not truncated.</summary>
    public Instant Anchor => Winner.Anchor;
    public string? Units => Feature.UnitTransformation?.Units ?? Feature.Units;
    public string? UnitsPlural => Feature.UnitTransformation?.UnitsPlural ?? Feature.UnitsPlural;

    /// <summary>The usage window around <paramref name="at"/>; allocates nothing.</summary>
    public UsageWindow WindowAt(Instant at) => UsageWindows.At(Value.Reset, Winner.Anchor, at);

    /// <summary>Raw usage as callers see it and checks compare it, in sold units (spec 7.4).</summary>
    public decimal ShownUsage(decimal raw) => SoldUnits.Of(raw, Feature.UnitTransformation);
}
