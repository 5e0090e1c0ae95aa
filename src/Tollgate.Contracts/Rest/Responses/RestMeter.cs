using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>FeatureMeter</c>.</summary>
public sealed record RestMeter(RestMeterAggregation Aggregation, IReadOnlyList<RestMeterFilter> Filters);

/// <summary>Schema <c>FeatureMeterAggregation</c>.</summary>
public sealed record RestMeterAggregation(
    string Function,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Field);

/// <summary>Schema <c>FeatureMeterFilter</c>.</summary>
public sealed record RestMeterFilter(IReadOnlyList<RestMeterCondition> Conditions);

/// <summary>Schema <c>FeatureMeterCondition</c>.</summary>
public sealed record RestMeterCondition(
    string Field,
    string Operation,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Value,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Values);
