using NodaTime;

namespace Tollgate.Domain.Catalog;

/// <summary>Something that can be allowed, limited or measured (spec catalog 1).</summary>
public sealed record Feature
{
    public required Guid Uid { get; init; }
    public required FeatureId Id { get; init; }
    public required string DisplayName { get; init; }
    public string? Description { get; init; }
    public required FeatureType Type { get; init; }
    public MeterType MeterType { get; init; }
    public FeatureStatus Status { get; init; } = FeatureStatus.Active;

    /// <summary>
    /// The status to return to when unarchived; meaningful only while <see cref="FeatureStatus.Suspended"/>.
    /// </summary>
    public FeatureStatus StatusBeforeArchive { get; init; } = FeatureStatus.Active;
    public string? Units { get; init; }
    public string? UnitsPlural { get; init; }

    /// <summary>The values an ENUM feature may take, in display order; null for other types.</summary>
    public IReadOnlyList<EnumValue>? EnumConfiguration { get; init; }
    public UnitTransformation? UnitTransformation { get; init; }

    /// <summary>How raw events become usage; null when usage is reported directly.</summary>
    public Meter? Meter { get; init; }
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Catalog.Metadata.Empty;
    public required Instant CreatedAt { get; init; }
    public required Instant UpdatedAt { get; init; }

    public bool IsArchived => Status == FeatureStatus.Suspended;

    /// <summary>NUMBER with a meter type: usage is counted (spec catalog 1.1).</summary>
    public bool IsMetered => Type == FeatureType.Number && MeterType != MeterType.None;
}

public enum FeatureType
{
    Boolean,
    Number,
    Enum,
}

/// <summary>
/// Whether usage may go down again (FLUCTUATING: seats) or only grows in a period (INCREMENTAL: calls).
/// </summary>
public enum MeterType
{
    None,
    Fluctuating,
    Incremental,
}

public enum FeatureStatus
{
    New,
    Active,

    /// <summary>Archived: not granted anew; whoever holds it keeps it (spec catalog 1.3).</summary>
    Suspended,
}

public sealed record EnumValue(string Value, string DisplayName);

/// <summary>Reporting unit to sold unit: <c>sold = round(raw / divide)</c> (spec catalog 1.6).</summary>
public sealed record UnitTransformation(decimal Divide, RoundingDirection Round, string? Units, string? UnitsPlural)
{
    /// <summary>Raw usage in whole sold units.</summary>
    public decimal Apply(decimal raw) =>
        Round == RoundingDirection.Up ? decimal.Ceiling(raw / Divide) : decimal.Floor(raw / Divide);
}

public enum RoundingDirection
{
    Up,
    Down,
}

/// <summary>
/// Filters (OR-ed lists of AND-ed conditions) and an aggregation over the events that match (spec catalog 1.5).
/// </summary>
public sealed record Meter(MeterAggregation Aggregation, IReadOnlyList<MeterFilter> Filters);

public sealed record MeterAggregation(AggregationFunction Function, string? Field);

public sealed record MeterFilter(IReadOnlyList<MeterCondition> Conditions);

public sealed record MeterCondition(
    string Field, ConditionOperation Operation, string? Value, IReadOnlyList<string>? Values);

public enum AggregationFunction
{
    Count,
    Unique,
    Sum,
    Max,
    Min,
    Avg,
}

public enum ConditionOperation
{
    Equals,
    NotEquals,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    IsNull,
    IsNotNull,
    Contains,
    StartsWith,
    EndsWith,
    In,
}
