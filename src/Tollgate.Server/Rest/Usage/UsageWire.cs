using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Usage;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Usage reports and histories on the wire.</summary>
internal static class UsageWire
{
    public static IReadOnlyList<UsageReport> ReportsFromRest(JsonElement body) =>
        [.. body.GetProperty("usages").EnumerateArray().Select(ReportFromRest)];

    public static RestData<IReadOnlyList<RestUsageMeasurement>> ToRest(IReadOnlyList<UsageRecorded> recorded) =>
        new([.. recorded.Select(ToRest)]);

    public static RestData<RestUsageHistory> ToRest(UsageHistory history) => new(new()
    {
        Markers =
        [
            .. history.Markers.Select(marker => new RestUsageMarker(
                Wire.Instant(marker.At),
                marker.Kind == UsageResetKind.Periodic ? "PERIODIC_RESET" : "SUBSCRIPTION_CHANGE_RESET")),
        ],
        Series =
        [
            .. history.Series.Select(series => new RestUsageSeries(
                [.. series.Points.Select(p => new RestUsagePoint(p.IsResetPoint, Wire.Instant(p.Timestamp), p.Value))],
                [.. series.Tags.Select(tag => new RestSeriesTag(tag.Key, tag.Value))])),
        ],
    });

    public static RestData<RestCreditEstimate> ToRest(CreditEstimate estimate) => new(new(
        [
            .. estimate.Pools.Select(pool => new RestCreditCostEstimate
            {
                CurrencyId = pool.CurrencyId.Value,
                CurrentBalance = pool.Balance,
                EstimatedCost = pool.Cost,
                BalanceAfterEstimate = pool.BalanceAfter,
                WouldOverdraft = pool.BalanceAfter < 0,
                Breakdown =
                [
                    .. pool.Costs.Select(cost => new RestCreditCostBreakdown(
                        cost.FeatureId.Value, cost.Credits, cost.IsUnsupported ? "UNSUPPORTED_AGGREGATION" : null)),
                ],
            }),
        ],
        [.. estimate.Warnings.Select(Wire.Symbol)]));

    public static UsageReport ReportFromRest(JsonElement item) => new()
    {
        CustomerId = new(item.Text("customerId")),
        FeatureId = new(item.Text("featureId")),
        ResourceId = item.TextOrNull("resourceId") is { Length: > 0 } resource ? new ResourceId(resource) : null,
        Value = item.GetProperty("value").GetDecimal(),
        Behavior = item.MemberOrNull<UpdateBehavior>("updateBehavior") ?? UpdateBehavior.Delta,
        CreatedAt = item.InstantOrNull("createdAt"),
        IdempotencyKey = item.TextOrNull("idempotencyKey"),
        Dimensions = item.Property("dimensions")?.GetRawText(),
    };

    private static RestUsageMeasurement ToRest(UsageRecorded recorded) => new()
    {
        Id = recorded.Id.ToString(),
        CreatedAt = Wire.Instant(recorded.RecordedAt),
        CustomerId = recorded.Report.CustomerId.Value,
        FeatureId = recorded.Report.FeatureId.Value,
        ResourceId = recorded.Report.ResourceId?.Value,
        Timestamp = Wire.Instant(recorded.Timestamp),
        Value = (long)recorded.Report.Value,
        Credit = recorded.Credit is { } credit
            ? new()
            {
                Consumed = credit.Burnt.Consumed,
                CurrencyId = credit.CurrencyId.Value,
                CurrentUsage = credit.Burnt.CurrentUsage,
                Timestamp = Wire.Instant(credit.Burnt.Timestamp),
                UsageLimit = credit.Burnt.UsageLimit,
                UsagePeriodEnd = Wire.Instant(credit.Burnt.UsagePeriodEnd),
            }
            : null,
        CurrentUsage = recorded.CurrentUsage,
        UsagePeriodStart = Wire.Instant(recorded.Window?.Start),
        UsagePeriodEnd = Wire.Instant(recorded.Window?.End),
        NextResetDate = Wire.Instant(recorded.Window?.End),
    };
}
