using System.Text.Json;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Server.Rest.Credits;

/// <summary>Consumption, ledger, charts, balances and auto-recharge on the wire (spec credits 7, 10, 12, 13).</summary>
internal static class CreditWire
{
    private static readonly Dictionary<string, CreditEntryKind> KindsBySymbol = new()
    {
        ["CREDITS_GRANTED"] = CreditEntryKind.Granted,
        ["CREDITS_CONSUMED"] = CreditEntryKind.Consumed,
        ["CREDITS_EXPIRED"] = CreditEntryKind.Expired,
        ["CREDITS_VOIDED"] = CreditEntryKind.Voided,
        ["CREDITS_UPDATED"] = CreditEntryKind.Updated,
        ["CREDITS_CONSUMPTION_TRANSFER_SOURCE"] = CreditEntryKind.TransferSource,
        ["CREDITS_CONSUMPTION_TRANSFER_TARGET"] = CreditEntryKind.TransferTarget,
    };

    private static readonly Dictionary<CreditEntryKind, string> SymbolsByKind =
        KindsBySymbol.ToDictionary(pair => pair.Value, pair => pair.Key);

    private const string Month = "1_MONTH";
    private const string Year = "1_YEAR";

    public static CreditConsumption ConsumptionFromRest(JsonElement body) => new()
    {
        CustomerId = new(body.Text("customerId")),
        ResourceId = CreditGrantWire.ResourceOf(body),
        CurrencyId = new(body.Text("currencyId")),
        Amount = body.GetProperty("amount").GetDecimal(),
        IdempotencyKey = body.Text("idempotencyKey"),
        CreatedAt = body.InstantOrNull("createdAt"),
        Dimensions = body.Property("dimensions") is { } dimensions && dimensions.EnumerateObject().Any()
            ? dimensions.GetRawText()
            : null,
    };

    public static RestCreditConsumed ToRest(CreditsConsumed consumed) => new()
    {
        Amount = consumed.Consumption.Amount,
        CurrencyId = consumed.Consumption.CurrencyId.Value,
        CustomerId = consumed.Consumption.CustomerId.Value,
        Timestamp = Wire.Instant(consumed.Timestamp),
        Credit = new()
        {
            CurrencyId = consumed.Consumption.CurrencyId.Value,
            CurrentUsage = consumed.CurrentUsage,
            Timestamp = Wire.Instant(consumed.Timestamp),
            UsageLimit = consumed.UsageLimit,
            UsagePeriodEnd = Wire.Instant(consumed.UsagePeriodEnd),
        },
        ResourceId = consumed.Consumption.ResourceId?.Value,
    };

    public static RestCreditLedgerEvent ToRest(LedgerRow row) => new()
    {
        Amount = row.Entry.Amount,
        CreditCurrencyId = row.Pool.CurrencyId.Value,
        CreditGrantId = row.Entry.GrantId,
        CustomerId = row.Pool.CustomerId.Value,
        EventId = row.Entry.EventId,
        EventType = SymbolsByKind[row.Entry.Kind],
        FeatureId = row.Entry.FeatureId?.Value,
        ResourceId = row.Pool.ResourceId?.Value,
        Timestamp = Wire.Instant(row.Entry.At),
    };

    /// <summary>The kinds a list of symbols names; an unknown one is refused.</summary>
    public static Result<IReadOnlyCollection<CreditEntryKind>> KindsOf(IReadOnlyList<string> symbols)
    {
        var findings = new Findings();
        foreach (var symbol in symbols.Where(symbol => !KindsBySymbol.ContainsKey(symbol)))
            findings.Bad("eventType", $"'{symbol}' is no event type; use {string.Join(", ", KindsBySymbol.Keys)}.");
        return findings.ToRefusal() is { } refusal
            ? refusal
            : Result<IReadOnlyCollection<CreditEntryKind>>.Ok([.. symbols.Select(symbol => KindsBySymbol[symbol])]);
    }

    public static RestCreditUsage ToRest(CreditUsageChart chart) => new()
    {
        Currency = chart.Currency is { } currency
            ? new(
                currency.Id.Value, currency.DisplayName, currency.Units?.Plural, currency.Units?.Singular,
                currency.Symbol)
            : null,
        Pagination = new(chart.Next, chart.Previous),
        Series = [.. chart.Series.Select(series => ToRest(series, chart.Features))],
    };

