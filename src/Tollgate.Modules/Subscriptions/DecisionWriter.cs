using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Subscriptions.Bills;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// Makes a decision about subscriptions part of the transaction: bills, rows, trials had, usage resets, events and notices.
/// </summary>
public sealed class DecisionWriter(
    CatalogReader catalog, CustomerWriter customers, DecisionBiller biller, CreditFollower follower,
    ISubscriptionCredits credits)
{
    private readonly SubscriptionStore _store = new();
    private readonly PlanFactsReader _plans = new(catalog);

    /// <summary>Bills and writes what a call decided.</summary>
    internal async Task<BilledDecision> WriteAsync(
        Work work, CustomerId customer, SubscriptionRecords records, SubscriptionDecision decision,
        BillingChoices choices, CancellationToken cancellationToken)
    {
        var (now, first) = (work.Scope.Now, work.Events.Count);
        decision = UnpaidChanges.Replaced(decision, now);
        var bill = await biller.PlanAsync(work, decision, now, choices);
        var billed = await biller.IssueAsync(work, decision, bill, now, choices, cancellationToken);
        var (followed, instructions) = await follower.FollowAsync(
            work.Session, work.Scope.EnvironmentId, billed.Decision, now);
        await WriteAsync(work, customer, records, followed);
        work.Record(followed.Events, first);
        await credits.ApplyAsync(work, [.. billed.Settlements, .. instructions], now, cancellationToken);
        return billed with { Decision = followed };
    }

    /// <summary>Bills and writes what time alone did, at its own instant; the records it wrote.</summary>
    internal async Task<IReadOnlyList<Subscription>> WriteDueAsync(
        Work work, CustomerId customer, SubscriptionRecords records, SubscriptionDecision decision, Instant at,
        CancellationToken cancellationToken)
    {
        var first = work.Events.Count;
        decision = UnpaidChanges.Replaced(decision, at);
        var bill = await biller.PlanAsync(work, decision, at, BillingChoices.OfTime);
        var billed = await biller.IssueAsync(work, decision, bill, at, BillingChoices.OfTime, cancellationToken);
        var (followed, instructions) = await follower.FollowAsync(
            work.Session, work.Scope.EnvironmentId, billed.Decision, at);
        var written = await WriteAsync(work, customer, records, followed);
        work.RecordDue(followed.Events, at, first);
        await credits.ApplyAsync(work, [.. billed.Settlements, .. instructions], at, cancellationToken);
        return written;
    }

    /// <summary>Whether what time would do asks for a payment that its payer has no method for.</summary>
    internal async Task<bool> IsMethodMissingAsync(Work work, SubscriptionDecision decision, Instant at)
    {
        var bill = await biller.PlanAsync(work, decision, at, BillingChoices.Default);
        return bill.Drafts.FirstOrDefault(draft => draft.Subject == decision.Subject.Uid) is { } draft
            && await biller.IsMethodMissingAsync(work, draft, hasCheckoutOptions: false);
    }

    private async Task<IReadOnlyList<Subscription>> WriteAsync(
        Work work, CustomerId customer, SubscriptionRecords records, SubscriptionDecision decision)
    {
        if (decision.IsNoChange && decision.UsageCutoffs.Count == 0)
            return [];
        string? currency = null;
        var written = new List<Subscription>();
        foreach (var changed in decision.Changed)
        {
            var (after, inCurrency) = await WithPaymentAsync(work, changed);
            currency ??= inCurrency;
            if (records.Row(changed.Uid) is { } row)
                await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, after);
            else
                await _store.InsertAsync(work.Session, work.Scope.EnvironmentId, after);
            written.Add(after);
        }

        await customers.KeepAsync(work, customer, decision.TrialsStarted, currency);
        foreach (var mark in decision.UsageCutoffs)
            await ResetUsageAsync(work, mark, records, decision);
        work.AccessChanged(customer);
        return written;
    }

    /// <summary>Notes on the record that it is paid for, and says in which currency.</summary>
    private async Task<(Subscription After, string? Currency)> WithPaymentAsync(Work work, Subscription subscription)
    {
        if (subscription is not { Status: SubscriptionStatus.Active, PricingType: PricingType.Paid, WasPaid: false })
            return (subscription, null);
        var charges = (await _plans.ChargesAsync(work.Session, work.Scope.EnvironmentId, subscription))
            .Select(c => c.Charge).ToList();
        return (
            subscription with { WasPaid = charges.Any(CostsSomething) },
            charges.Select(PriceCalculator.CurrencyOf).FirstOrDefault(c => c is not null));
    }

    private static bool CostsSomething(Charge charge) => charge.Price is { Amount: > 0 }
        || charge.Tiers?.Any(t => t.UnitPrice is { Amount: > 0 } || t.FlatPrice is { Amount: > 0 }) == true;

    /// <summary>One reset for every metered feature that has a reset period in the scope, before or after the change.</summary>
    private async Task ResetUsageAsync(
        Work work, UsageCutoffMark mark, SubscriptionRecords records, SubscriptionDecision decision)
    {
        var contents = records.Open(mark.ProductId, mark.ResourceId)
            .Concat(decision.Changed.Where(s => s.ProductId == mark.ProductId && s.ResourceId == mark.ResourceId));
        if (records.LastEnded(mark.ProductId, mark.ResourceId) is { } ended)
            contents = contents.Prepend(ended);
        var resettable = new HashSet<FeatureId>();
        foreach (var content in contents)
        {
            var held = await _plans.HeldAsync(work.Session, work.Scope.EnvironmentId, content);
            resettable.UnionWith(held.Plan.Entitlements.Where(e => e.Reset is not null).Select(e => e.FeatureId));
            resettable.UnionWith(content.Overrides.Where(o => o.Reset is not null).Select(o => o.FeatureId));
            var addons = held.Addons.Values.ToList();
            resettable.UnionWith(addons.SelectMany(a => a.Content.Entitlements).Where(e => e.Reset is not null)
                .Select(e => e.FeatureId));
            resettable.UnionWith(addons.Select(a => a.Prices).Prepend(held.Prices).SelectMany(p => p.Charges)
                .Where(c => c is { Reset: not null, FeatureId: not null }).Select(c => c.FeatureId!.Value));
        }

        var features = await _plans.FeaturesAsync(work.Session, work.Scope.EnvironmentId, resettable);
        foreach (var feature in features.Values.Where(f => f.IsMetered).OrderBy(f => f.Id.Value, StringComparer.Ordinal))
        {
            await _store.InsertUsageResetAsync(
                work.Session, work.Scope.EnvironmentId, mark.CustomerId, mark.ResourceId, feature.Id, mark.At);
        }
    }
}
