using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Credits;

/// <summary>A configuration as it is to be; absent amounts are unchanged (spec credits 10).</summary>
public sealed record AutoRechargeEdit(bool IsEnabled)
{
    public RechargeThresholdType? ThresholdType { get; init; }
    public decimal? ThresholdValue { get; init; }
    public decimal? TargetBalance { get; init; }

    /// <summary>Null: unchanged; a value that holds null: no limit.</summary>
    public SpendLimitEdit? MaxSpendLimit { get; init; }
    public RechargeExpiration? GrantExpiration { get; init; }
}

/// <param name="Limit">Money per month; null = no limit.</param>
public sealed record SpendLimitEdit(decimal? Limit);

/// <summary>The one-off price of credits on a live subscription of the customer; null charge = there is none.</summary>
public sealed record TopUpPrice(Charge Charge)
{
    /// <summary>The fewest and the most credits of one purchase.</summary>
    public int? Min => Charge.MinUnitQuantity;

    public int? Max => Charge.MaxUnitQuantity;

    public string Currency => PriceCalculator.CurrencyOf(Charge) ?? Currencies.Default;

    /// <summary>What one credit costs, exact.</summary>
    public decimal UnitPrice => PriceCalculator.Amount(Charge, 1).Amount;

    /// <summary>What so many credits cost, as it is charged.</summary>
    public decimal CostOf(decimal credits) => Currencies.Round(
        // Parts of a credit are sold at their part of the price, unless they come in blocks or by tiers.
        Charge is { Price: { } price, BlockSize: null or 1, Tiers: null }
            ? credits * price.Amount
            : PriceCalculator.Amount(Charge, credits).Amount,
        Currency);
}

/// <summary>What to do about a balance.</summary>
/// <param name="Recharge">The configuration with its window and its hold as they are now.</param>
/// <param name="Credits">To buy; 0 = nothing.</param>
/// <param name="Cost">What they cost.</param>
public readonly record struct RechargeDecision(AutoRecharge Recharge, decimal Credits, decimal Cost);

/// <summary>When and how much is recharged (spec credits 10).</summary>
public static class AutoRechargeRules
{
    private static readonly int[] ToldPercents = [80, 90, 100];

    /// <summary>What a customer without a configuration has.</summary>
    public static AutoRecharge Default(CustomerId customer, CurrencyId currency, Guid uid, Instant now) => new()
    {
        Uid = uid,
        CustomerId = customer,
        CurrencyId = currency,
        WindowStart = MonthOf(now),
        CreatedAt = now,
        UpdatedAt = now,
    };

