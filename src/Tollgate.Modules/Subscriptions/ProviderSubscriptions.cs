using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>What billing providers are told of subscriptions, and do to them.</summary>
internal sealed class ProviderSubscriptions(
    UnitOfWork unitOfWork, CatalogReader catalog, DecisionWriter writer, AdvanceSubscriptions advance)
    : IProviderSubscriptions
{
    private readonly SubscriptionStore _store = new();
    private readonly PlanFactsReader _plans = new(catalog);
    private readonly SubscriptionTransaction _transaction = new(unitOfWork, advance);

    public async Task<ProviderSubscription?> FindAsync(
        Session session, EnvironmentId environment, SubscriptionId subscription) =>
        await _store.FindAsync(session, environment, subscription) is { Value: var found }
            ? Told(found, await _plans.ChargesAsync(session, environment, found))
            : null;

    public Task<Result<Done>> CancelAsync(
        OperationScope scope, SubscriptionId subscription, Func<Work, bool, Task<Refusal?>> admit,
        CancellationToken cancellationToken) =>
        _transaction.RunAsync<Done>(
            scope,
            subscription,
            async (work, found, records, token) =>
            {
                if (await admit(work, found.IsEnded) is { } refused)
                    return refused;
                if (found.IsEnded)
                    return default(Done);
                var facts = new AdvanceFacts(
                    await _plans.JourneyAsync(work.Session, scope.EnvironmentId, found, records),
                    records.Open(found.ProductId, found.ResourceId),
                    records.LastEnded(found.ProductId, found.ResourceId));
                var decision = await SubscriptionIds.DecideAsync(
                    _store, work, records.Uids, ids => PendingPayments.GiveUp(found, facts, scope.Now, ids), d => d);
                await writer.WriteAsync(
                    work, found.CustomerId, records, decision, BillingChoices.Default, token);
                return default(Done);
            },
            cancellationToken);

    private static ProviderSubscription Told(
        Subscription subscription, IReadOnlyList<SubscriptionCharge> charges) => new()
        {
            Uid = subscription.Uid,
            Id = subscription.Id,
            CustomerId = subscription.CustomerId,
            PayerId = subscription.PayingCustomerId ?? subscription.CustomerId,
            ResourceId = subscription.ResourceId,
            ProductId = subscription.ProductId,
            PlanId = subscription.PlanId,
            PromotionCode = subscription.Coupons.LastOrDefault(coupon => coupon.RemovedAt is null)?.PromotionCode,
            Status = subscription.Status,
            PricingType = subscription.PricingType,
            BillingPeriod = subscription.BillingPeriod,
            StartDate = subscription.StartDate,
            TrialEndDate = subscription.TrialEndDate,
            BillingCycleAnchor = subscription.BillingCycleAnchor,
            CurrentPeriodStart = subscription.CurrentBillingPeriodStart,
            CurrentPeriodEnd = subscription.CurrentBillingPeriodEnd,
            CancellationDate = subscription.CancellationDate,
            CancelReason = subscription.CancelReason,
            PaymentCollectionMethod = subscription.PaymentCollectionMethod,
            Currency = charges.Select(c => PriceCalculator.CurrencyOf(c.Charge)).FirstOrDefault(c => c is not null),
            Items = [.. charges.Select(charge => Item(subscription, charge))],
            Metadata = subscription.Metadata,
        };

    private static ProviderItem Item(Subscription subscription, SubscriptionCharge charge) => new()
    {
        PackageId = charge.Package.Id,
        PackageName = charge.Package.DisplayName,
        Model = charge.Charge.Model,
        Cadence = charge.Charge.Cadence,
        FeatureId = charge.Charge.FeatureId,
        CreditCurrencyId = charge.Charge.TopUpCurrencyId,
        Quantity = UnitsOf(subscription, charge.Charge) * charge.Quantity,
        Price = charge.Charge.Price,
        BlockSize = charge.Charge.BlockSize,
        TiersMode = charge.Charge.TiersMode,
        Tiers = charge.Charge.Tiers ?? [],
    };

    private static decimal? UnitsOf(Subscription subscription, Charge charge) => charge switch
    {
        { Model: BillingModel.UsageBased } => null,
        { Model: BillingModel.PerUnit, FeatureId: { } feature }
            when subscription.Quantities.TryGetValue(feature, out var units) =>
            units,
        { TopUpCurrencyId: { } currency } when subscription.CreditQuantities.TryGetValue(currency, out var credits) =>
            credits,
        _ => charge.MinUnitQuantity ?? 1,
    };
}
