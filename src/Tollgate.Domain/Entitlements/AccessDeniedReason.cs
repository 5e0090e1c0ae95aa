namespace Tollgate.Domain.Entitlements;

/// <summary>Why a check denies access; the members spell the wire symbols (spec entitlements-and-usage 4).</summary>
public enum AccessDeniedReason
{
    FeatureNotFound,
    CustomerNotFound,
    CustomerIsArchived,
    CustomerResourceNotFound,
    NoActiveSubscription,
    NoFeatureEntitlementInSubscription,
    RequestedUsageExceedingLimit,
    RequestedValuesMismatch,
    BudgetExceeded,
    Unknown,
    FeatureTypeMismatch,
    Revoked,
    InsufficientCredits,

    /// <summary>REST only: asked by a currency that is unknown or not entitled.</summary>
    EntitlementNotFound,
}
