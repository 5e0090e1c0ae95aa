using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Entitlements;

/// <summary>
/// The decision of a check by feature (spec entitlements-and-usage 4): the first step that matches decides. Pure,
/// allocates nothing, reserves nothing: two concurrent checks may both pass.
/// </summary>
public static class EntitlementCheck
{
    /// <param name="facts">What was found out before the entitlement: steps 1 to 6, and money.</param>
    /// <param name="entitlement">The feature's entry in the scope's set; null = it has none.</param>
    /// <param name="currentUsage">
    /// Usage of the current window in sold units (<see cref="EffectiveEntitlement.ShownUsage"/>).
    /// </param>
    /// <param name="requestedUsage">Sold units about to be used; 0 when the caller named none.</param>
    /// <param name="requestedValues">The values an ENUM check asks for; empty when none.</param>
    public static CheckOutcome Evaluate(
        in CheckFacts facts, EffectiveEntitlement? entitlement, decimal currentUsage, decimal requestedUsage,
        ReadOnlySpan<string> requestedValues)
    {
        if (facts.IsCustomerUnknown)
            return AccessDeniedReason.CustomerNotFound;
        if (facts.IsCustomerArchived)
            return AccessDeniedReason.CustomerIsArchived;
        if (facts.IsResourceUnknown)
            return AccessDeniedReason.CustomerResourceNotFound;
        if (facts.IsFeatureUnknown)
            return AccessDeniedReason.FeatureNotFound;
        if (entitlement is null)
        {
            // A promotion stands in for a subscription only for its own feature, which then has an entitlement.
            return facts.HasNoLiveSubscription
                ? AccessDeniedReason.NoActiveSubscription
                : AccessDeniedReason.NoFeatureEntitlementInSubscription;
        }

        if (entitlement.DeniedReason is { } reason)
            return reason;
        if (facts.IsBudgetExhausted && entitlement.Winner.IsPayAsYouGo)
            return AccessDeniedReason.BudgetExceeded;
        return Evaluate(entitlement, facts.AreCreditsInsufficient, currentUsage, requestedUsage, requestedValues);
    }

    /// <summary>Steps 10 to 16: the question against the value.</summary>
    private static CheckOutcome Evaluate(
        EffectiveEntitlement entitlement, bool areCreditsInsufficient, decimal currentUsage, decimal requestedUsage,
        ReadOnlySpan<string> requestedValues)
    {
        var feature = entitlement.Feature;
        var isEnum = feature.Type == FeatureType.Enum;
        if (requestedValues.Length > 0 && !isEnum)
            return AccessDeniedReason.FeatureTypeMismatch;
        if (requestedUsage > 0 && feature.Type != FeatureType.Number)
            return AccessDeniedReason.FeatureTypeMismatch;
        if (isEnum)
        {
            return HoldsAll(entitlement.EnumValues, requestedValues)
                ? CheckOutcome.Granted
                : AccessDeniedReason.RequestedValuesMismatch;
        }

        if (!feature.IsMetered)
            return CheckOutcome.Granted;
        if (IsBeyondLimit(entitlement, currentUsage, requestedUsage))
            return AccessDeniedReason.RequestedUsageExceedingLimit;
        return areCreditsInsufficient && entitlement.Winner.CreditRate is not null
            ? AccessDeniedReason.InsufficientCredits
            : CheckOutcome.Granted;
    }

    private static bool IsBeyondLimit(EffectiveEntitlement entitlement, decimal currentUsage, decimal requestedUsage) =>
        !entitlement.HasUnlimitedUsage && !entitlement.HasSoftLimit
        && currentUsage + requestedUsage > (entitlement.UsageLimit ?? 0);

    private static bool HoldsAll(IReadOnlyList<string> held, ReadOnlySpan<string> requested)
    {
        foreach (var value in requested)
        {
            if (!Holds(held, value))
                return false;
        }

        return true;
    }

    private static bool Holds(IReadOnlyList<string> held, string value)
    {
        for (var i = 0; i < held.Count; i++)
        {
            if (held[i] == value)
                return true;
        }

        return false;
    }
}

/// <summary>
/// What a check by feature knows besides the entitlement. The default says that nothing stands in the way.
/// </summary>
public readonly record struct CheckFacts
{
    public bool IsCustomerUnknown { get; init; }
    public bool IsCustomerArchived { get; init; }

    /// <summary>A resource was named and the customer has no such resource.</summary>
    public bool IsResourceUnknown { get; init; }

    /// <summary>The feature is not in the environment.</summary>
    public bool IsFeatureUnknown { get; init; }

    /// <summary>
    /// No ACTIVE or IN_TRIAL subscription takes part in the scope (<see cref="EntitlementSet.HasLiveSubscription"/>).
    /// </summary>
    public bool HasNoLiveSubscription { get; init; }

    /// <summary>
    /// The hard budget of the winning subscription is used up; denies only what that subscription prices by usage.
    /// </summary>
    public bool IsBudgetExhausted { get; init; }

    /// <summary>
    /// The hard credit pool that pays for the feature cannot pay; denies only features priced in credits.
    /// </summary>
    public bool AreCreditsInsufficient { get; init; }
}

/// <summary>The answer of a check; <paramref name="DeniedReason"/> is null exactly when granted.</summary>
public readonly record struct CheckOutcome(bool IsGranted, AccessDeniedReason? DeniedReason)
{
    public static CheckOutcome Granted { get; } = new(true, null);

    public static implicit operator CheckOutcome(AccessDeniedReason reason) => Denied(reason);

    public static CheckOutcome Denied(AccessDeniedReason reason) => new(false, reason);
}
