using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Usage.Events.Backfills;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Schema <c>TollgateBackfill</c>.</summary>
public sealed record RestBackfill
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string Reason { get; init; }
    public required string? CustomerId { get; init; }
    public required string? FeatureId { get; init; }
    public required string Status { get; init; }
    public required long Events { get; init; }
    public required long Duplicates { get; init; }
    public required long Conflicts { get; init; }
    public required WireInstant? FirstEventAt { get; init; }
    public required WireInstant? LastEventAt { get; init; }
    public required WireInstant CreatedAt { get; init; }
    public required WireInstant? EndedAt { get; init; }
    public required WireInstant? RevertedAt { get; init; }
}

/// <summary>A page of sessions.</summary>
public sealed record RestBackfillPage(IReadOnlyList<RestBackfill> Data, RestEventCursor Pagination);

/// <summary>Schema <c>TollgateBackfillIngested</c>.</summary>
public sealed record RestBackfillIngested(int Accepted, int Duplicates, int Conflicts);

/// <summary>Schema <c>TollgateBackfillEffect</c>.</summary>
public sealed record RestBackfillEffect(
    string CustomerId, IReadOnlyList<RestCounterEffect> Usage, IReadOnlyList<RestCreditEffect> Credits,
    IReadOnlyList<string> Invoices);

/// <summary>Schema <c>TollgateCounterEffect</c>.</summary>
public sealed record RestCounterEffect(
    string FeatureId, string? ResourceId, WireInstant? PeriodStart, WireInstant? PeriodEnd, decimal Before,
    decimal After);

/// <summary>Schema <c>TollgateCreditEffect</c>.</summary>
public sealed record RestCreditEffect(string CurrencyId, string? ResourceId, decimal Amount);

/// <summary>A page of effects.</summary>
public sealed record RestBackfillEffectPage(IReadOnlyList<RestBackfillEffect> Data, RestEventCursor Pagination);

/// <summary>Source-generated JSON of backfills.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RestData<RestBackfill>))]
[JsonSerializable(typeof(RestData<RestBackfillIngested>))]
[JsonSerializable(typeof(RestBackfillPage))]
[JsonSerializable(typeof(RestBackfillEffectPage))]
internal sealed partial class BackfillJson : JsonSerializerContext;

/// <summary>Backfills as they are answered.</summary>
internal static class BackfillWire
{
    public static RestData<RestBackfill> ToData(Backfill backfill) => new(ToRest(backfill));

    public static RestBackfillPage ToRest(BackfillPage page) =>
        new([.. page.Items.Select(ToRest)], new(page.Next?.ToString()));

    public static RestBackfillEffectPage ToRest(BackfillEffects effects) => new(
        [.. effects.Items.Select(effect => new RestBackfillEffect(
            effect.Customer.Value,
            [.. effect.Counters.Select(ToRest)],
            [.. effect.Credits.Select(
                c => new RestCreditEffect(c.Pool.CurrencyId.Value, c.Pool.ResourceId?.Value, c.Amount))],
            [.. effect.Invoices.Select(invoice => invoice.ToString())]))],
        new(effects.Next));

    private static RestBackfill ToRest(Backfill backfill) => new()
    {
        Id = backfill.Uid.ToString(),
        Name = backfill.Name,
        Reason = backfill.Reason,
        CustomerId = backfill.CustomerId?.Value,
        FeatureId = backfill.FeatureId?.Value,
        Status = Wire.Symbol(backfill.State),
        Events = backfill.Events,
        Duplicates = backfill.Duplicates,
        Conflicts = backfill.Conflicts,
        FirstEventAt = Wire.Instant(backfill.First),
        LastEventAt = Wire.Instant(backfill.Last),
        CreatedAt = Wire.Instant(backfill.CreatedAt),
        EndedAt = Wire.Instant(backfill.EndedAt),
        RevertedAt = Wire.Instant(backfill.RevertedAt),
    };

    private static RestCounterEffect ToRest(CounterEffect effect) => new(
        effect.Feature.Value,
        effect.Resource?.Value,
        effect.Window == UsageWindow.Lifetime ? null : Wire.Instant(effect.Window.Start),
        effect.Window == UsageWindow.Lifetime ? null : Wire.Instant(effect.Window.End),
        effect.Before,
        effect.After);
}
