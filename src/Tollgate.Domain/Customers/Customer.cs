using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Catalog.Experiments;

namespace Tollgate.Domain.Customers;

/// <summary>Who is entitled and billed (spec subscriptions 2).</summary>
public sealed record Customer
{
    public required Guid Uid { get; init; }
    public required CustomerId Id { get; init; }
    public string? Name { get; init; }
    public string? Email { get; init; }
    public string? BillingId { get; init; }

    /// <summary>Lower-case ISO 4217 code; null until chosen or fixed by the first paid subscription.</summary>
    public string? BillingCurrency { get; init; }
    public string? CouponId { get; init; }

    /// <summary>When the coupon was given: its duration counts from then; null without a coupon.</summary>
    public Instant? CouponAppliedAt { get; init; }
    public string? Language { get; init; }
    public string? Timezone { get; init; }
    public string? SalesforceId { get; init; }
    public IReadOnlyList<IntegrationLink> Integrations { get; init; } = [];
    public DefaultPaymentMethod? DefaultPaymentMethod { get; init; }
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Catalog.Metadata.Empty;

    /// <summary>
    /// Trials started so far, per product and resource: eligibility reads it (spec subscriptions 8.2).
    /// </summary>
    public IReadOnlyList<TrialRecord> Trials { get; init; } = [];

    /// <summary>The group it got when it was created while an experiment ran; null = none. Never changes.</summary>
    public ExperimentInfo? Experiment { get; init; }

    /// <summary>It was created with the wish to be in no experiment.</summary>
    public bool IsExcludedFromExperiments { get; init; }
    public Instant? ArchivedAt { get; init; }
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }

    public bool IsArchived => ArchivedAt is not null;
}

public sealed record IntegrationLink(string Id, string? SyncedEntityId, string VendorIdentifier);

public sealed record DefaultPaymentMethod(
    string? BillingId, decimal? CardExpiryMonth, decimal? CardExpiryYear, string? CardLast4Digits, string Type);

public sealed record TrialRecord(ProductId ProductId, PackageId PlanId, ResourceId? ResourceId, Instant StartedAt);

/// <summary>An instance inside a customer, created by the first provisioning that names it.</summary>
public sealed record CustomerResource(
    Guid Uid, CustomerId CustomerId, ResourceId Id, Instant CreatedAt, Instant UpdatedAt);
