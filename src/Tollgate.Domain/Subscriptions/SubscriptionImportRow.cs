using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// A subscription of another system, as an import takes it over (spec subscriptions 19); null = not given.
/// </summary>
public sealed record SubscriptionImportRow(SubscriptionId Id, CustomerId CustomerId, PackageId PlanId)
{
    public ResourceId? ResourceId { get; init; }

    /// <summary>In the past: it counts as started then. Null: it starts with the import.</summary>
    public Instant? StartDate { get; init; }

    /// <summary>The fixed end of a non-recurring subscription; after the start.</summary>
    public Instant? EndDate { get; init; }
    public BillingPeriod? BillingPeriod { get; init; }
    public IReadOnlyList<AddonInput>? Addons { get; init; }
    public IReadOnlyList<QuantityInput>? Quantities { get; init; }
    public IReadOnlyList<CreditQuantityInput>? CreditQuantities { get; init; }
    public IReadOnlyList<ImportedValue>? Entitlements { get; init; }
    public IReadOnlyList<CreditOverride>? Credits { get; init; }
    public string? BillingId { get; init; }
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>When the other system changed it last; null: it is newer than anything stored.</summary>
    public Instant? UpdatedAt { get; init; }

    /// <summary>The provisioning it is; never a trial.</summary>
    public ProvisionRequest ToRequest() => new(CustomerId, PlanId)
    {
        Id = Id,
        ResourceId = ResourceId,
        StartDate = StartDate,
        EndDate = EndDate,
        BillingPeriod = BillingPeriod,
        Addons = Addons,
        Quantities = Quantities,
        CreditQuantities = CreditQuantities,
        Overrides = Entitlements is null ? null : [.. Entitlements.Select(value => value.ToInput())],
        CreditOverrides = Credits,
        BillingId = BillingId is null ? default : new(BillingId),
        Metadata = Metadata,
        SkipTrial = true,
    };
}

/// <summary>A value of one feature for an imported subscription; null fields keep the plan's.</summary>
public sealed record ImportedValue(FeatureId FeatureId)
{
    public decimal? UsageLimit { get; init; }
    public bool? HasUnlimitedUsage { get; init; }
    public bool? HasSoftLimit { get; init; }
    public IReadOnlyList<string>? EnumValues { get; init; }
    public ResetPeriod? ResetPeriod { get; init; }
    public ResetAnchor? Yearly { get; init; }
    public ResetAnchor? Monthly { get; init; }
    public ResetAnchor? Weekly { get; init; }

    internal OverrideInput ToInput() => new(FeatureId)
    {
        UsageLimit = UsageLimit,
        HasUnlimitedUsage = HasUnlimitedUsage,
        HasSoftLimit = HasSoftLimit,
        EnumValues = EnumValues,
        Reset = new()
        {
            Period = ResetPeriod is { } period ? new(period) : default,
            Yearly = Yearly,
            Monthly = Monthly,
            Weekly = Weekly,
        },
    };
}

/// <summary>What an import refuses, as a whole and row by row (spec subscriptions 19).</summary>
public static class SubscriptionImport
{
    /// <summary>Rows one call may have.</summary>
    public const int MaxRows = 1_000;

    /// <summary>The shape of the call; null when it may be queued.</summary>
    public static Refusal? CheckCall(IReadOnlyList<SubscriptionImportRow> rows)
    {
        var findings = new Findings();
        if (rows.Count is 0 or > MaxRows)
        {
            findings.Add(ErrorCode.ImportSubscriptionsBulkError, "subscriptions",
                $"subscriptions has {rows.Count} rows; send 1 to {MaxRows} in one call.");
        }

        var seen = new HashSet<SubscriptionId>();
        for (var i = 0; i < rows.Count; i++)
        {
            if (!seen.Add(rows[i].Id))
            {
                findings.Add(ErrorCode.ImportSubscriptionsBulkError, $"subscriptions[{i}].id",
                    $"Subscription '{rows[i].Id}' is listed twice; list it once.");
            }
        }

        return findings.ToRefusal();
    }

    /// <summary>What is known of one row before it is provisioned; null when nothing stands in the way.</summary>
    /// <param name="row">The row.</param>
    /// <param name="plan">The plan's latest version; null = unknown.</param>
    /// <param name="now">The instant of the import.</param>
    public static Refusal? CheckRow(SubscriptionImportRow row, PackageVersion? plan, Instant now)
    {
        if (plan is { PricingType: PricingType.Paid })
        {
            return new(ErrorCode.InvalidArgumentError,
                $"Plan '{plan.Id}' is PAID; an import charges nothing and takes over FREE and CUSTOM plans only. "
                + "Provision this subscription with its original startDate instead.");
        }

        var start = row.StartDate ?? now;
        return row.EndDate is { } end && end <= start
            ? new(ErrorCode.InvalidArgumentError,
                $"endDate is {end}, which is not after the start {start}; give a later one or none.")
            : null;
    }

    /// <summary>
    /// True when the row has nothing to say: what is stored changed later, or has ended already. An import may
    /// be repeated.
    /// </summary>
    public static bool IsPassedOver(SubscriptionImportRow row, Subscription? stored) =>
        stored is not null && stored.CustomerId == row.CustomerId
        && (stored.IsEnded || stored.UpdatedAt > row.UpdatedAt);
}