    /// <param name="stored">As it is, or the default.</param>
    /// <param name="edit">What is to change.</param>
    /// <param name="hasPaymentMethod">The customer has a method that charges can be taken from.</param>
    /// <param name="price">Null when no subscription sells the currency.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<AutoRecharge> Save(
        AutoRecharge stored, AutoRechargeEdit edit, bool hasPaymentMethod, TopUpPrice? price, Instant now)
    {
        var saved = Roll(stored, now) with
        {
            IsEnabled = edit.IsEnabled,
            ThresholdType = edit.ThresholdType ?? stored.ThresholdType,
            ThresholdValue = edit.ThresholdValue ?? stored.ThresholdValue,
            TargetBalance = edit.TargetBalance ?? stored.TargetBalance,
            MaxSpendLimit = edit.MaxSpendLimit is { } limit ? limit.Limit : stored.MaxSpendLimit,
            GrantExpiration = edit.GrantExpiration ?? stored.GrantExpiration,
            IsHeld = false,
            DueAt = null,
            UpdatedAt = now,
        };
        var findings = new Findings();
        Invalid(findings, saved.ThresholdValue is < 0 or > CreditAmounts.Max, "thresholdValue",
            $"thresholdValue is {saved.ThresholdValue}; give 0 to {CreditAmounts.Max}.");
        Invalid(findings, saved.MaxSpendLimit <= 0, "maxSpendLimit",
            $"maxSpendLimit is {saved.MaxSpendLimit}; give more than 0, or null for no limit.");
        Invalid(findings, saved.TargetBalance > CreditAmounts.Max, "targetBalance",
            $"targetBalance is {saved.TargetBalance}; at most {CreditAmounts.Max} credits can be held.");
        if (edit.IsEnabled)
            saved = CheckEnabled(findings, saved, hasPaymentMethod, price);
        return findings.ToRefusal() is { } refusal ? refusal : saved;
    }

    /// <summary>
    /// What to do about the balance: nothing at or above the threshold; else up to the target, unless the month's limit
    /// stands in the way, which holds the configuration until the next month.
    /// </summary>
    public static RechargeDecision Decide(AutoRecharge stored, decimal balance, TopUpPrice price, Instant now)
    {
        var recharge = Roll(stored, now) with { DueAt = null };
        // The price may have changed since: then the threshold stays at the credits it was saved as.
        var threshold = ThresholdCredits(recharge, price) ?? recharge.ThresholdCredits;
        if (!recharge.IsEnabled || balance >= threshold)
            return new(recharge with { IsHeld = false }, 0, 0);
        var credits = decimal.Max(recharge.TargetBalance - balance, price.Min ?? 0);
        if (price.Max is { } most)
            credits = decimal.Min(credits, most);
        var cost = price.CostOf(credits);
        return recharge.MaxSpendLimit is { } limit && recharge.Spent + cost > limit
            ? new(recharge with { IsHeld = true, DueAt = NextMonth(now) }, 0, 0)
            : new(recharge with { IsHeld = false }, credits, cost);
    }

    /// <summary>
    /// The configuration after money was spent, and the shares of the limit that are to be told of now, ascending.
    /// </summary>
    /// <param name="recharge">As it is.</param>
    /// <param name="cost">0 when the limit stood in the way: then its whole is told of.</param>
    public static (AutoRecharge Recharge, IReadOnlyList<int> Told) Spend(AutoRecharge recharge, decimal cost)
    {
        var spent = recharge with { Spent = recharge.Spent + cost };
        if (spent.MaxSpendLimit is not { } limit)
            return (spent, []);
        var percent = recharge.IsHeld ? 100 : spent.Spent / limit * 100;
        var told = ToldPercents.Where(p => p > recharge.ToldPercent && p <= percent).ToList();
        return (told.Count == 0 ? spent : spent with { ToldPercent = told[^1] }, told);
    }

    /// <summary>When credits bought now expire.</summary>
    public static Instant ExpiryOf(AutoRecharge recharge, Instant now)
    {
        var months = recharge.GrantExpiration == RechargeExpiration.OneMonth ? 1 : 12;
        return now.InUtc().LocalDateTime.PlusMonths(months).InUtc().ToInstant();
    }

    /// <summary>When what was spent counts from 0 again.</summary>
    public static Instant ResetOf(AutoRecharge recharge) => NextMonth(recharge.WindowStart);

    /// <summary>The limit counts per calendar month.</summary>
    public static AutoRecharge Roll(AutoRecharge recharge, Instant now) => recharge.WindowStart == MonthOf(now)
        ? recharge
        : recharge with { WindowStart = MonthOf(now), Spent = 0, ToldPercent = 0, IsHeld = false };

    public static DomainEvent Changed(AutoRecharge? before, AutoRecharge after, string changedBy, string? reason)
    {
        var facts = Facts(after);
        facts["isEnabled"] = after.IsEnabled ? "true" : "false";
        facts["changedBy"] = changedBy;
        if (reason is not null)
            facts["reason"] = reason;
        return Event(EventType.AutomaticRechargeConfigurationChanged, after, facts);
    }

    public static DomainEvent Attempted(AutoRecharge recharge, CreditGrant? grant, string? failureReason)
    {
        var facts = Facts(recharge);
        facts["status"] = grant is null ? "FAILURE" : "SUCCESS";
        if (grant is not null)
        {
            facts["grantId"] = grant.Id;
            facts["amount"] = Text(grant.Amount);
        }

        if (failureReason is not null)
            facts["failureReason"] = failureReason;
        return Event(EventType.AutomaticRechargeOperationAttempted, recharge, facts);
    }

    public static DomainEvent LimitReached(AutoRecharge recharge, int threshold)
    {
        var facts = Facts(recharge);
        facts["maxSpendLimit"] = Text(recharge.MaxSpendLimit ?? 0);
        facts["totalSpent"] = Text(recharge.Spent);
        facts["percentageUsed"] = Text(recharge.Spent / (recharge.MaxSpendLimit ?? 1) * 100);
        facts["threshold"] = Text(threshold);
        return Event(EventType.CreditsAutomaticRechargeLimitExceeded, recharge, facts);
    }

    private static AutoRecharge CheckEnabled(
        Findings findings, AutoRecharge recharge, bool hasPaymentMethod, TopUpPrice? price)
    {
        if (!hasPaymentMethod)
        {
            findings.Add(ErrorCode.PaymentMethodNotFoundError, "isEnabled",
                $"Customer '{recharge.CustomerId}' has no payment method to charge; "
                + "attach one before enabling auto-recharge.");
        }

        if (price is null || price.CostOf(1_000_000) <= 0)
        {
            findings.Add(ErrorCode.InvalidArgumentError, "currencyId",
                $"No live subscription of customer '{recharge.CustomerId}' sells credits of '{recharge.CurrencyId}'; "
                + "subscribe it to a plan with a ONE_OFF price of them first.");
            return recharge;
        }

        if (ThresholdCredits(recharge, price) is not { } threshold)
        {
            findings.Add(ErrorCode.InvalidArgumentError, "thresholdType",
                $"The first credit of '{recharge.CurrencyId}' is free, so thresholdValue {recharge.ThresholdValue} is "
                + "no number of credits; use the thresholdType CREDIT_AMOUNT.");
            return recharge;
        }

        Invalid(findings, recharge.TargetBalance <= threshold, "targetBalance",
            $"targetBalance is {recharge.TargetBalance}, not above the threshold of {threshold} credits; give more.");
        var bought = recharge.TargetBalance - threshold;
        Invalid(findings, bought < price.Min, "targetBalance",
            $"A recharge from {threshold} to {recharge.TargetBalance} buys {bought} credits, and at least {price.Min} "
            + "are sold; raise targetBalance.");
        Invalid(findings, bought > price.Max, "targetBalance",
            $"A recharge from {threshold} to {recharge.TargetBalance} buys {bought} credits, and at most {price.Max} "
            + "are sold; lower targetBalance.");
        return recharge with { ThresholdCredits = threshold };
    }

    /// <summary>Null for a threshold in money where one credit costs nothing.</summary>
    private static decimal? ThresholdCredits(AutoRecharge recharge, TopUpPrice price) =>
        recharge.ThresholdType == RechargeThresholdType.CreditAmount ? recharge.ThresholdValue
        : price.UnitPrice > 0 ? decimal.Min(recharge.ThresholdValue, CreditAmounts.Max) / price.UnitPrice
        : null;

    private static void Invalid(Findings findings, bool isWrong, string path, string message)
    {
        if (isWrong)
            findings.Add(ErrorCode.InvalidArgumentError, path, message);
    }

    private static Instant MonthOf(Instant now)
    {
        var utc = now.InUtc();
        return Instant.FromUtc(utc.Year, utc.Month, 1, 0, 0);
    }

    private static Instant NextMonth(Instant now) =>
        MonthOf(now).InUtc().LocalDateTime.PlusMonths(1).InUtc().ToInstant();

    private static Dictionary<string, string> Facts(AutoRecharge recharge) => new()
    {
        ["configId"] = recharge.Uid.ToString(),
        ["customerId"] = recharge.CustomerId.Value,
        ["currencyId"] = recharge.CurrencyId.Value,
    };

    private static DomainEvent Event(EventType type, AutoRecharge recharge, Dictionary<string, string> facts) =>
        new(type, EntityKind.Credit, recharge.Uid.ToString(), recharge.CustomerId, null, null) { Facts = facts };

    private static string Text(decimal value) =>
        value.ToString("0.############", System.Globalization.CultureInfo.InvariantCulture);
}
