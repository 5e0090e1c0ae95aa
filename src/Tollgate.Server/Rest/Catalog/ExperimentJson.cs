using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Schema <c>TollgateExperiment</c>.</summary>
public sealed record RestExperiment
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string? Description { get; init; }
    public required string ProductId { get; init; }
    public required string ControlGroupName { get; init; }
    public required string VariantGroupName { get; init; }
    public required decimal VariantPercentage { get; init; }
    public required RestProductSettings ProductSettings { get; init; }
    public required RestProductSettings? InitialProductSettings { get; init; }
    public required string Status { get; init; }
    public required WireInstant? StartedAt { get; init; }
    public required WireInstant? StoppedAt { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required WireInstant UpdatedAt { get; init; }
}

/// <summary>Schema <c>TollgateCustomerExperiment</c>.</summary>
public sealed record RestCustomerExperiment(
    string CustomerId, bool ExcludeFromExperiment, RestExperimentInfo? ExperimentInfo,
    IReadOnlyList<RestSubscriptionExperiment> Subscriptions);

public sealed record RestSubscriptionExperiment(string Id, RestExperimentInfo? ExperimentInfo);

/// <summary>Schema <c>TollgateExperimentStatistics</c>.</summary>
public sealed record RestExperimentStatistics(
    string ExperimentId, string Status, RestExperimentGroup Control, RestExperimentGroup Variant);

/// <summary>Schema <c>TollgateExperimentGroup</c>.</summary>
public sealed record RestExperimentGroup
{
    public required string GroupName { get; init; }
    public required long Customers { get; init; }
    public required long PayingCustomers { get; init; }
    public required decimal? Conversion { get; init; }
    public required long Subscriptions { get; init; }
    public required long PaidSubscriptions { get; init; }
    public required IReadOnlyList<RestExperimentRevenue> Revenue { get; init; }
}

public sealed record RestExperimentRevenue(string Currency, decimal Amount);

/// <summary>Source-generated JSON of experiments. Use <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(ShortestDecimalConverter)])]
[JsonSerializable(typeof(RestData<RestExperiment>))]
[JsonSerializable(typeof(RestPage<RestExperiment>))]
[JsonSerializable(typeof(RestData<RestCustomerExperiment>))]
[JsonSerializable(typeof(RestData<RestExperimentStatistics>))]
internal sealed partial class ExperimentJson : JsonSerializerContext
{
    public static ExperimentJson Wire => field ??= new(WireOptions.Of(Default.Options));
}
