using NodaTime;

namespace Tollgate.Domain.Catalog.Experiments;

/// <summary>
/// A comparison of two customer journeys of one product (spec subscriptions 16): customers that are new while it runs
/// go the product's way (control) or the experiment's (variant).
/// </summary>
public sealed record Experiment
{
    public required Guid Uid { get; init; }

    /// <summary>Chosen by the caller; part of what assigns customers.</summary>
    public required string Id { get; init; }

    /// <summary>Unique in the environment.</summary>
    public required string Name { get; init; }
    public string? Description { get; init; }
    public required ProductId ProductId { get; init; }
    public required string ControlGroupName { get; init; }
    public required string VariantGroupName { get; init; }

    /// <summary>Of new customers, 0 to 100; the others are in the control group.</summary>
    public required decimal VariantPercentage { get; init; }

    /// <summary>The journey of the variant; <see cref="JourneyOf"/> completes it.</summary>
    public required ProductSettings VariantSettings { get; init; }

    /// <summary>The product's journey when the experiment started; null before.</summary>
    public ProductSettings? InitialSettings { get; init; }
    public ExperimentStatus Status { get; init; } = ExperimentStatus.Draft;
    public Instant? StartedAt { get; init; }
    public Instant? StoppedAt { get; init; }
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }

    public bool IsRunning => Status == ExperimentStatus.InProgress;

    /// <summary>The variant's journey: what an experiment cannot set is as the product has it.</summary>
    public ProductSettings JourneyOf(ProductSettings product) => VariantSettings with
    {
        DowngradeAtEndOfBillingPeriod = product.DowngradeAtEndOfBillingPeriod,
        TruesUpAddedUnits = product.TruesUpAddedUnits,
    };
}

public enum ExperimentStatus
{
    Draft,
    InProgress,
    Completed,
}

public enum ExperimentGroup
{
    Control,
    Variant,
}

/// <summary>
/// Which group of which experiment a customer is in, with the names as they were at the assignment: it never changes.
/// </summary>
public sealed record ExperimentInfo(string Id, string Name, string GroupName, ExperimentGroup Group);
