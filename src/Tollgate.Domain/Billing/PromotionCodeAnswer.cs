using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Billing;

/// <summary>What a billing provider answers about a promotion code for one payer: one of the records below.</summary>
public abstract record PromotionCodeAnswer
{
    private PromotionCodeAnswer()
    {
    }

    /// <summary>The payer may use it.</summary>
    public sealed record StandsFor : PromotionCodeAnswer
    {
        /// <exception cref="ArgumentException">It is no discount: the provider's code is wrong.</exception>
        public StandsFor(PromotionCode code)
        {
            ArgumentNullException.ThrowIfNull(code);
            if (code.PercentOff is null == code.AmountsOff is null)
            {
                throw new ArgumentException(
                    $"'{code.Code}' needs exactly one of PercentOff and AmountsOff.", nameof(code));
            }

            if (code.PercentOff is <= 0 or > 100)
                throw new ArgumentException($"'{code.Code}' takes off {code.PercentOff} percent.", nameof(code));
            if (code.AmountsOff is { } amounts && (amounts.Count == 0 || amounts.Any(a => !IsAmount(a))))
                throw new ArgumentException($"'{code.Code}' takes off no amount of money.", nameof(code));
            if (code.DurationInMonths is < 1 or > CouponRules.MaxDurationInMonths)
                throw new ArgumentException($"'{code.Code}' lasts {code.DurationInMonths} months.", nameof(code));
            Code = code;
        }

        public PromotionCode Code { get; }

        private static bool IsAmount(Money money) => money.Amount > 0 && Currencies.IsKnown(money.Currency);
    }

    /// <summary>The payer may not use it.</summary>
    public sealed record Refused(PromotionCodeRefusal Why) : PromotionCodeAnswer;
}

/// <summary>Why a promotion code is refused, whatever it is applied to.</summary>
public enum PromotionCodeRefusal
{
    NotFound,

    /// <summary>Switched off, or past its time.</summary>
    NotActive,

    /// <summary>Made for another customer.</summary>
    NotForCustomer,

    /// <summary>Used as often as it may be.</summary>
    MaxRedemptionsReached,

    /// <summary>For first purchases, and the customer has bought before.</summary>
    CustomerNotFirstPurchase,
}