    public static RestCreditPoolBalance ToRest(CreditHolding holding, NodaTime.Instant now)
    {
        var (currency, pool) = holding;
        return new()
        {
            CurrencyId = currency.Id.Value,
            DisplayName = currency.DisplayName,
            Symbol = currency.Symbol,
            ResourceId = pool.Key.ResourceId?.Value,
            CurrentBalance = pool.Balance,
            TotalGranted = pool.TotalGranted,
            TotalConsumed = pool.TotalConsumed,
            UsagePeriodEnd = Wire.Instant(pool.PeriodEnd),
            ValidUntil = ValidUntil(pool),
            Held = pool.HeldAt(now),
            Sources = [.. pool.Grants.Where(grant => grant.IsLive).Select(SourceOf)],
        };
    }

    private static RestCreditSource SourceOf(CreditGrant grant) => new()
    {
        GrantId = grant.Id,
        DisplayName = grant.DisplayName,
        GrantType = Wire.Symbol(grant.Type),
        SourceType = Wire.Symbol(grant.Source),
        PlanId = grant.AddonQuantity is null ? grant.PackageId?.Value : null,
        AddonId = grant.AddonQuantity is null ? null : grant.PackageId?.Value,
        AddonQuantity = grant.AddonQuantity,
        SubscriptionId = grant.SubscriptionId?.Value,
        Amount = grant.Amount,
        ConsumedAmount = grant.Consumed,
        EffectiveAt = Wire.Instant(grant.EffectiveAt),
        ExpireAt = Wire.Instant(grant.ExpireAt),
    };

    /// <summary>A currency as an entitlement: granted and consumed credits of the pool that the scope shows.</summary>
    public static RestCreditEntitlement ToEntitlement(
        CreditHolding holding, string? reason, NodaTime.Instant computedAt, NodaTime.Instant now)
    {
        var (currency, pool) = holding;
        return new()
        {
            AccessDeniedReason = reason,
            IsGranted = reason is null,
            Currency = new()
            {
                CurrencyId = currency.Id.Value,
                DisplayName = currency.DisplayName,
                Description = currency.Description,
                Metadata = currency.Metadata,
                UnitPlural = currency.Units?.Plural,
                UnitSingular = currency.Units?.Singular,
            },
            CurrentUsage = pool.TotalConsumed,
            UsageLimit = pool.TotalGranted,
            UsageUpdatedAt = Wire.Instant(pool.Grants.Count == 0 ? now : pool.Grants.Max(grant => grant.UpdatedAt)),
            UsagePeriodEnd = Wire.Instant(pool.PeriodEnd),
            EntitlementUpdatedAt = Wire.Instant(computedAt),
            ValidUntil = ValidUntil(pool),
        };
    }

    public static RestAutoRecharge ToRest(SavedRecharge saved)
    {
        var recharge = saved.Recharge;
        return new()
        {
            Id = saved.IsSaved ? recharge.Uid.ToString() : null,
            CreatedAt = saved.IsSaved ? Wire.Instant(recharge.CreatedAt) : null,
            CurrencyId = recharge.CurrencyId.Value,
            CustomerId = recharge.CustomerId.Value,
            GrantExpirationPeriod = recharge.GrantExpiration == RechargeExpiration.OneMonth ? Month : Year,
            IsEnabled = recharge.IsEnabled,
            MaxSpendLimit = recharge.MaxSpendLimit,
            TargetBalance = recharge.TargetBalance,
            ThresholdType = Wire.Symbol(recharge.ThresholdType),
            ThresholdValue = recharge.ThresholdValue,
            UpdatedAt = saved.IsSaved ? Wire.Instant(recharge.UpdatedAt) : null,
        };
    }

