using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Server.Rest.Credits;

namespace Tollgate.Server.Rest.Entitlements;

/// <summary>Effective entitlements on the wire (spec entitlements-and-usage 3).</summary>
internal static class EntitlementWire
{
    public static RestCustomerEntitlements ToRest(EntitlementList list, NodaTime.Instant now) => new()
    {
        AccessDeniedReason = Wire.Symbol(list.DeniedReason),
        Entitlements =
        [
            .. list.Rows.Select(row => ToRest(row, list.ComputedAt, now)),
            .. list.Credits.Select(held => CreditWire.ToEntitlement(
                held,
                held.HasSoftLimit || held.Pool.Balance > 0 ? null : Wire.Symbol(AccessDeniedReason.InsufficientCredits),
                list.ComputedAt,
                now)),
        ],
    };

    /// <summary>The answer to a check by credit currency, one that nobody knows included.</summary>
    public static RestEntitlement ToCredits(
        EntitlementAnswer answer, EntitlementQuestion question, NodaTime.Instant now)
    {
        var reason = Wire.Symbol(answer.Outcome.DeniedReason);
        return answer.Credits is { } held
            ? CreditWire.ToEntitlement(held, reason, answer.Access.ComputedAt, now)
            : new RestCreditEntitlement
            {
                AccessDeniedReason = reason,
                IsGranted = false,
                Currency = new() { CurrencyId = question.CurrencyId!, DisplayName = question.CurrencyId! },
                CurrentUsage = 0,
                UsageLimit = 0,
                UsageUpdatedAt = Wire.Instant(now),
            };
    }

    public static RestEntitlement ToRest(
        ListedEntitlement row, NodaTime.Instant computedAt, NodaTime.Instant now) => ToRest(
        row.Compiled.Entitlement,
        row.DeniedReason,
        row.Usage,
        row.Compiled.WindowAt(now).Shown,
        computedAt);

    /// <summary>An entitlement of a set computed inside a transaction, before any snapshot of it exists.</summary>
    public static RestEntitlement ToRest(
        EffectiveEntitlement entitlement, decimal usage, NodaTime.Instant now) =>
        ToRest(entitlement, entitlement.DeniedReason, usage, entitlement.WindowAt(now), now);

    public static RestFeatureEntitlement ToRest(EntitlementAnswer answer, NodaTime.Instant now) =>
        answer.Compiled is { } compiled
        ? ToRest(
            compiled.Entitlement,
            answer.Outcome.DeniedReason,
            answer.Usage,
            compiled.WindowAt(now).Shown,
            answer.Access.ComputedAt)
        : new RestFeatureEntitlement
        {
            AccessDeniedReason = Wire.Symbol(answer.Outcome.DeniedReason),
            IsGranted = answer.Outcome.IsGranted,
            Feature = answer.Feature is { } feature ? FeatureOf(feature) : null,
            EntitlementUpdatedAt = answer.Access.Set is null ? null : Wire.Instant(answer.Access.ComputedAt),
        };

    private static RestFeatureEntitlement ToRest(
        EffectiveEntitlement entitlement,
        AccessDeniedReason? reason,
        decimal usage,
        UsageWindow window,
        NodaTime.Instant computedAt)
    {
        var feature = entitlement.Feature;
        var isNumber = feature.Type == FeatureType.Number;
        var hasWindow = feature.IsMetered && !window.IsLifetime;
        return new()
        {
            AccessDeniedReason = Wire.Symbol(reason),
            IsGranted = reason is null,
            Feature = FeatureOf(feature),
            CurrentUsage = feature.IsMetered ? usage : null,
            UsageLimit = isNumber ? entitlement.UsageLimit : null,
            HasUnlimitedUsage = isNumber ? entitlement.HasUnlimitedUsage : null,
            ResetPeriod = feature.IsMetered ? Wire.Symbol(entitlement.Reset?.Period) : null,
            UsagePeriodAnchor = hasWindow
                ? Wire.Instant(UsageWindows.Truncate(entitlement.Reset!.Period, entitlement.Anchor))
                : null,
            UsagePeriodStart = hasWindow ? Wire.Instant(window.Start) : null,
            UsagePeriodEnd = hasWindow ? Wire.Instant(window.End) : null,
            EntitlementUpdatedAt = Wire.Instant(computedAt),
            ValidUntil = Wire.Instant(entitlement.ValidUntil),
        };
    }

    private static RestEntitlementFeature FeatureOf(Feature feature) => new()
    {
        Id = feature.Id.Value,
        DisplayName = feature.DisplayName,
        FeatureStatus = Wire.Symbol(feature.Status),
        FeatureType = Wire.Symbol(feature.Type),
    };
}
