using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

/// <summary>What the fields of a grant can hold, new or changed (spec credits 4.3 and 4.5).</summary>
internal static class CreditGrantFields
{
    /// <summary>Characters of a comment.</summary>
    public const int MaxCommentLength = 200;

    public static void CheckCost(Findings findings, CreditGrantType type, Money cost)
    {
        if (!Currencies.IsKnown(cost.Currency))
            findings.Bad("cost.currency", $"'{cost.Currency}' is not a supported currency code.");
        if (cost.Amount < 0 || decimal.Round(cost.Amount, ChargeAmounts.MaxDecimals) != cost.Amount)
        {
            findings.Add(ErrorCode.InvalidArgumentError, "cost.amount",
                $"cost.amount is {cost.Amount}; give 0 or more with at most {ChargeAmounts.MaxDecimals} decimals.");
        }

        if (cost.Amount > ChargeAmounts.MaxAmount)
        {
            findings.Add(ErrorCode.AmountTooLarge, "cost.amount",
                $"cost.amount is {cost.Amount}; at most {ChargeAmounts.MaxAmount} can be charged.");
        }

        if (type == CreditGrantType.Promotional && cost.Amount > 0)
        {
            findings.Add(ErrorCode.InvalidArgumentError, "cost.amount",
                $"PROMOTIONAL credits cost nothing, and cost.amount is {cost.Amount}; send 0 or grant PAID credits.");
        }
    }

    public static void CheckDates(Findings findings, Instant effectiveAt, Instant? expireAt)
    {
        if (expireAt <= effectiveAt)
        {
            findings.Add(ErrorCode.ExpireAtMustBeLaterThanEffectiveAtError, "expireAt",
                $"expireAt {expireAt} is not after effectiveAt {effectiveAt}; give a later instant or leave it out.");
        }
    }

    /// <summary>The priority as it is kept; 0 when it is none.</summary>
    public static int CheckPriority(Findings findings, decimal priority)
    {
        if (priority is >= 0 and <= int.MaxValue && priority == decimal.Truncate(priority))
            return (int)priority;
        findings.Bad("priority", $"priority is {priority}; give a whole number from 0, the highest, to "
            + $"{int.MaxValue}.");
        return 0;
    }

    public static void CheckTexts(
        Findings findings, string displayName, string? comment, IReadOnlyDictionary<string, string>? metadata)
    {
        TextLimits.CheckRequired(findings, "displayName", displayName);
        if (comment is { Length: > MaxCommentLength })
        {
            findings.Bad("comment",
                $"comment has {comment.Length} characters; at most {MaxCommentLength} are allowed.");
        }

        findings.Include(Metadata.Check(metadata));
    }
}