    public static RestRechargeState ToState(SavedRecharge saved)
    {
        var recharge = saved.Recharge;
        return new()
        {
            CustomerId = recharge.CustomerId.Value,
            CurrencyId = recharge.CurrencyId.Value,
            State =
                !recharge.IsEnabled ? "OFF" : recharge.IsHeld ? "HELD" : recharge.DueAt is not null ? "CHARGING" : "ON",
            SuspendedReason = recharge is { IsEnabled: true, IsHeld: true } ? "SPEND_LIMIT" : null,
            ThresholdType = Wire.Symbol(recharge.ThresholdType),
            ThresholdValue = recharge.ThresholdValue,
            TargetBalance = recharge.TargetBalance,
            MaxSpendLimit = recharge.MaxSpendLimit,
            CurrentMonthlySpend = recharge.Spent,
            SpendLimitResetsAt = Wire.Instant(AutoRechargeRules.ResetOf(recharge)),
            UnitPrice = saved.Price is { } price ? new(price.UnitPrice, price.Currency) : null,
            // Without a limit of its own a configuration spends without one: nothing here forbids it.
            ValidationConfig = saved.Price is { } sold
                ? new(sold.Min, sold.Min, sold.Max, AllowUnlimitedSpendLimit: true)
                : null,
        };
    }

    public static AutoRechargeEdit RechargeFromRest(JsonElement body) => new(body.GetProperty("isEnabled").GetBoolean())
    {
        ThresholdType = body.MemberOrNull<RechargeThresholdType>("thresholdType"),
        ThresholdValue = body.NumberOrNull("thresholdValue"),
        TargetBalance = body.NumberOrNull("targetBalance"),
        MaxSpendLimit = body.TryGetProperty("maxSpendLimit", out _) ? new(body.NumberOrNull("maxSpendLimit")) : null,
        GrantExpiration = body.TextOrNull("grantExpirationPeriod") switch
        {
            Month => RechargeExpiration.OneMonth,
            Year => RechargeExpiration.OneYear,
            _ => null,
        },
    };

    public static RestCreditConflict ToRest(ConsumptionConflict conflict) => new(
        conflict.CurrencyId.Value, conflict.IdempotencyKey, conflict.Amount, Wire.Instant(conflict.At),
        conflict.Message);

    public static RestCreditAudit ToRest(CreditAudit audit) => new()
    {
        IsClean = audit.FaultCount == 0,
        Pools = audit.Pools,
        Grants = audit.Grants,
        Entries = audit.Entries,
        FaultCount = audit.FaultCount,
        Faults = audit.Faults,
    };

    public static RestCreditRevenue ToRest(GrantRevenue row) => new()
    {
        GrantId = row.Grant.Id,
        CustomerId = row.Grant.CustomerId.Value,
        ResourceId = row.Grant.ResourceId?.Value,
        CurrencyId = row.Grant.CurrencyId.Value,
        GrantType = Wire.Symbol(row.Grant.Type),
        Amount = row.Grant.Amount,
        Cost = new(row.Grant.Cost.Amount, row.Grant.Cost.Currency),
        CostBasis = row.CostBasis,
        ExpireAt = Wire.Instant(row.Grant.ExpireAt),
        ConsumedCredits = row.ConsumedCredits,
        ExpiredCredits = row.ExpiredCredits,
        DeferredAtStart = row.DeferredAtStart,
        Sold = row.Sold,
        Recognized = row.Recognized,
        Breakage = row.Breakage,
        Reversed = row.Reversed,
        DeferredAtEnd = row.DeferredAtEnd,
    };

    private static RestCreditUsageSeries ToRest(
        CreditUsageSeries series, IReadOnlyDictionary<FeatureId, Feature> features) => new()
        {
            EventCount = series.Events,
            FeatureId = series.FeatureId?.Value,
            FeatureName = series.FeatureId is { } id ? features.GetValueOrDefault(id)?.DisplayName : null,
            Points = [.. series.Points.Select(
            point => new RestCreditUsagePoint(point.Events, Wire.Instant(point.At), point.Credits))],
            TotalCredits = series.Credits,
            Tags = series.Tags.Count == 0 ? null : [.. series.Tags.Select(tag => new RestSeriesTag(tag.Key, tag.Value))],
        };

    private static WireInstant? ValidUntil(CreditPool pool) =>
        pool.NextDue == NodaTime.Instant.MaxValue ? null : Wire.Instant(pool.NextDue);
}
