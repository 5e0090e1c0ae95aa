using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Makes the purchases of auto-recharge (spec credits 10), under the customer's lock and in one transaction with the
/// grant: one attempt at a time, and none is lost or made twice.
/// </summary>
public sealed class RunRecharges(
    Invoicing invoicing, SubscriptionReader subscriptions, CatalogReader catalog)
{
    private readonly AutoRechargeStore _store = new();

    /// <summary>
    /// Everything due of the customer; how many configurations were looked at. The caller writes the books.
    /// </summary>
    internal async Task<int> RunDueAsync(
        Work work, CreditBooks books, CustomerId customer, CancellationToken cancellationToken)
    {
        var due = await _store.ListDueOfCustomerAsync(work.Session, work.Scope.EnvironmentId, customer, work.Scope.Now);
        foreach (var row in due)
        {
            var after = await RunAsync(work, books, row.Value, cancellationToken);
            await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, after);
        }

        return due.Count;
    }

    /// <summary>
    /// The price of the currency on the customer's live subscriptions, the cheapest for one credit; null without.
    /// </summary>
    internal async Task<TopUpPrice?> PriceAsync(
        Session session, EnvironmentId environment, CustomerId customer, CurrencyId currency)
    {
        var charges = new List<Charge>();
        foreach (var subscription in (await subscriptions.OpenOfCustomerAsync(session, environment, customer))
            .Where(s => s.IsLive))
        {
            var plan = await catalog.PlanVersionAsync(
                session, environment, subscription.PlanId, subscription.PriceVersion);
            charges.AddRange(plan?.Charges ?? []);
            foreach (var addon in subscription.Addons)
            {
                var held = await catalog.AddonVersionAsync(session, environment, addon.Id, addon.PriceVersion);
                charges.AddRange(held?.Charges ?? []);
            }
        }

        return charges
            .Where(c => c.TopUpCurrencyId == currency
                && c is { Cadence: BillingCadence.OneOff, Model: BillingModel.PerUnit })
            .OrderBy(c => c.CountryCode is not null)
            .ThenBy(c => PriceCalculator.Amount(c, 1).Amount)
            .Select(charge => new TopUpPrice(charge))
            .FirstOrDefault();
    }

    /// <summary>One attempt, or the reason why there is none; the configuration as it is then.</summary>
    private async Task<AutoRecharge> RunAsync(
        Work work, CreditBooks books, AutoRecharge stored, CancellationToken cancellationToken)
    {
        var scope = work.Scope;
        if (!stored.IsEnabled)
            return stored with { DueAt = null };
        var key = new PoolKey(stored.CustomerId, null, stored.CurrencyId);
        var price = await PriceAsync(work.Session, scope.EnvironmentId, stored.CustomerId, stored.CurrencyId);
        if (price is null)
            return SwitchOff(work, stored, $"No live subscription sells credits of '{stored.CurrencyId}' any more.");
        var (recharge, credits, cost) = AutoRechargeRules.Decide(
            stored, books.At(scope, key).Balance, price, scope.Now);
        if (credits == 0)
            return recharge.IsHeld ? Tell(work, recharge, 0) : recharge;
        if (!await invoicing.HasPaymentMethodAsync(work.Session, scope.EnvironmentId, stored.CustomerId))
            return SwitchOff(work, recharge, $"Customer '{stored.CustomerId}' has no payment method any more.");
        var grant = GrantOf(recharge, credits, new(cost, price.Currency), scope.Now);
        var invoice = await invoicing.IssueAsync(
            work, CreditBills.Of(grant, scope.Now, isPaid: false), cancellationToken);
        if (invoice.Status != InvoiceStatus.Paid)
        {
            // Nothing is owed for credits that were never granted.
            await invoicing.VoidAsync(work, invoice.Uid, scope.Now, cancellationToken);
            return SwitchOff(work, recharge, invoice.ErrorMessage ?? "The payment needs the customer's action.");
        }

        var book = books.At(scope, key);
        var granted = book.Grant(CreditBills.Billed(grant, invoice), scope.Now);
        books.Done(scope, key);
        work.Record(AutoRechargeRules.Attempted(recharge, granted, null));
        var after = Tell(work, recharge, cost);
        // A purchase that was capped may not have been enough.
        return book.Balance < after.ThresholdCredits ? after with { DueAt = scope.Now } : after;
    }

    private static AutoRecharge Tell(Work work, AutoRecharge recharge, decimal cost)
    {
        var (after, told) = AutoRechargeRules.Spend(recharge, cost);
        work.Record(told.Select(threshold => AutoRechargeRules.LimitReached(after, threshold)));
        return after;
    }

    /// <summary>A failed payment ends it: the customer enables it again (spec credits 10).</summary>
    private static AutoRecharge SwitchOff(Work work, AutoRecharge recharge, string reason)
    {
        var off = recharge with { IsEnabled = false, DueAt = null, UpdatedAt = work.Scope.Now };
        work.Record(AutoRechargeRules.Attempted(recharge, null, reason));
        work.Record(AutoRechargeRules.Changed(recharge, off, "SYSTEM", reason));
        return off;
    }

    private static CreditGrant GrantOf(AutoRecharge recharge, decimal credits, Money cost, NodaTime.Instant now)
    {
        var ids = GrantIdSource.Next();
        return new()
        {
            Uid = ids.Uid,
            Id = ids.Id,
            DisplayName = "Automatic recharge",
            Type = CreditGrantType.Paid,
            Status = CreditGrantStatus.PaymentPending,
            CustomerId = recharge.CustomerId,
            CurrencyId = recharge.CurrencyId,
            Amount = credits,
            Cost = cost,
            Method = PaymentCollectionMethod.Charge,
            PaymentCollection = PaymentCollection.Processing,
            EffectiveAt = now,
            ExpireAt = AutoRechargeRules.ExpiryOf(recharge, now),
            Comment = "Automatic recharge",
            AutoRechargeUid = recharge.Uid,
            CreatedAt = now,
            UpdatedAt = now,
        };
    }
}
