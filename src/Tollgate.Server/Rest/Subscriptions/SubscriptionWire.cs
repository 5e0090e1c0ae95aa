using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Subscriptions;
using Tollgate.Server.Rest.Billing;
using Tollgate.Server.Rest.Catalog;
using Tollgate.Server.Rest.Customers;
using Tollgate.Server.Rest.Entitlements;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>Subscriptions as they are answered.</summary>
internal static class SubscriptionWire
{
    /// <summary>A single subscription, its overrides included.</summary>
    public static RestSubscription ToRest(PricedSubscription priced, PublicAddress address) =>
        ToListItem(priced, address) with
        {
            SubscriptionEntitlements =
            [
                .. priced.Subscription.Overrides.Select(o => new RestEntitlementRef(o.FeatureId.Value, "FEATURE")),
                .. priced.Subscription.CreditOverrides.Select(
                    o => new RestEntitlementRef(o.CurrencyId.Value, "CREDIT")),
            ],
        };

    /// <summary>A subscription in a list, where its overrides are left out.</summary>
    public static RestSubscription ToListItem(PricedSubscription priced, PublicAddress address) =>
        ToRest(priced.Subscription, priced.At) with
        {
            LatestInvoice = priced.LatestInvoice is { } latest ? InvoiceWire.ToLatest(latest, address) : null,
            Prices = [.. priced.Charges.Where(c => c.Charge.Model != BillingModel.MinimumSpend).Select(PriceToRest)],
        };

    /// <summary>The record alone, as the event log keeps it.</summary>
    public static RestSubscription ToRest(Subscription subscription) => ToRest(subscription, subscription.UpdatedAt);

    /// <param name="subscription">As stored.</param>
    /// <param name="at">When it is shown: a coupon's duration may be over by then.</param>
    public static RestSubscription ToRest(Subscription subscription, NodaTime.Instant at) => new()
    {
        Id = subscription.Id.Value,
        BillingId = subscription.BillingId,
        CreatedAt = Wire.Instant(subscription.CreatedAt),
        CustomerId = subscription.CustomerId.Value,
        PaymentCollection = Wire.Symbol(subscription.PaymentCollection),
        PlanId = subscription.PlanId.Value,
        PricingType = Wire.Symbol(subscription.PricingType),
        StartDate = Wire.Instant(subscription.StartDate),
        Status = Wire.Symbol(subscription.Status),
        Addons = [.. subscription.Addons.Select(addon => new RestIdQuantity(addon.Id.Value, addon.Quantity))],
        BillingCycleAnchor = Wire.Instant(subscription.BillingCycleAnchor),
        Budget = subscription.Budget is { } budget ? new(budget.HasSoftLimit, budget.Limit) : null,
        CancellationDate = Wire.Instant(subscription.CancellationDate),
        CancelReason = Wire.Symbol(subscription.CancelReason),
        ContractId = subscription.ContractId,
        Coupons = [.. subscription.Coupons.Select(coupon => CouponToRest(coupon, at))],
        CurrentBillingPeriodEnd = Wire.Instant(subscription.CurrentBillingPeriodEnd),
        CurrentBillingPeriodStart = Wire.Instant(subscription.CurrentBillingPeriodStart),
        EffectiveEndDate = Wire.Instant(SubscriptionLifecycle.EffectiveEnd(subscription)),
        EndDate = Wire.Instant(subscription.EndDate),
        FutureUpdates = [.. subscription.FutureUpdates.Where(IsShown).Select(UpdateToRest)],
        Metadata = subscription.Metadata,
        MinimumSpend = subscription.MinimumSpend is { } minimum
            ? new() { Amount = minimum.Amount, Currency = minimum.Currency }
            : null,
        PayingCustomerId = subscription.PayingCustomerId?.Value,
        PaymentCollectionMethod = Wire.Symbol(subscription.PaymentCollectionMethod),
        ResourceId = subscription.ResourceId?.Value,
        Trial = subscription.TrialEndBehavior is { } behavior ? new(Wire.Symbol(behavior)) : null,
        TrialEndDate = Wire.Instant(subscription.TrialEndDate),
    };

