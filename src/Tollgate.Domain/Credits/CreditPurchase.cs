using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

/// <summary>Credits that a customer wants to buy.</summary>
/// <param name="CustomerId">Who buys and pays; the customer's own pool gets them.</param>
/// <param name="CurrencyId">Which credits.</param>
/// <param name="Amount">How many, a whole number within the bounds of the price.</param>
/// <param name="Method">CHARGE or INVOICE.</param>
public sealed record CreditPurchase(
    CustomerId CustomerId, CurrencyId CurrencyId, decimal Amount, PaymentCollectionMethod Method);

/// <summary>What may be bought, and for how much (spec credits 9).</summary>
public static class CreditPurchaseRules
{
    /// <summary>
    /// The paid grant that the purchase comes to. <see cref="ErrorCode.PriceNotFound"/> without a price,
    /// <see cref="ErrorCode.InvalidQuantity"/> for an amount outside its bounds or in parts.
    /// </summary>
    /// <param name="purchase">What is asked for.</param>
    /// <param name="price">Null when no live subscription of the customer sells the currency.</param>
    public static Result<CreditGrantDraft> DraftOf(CreditPurchase purchase, TopUpPrice? price)
    {
        if (price is null)
        {
            return new Refusal(ErrorCode.PriceNotFound,
                $"No live subscription of customer '{purchase.CustomerId}' sells credits of '{purchase.CurrencyId}'; "
                + "subscribe it to a plan with a ONE_OFF price of them first.");
        }

        var (amount, fewest) = (purchase.Amount, price.Min ?? 1);
        if (amount != decimal.Truncate(amount) || amount < fewest || amount > price.Max || amount > CreditAmounts.Max)
        {
            return Refusal.Of(ErrorCode.InvalidQuantity, [new("amount",
                $"{amount} credits '{purchase.CurrencyId}' cannot be bought; give a whole number of at least {fewest} "
                + $"and at most {price.Max ?? CreditAmounts.Max}.")]);
        }

        // Packs are sold whole: what is paid for is granted.
        var granted = PriceCalculator.CommittedLimit(price.Charge, amount) ?? amount;
        var cost = price.CostOf(amount);
        return cost > 0
            ? new CreditGrantDraft
            {
                CustomerId = purchase.CustomerId,
                CurrencyId = purchase.CurrencyId,
                DisplayName = "Purchase",
                Type = CreditGrantType.Paid,
                Amount = granted,
                Cost = new(cost, price.Currency),
                Method = purchase.Method,
            }
            : Refusal.Of(ErrorCode.InvalidQuantity, [new("amount",
                $"{amount} credits '{purchase.CurrencyId}' cost nothing and cannot be bought; "
                + "buy more, or grant them.")]);
    }
}