    public static RestCustomerProvisioned ToRest(CustomerWithEntitlements entitled, PublicAddress address) => new()
    {
        Customer = CustomerWire.ToRest(entitled.Provisioned.Customer),
        SubscriptionDecisionStrategy = Wire.Symbol(entitled.Provisioned.Strategy),
        Subscription = entitled.Provisioned.Subscription is { } first ? ToRest(first, address) : null,
        Entitlements = EntitlementWire.ToRest(entitled.Entitlements, entitled.Entitlements.ComputedAt).Entitlements,
        ExperimentInfo = ExperimentWire.ToRestOrNull(entitled.Provisioned.Customer.Experiment),
    };

    /// <summary>
    /// SUCCESS, or PAYMENT_REQUIRED with where the payer pays: the checkout that stands in for the subscription, or the
    /// page of the invoice whose payment failed. A charge that follows asks nobody to pay yet.
    /// </summary>
    public static RestSubscriptionProvision ToRest(EntitledSubscription entitled, PublicAddress address)
    {
        var provisioned = entitled.Provisioned;
        var unpaid = provisioned.Subscription switch
        {
            { Subscription.Status: SubscriptionStatus.PaymentPending } pending => pending.LatestInvoice,
            { Subscription.UnpaidChange: { } change } =>
                provisioned.Invoices.FirstOrDefault(invoice => invoice.Uid == change.InvoiceUid),
            _ => null,
        };
        if (unpaid is not null && InvoiceLifecycle.IsFirstCharge(unpaid))
            unpaid = null;
        return new()
        {
            Id = provisioned.Id.Value,
            Entitlements = EntitlementWire.ToRest(entitled.Entitlements, entitled.Entitlements.ComputedAt).Entitlements,
            Status = provisioned.Checkout is null && unpaid is null ? "SUCCESS" : "PAYMENT_REQUIRED",
            Subscription = provisioned.Subscription is { } priced ? ToRest(priced, address) : null,
            CheckoutUrl =
                (provisioned.Checkout?.Url ?? (unpaid is null ? null : address.OfPayment(unpaid)))?.AbsoluteUri,
            CheckoutBillingId = provisioned.Checkout?.BillingId ?? unpaid?.Uid.ToString(),
            IsScheduled = provisioned.IsScheduled,
        };
    }

    /// <summary>What waits, and what could not be done; what is done or taken back is history.</summary>
    private static bool IsShown(FutureUpdate update) =>
        update.Status is ScheduleStatus.Scheduled or ScheduleStatus.PendingPayment or ScheduleStatus.Failed;

    private static RestFutureUpdate UpdateToRest(FutureUpdate update) => new()
    {
        ScheduledExecutionTime = Wire.Instant(update.ExecuteAt),
        ScheduleStatus = Wire.Symbol(update.Status),
        SubscriptionScheduleType = Wire.Symbol(update.Type),
        TargetPackage = update.Target is { } target ? new(target.Value) : null,
    };

    private static RestSubscriptionCoupon CouponToRest(AppliedCoupon coupon, NodaTime.Instant at) => new()
    {
        Id = coupon.Terms.Code,
        Name = coupon.Terms.Name,
        Status = Wire.Symbol(coupon.StatusAt(at)),
        PercentOff = coupon.Terms.PercentOff,
        AmountsOff = coupon.Terms.AmountsOff?
            .Select(amount => new RestPartialMoney { Amount = amount.Amount, Currency = amount.Currency }).ToList(),
    };

    private static RestSubscriptionPrice PriceToRest(SubscriptionCharge priced)
    {
        var charge = priced.Charge;
        return new()
        {
            AddonId = priced.AddonId?.Value,
            Amount = charge.Price?.Amount,
            BaseCharge = charge.Model == BillingModel.FlatFee ? true : null,
            BillingCountryCode = charge.CountryCode,
            BlockSize = charge.BlockSize,
            Currency = PriceCalculator.CurrencyOf(charge),
            FeatureId = charge.FeatureId?.Value,
            Tiers = charge.Tiers?.Select(tier => new RestPriceTier
            {
                FlatPrice = MoneyToRest(tier.FlatPrice),
                UnitPrice = MoneyToRest(tier.UnitPrice),
                UpTo = tier.UpTo,
            }).ToList(),
        };
    }

    private static RestMoney? MoneyToRest(Money? money) => money is null ? null : new(money.Amount, money.Currency);
}
