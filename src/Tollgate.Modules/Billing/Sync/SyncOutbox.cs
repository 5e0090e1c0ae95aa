using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Billing.Sync;

/// <summary>
/// Writes into every transaction what connected providers have to be told of it (spec integrations 1.1), from the
/// events it recorded: each change of a customer, subscription or invoice has one. Environments of the built-in billing
/// have no rows, and no statement is made for them.
/// </summary>
public sealed class SyncOutbox(BillingProviders providers) : IWorkFollower
{
    private readonly BillingCustomerStore _customers = new();
    private readonly SyncStore _store = new();

    public Task FollowAsync(IReadOnlyList<Work> works, CancellationToken cancellationToken) =>
        providers.AnyIsTold ? MarkAllAsync(works) : Task.CompletedTask;

    /// <summary>Whether the provider that the payer lives in is told what subscriptions use.</summary>
    public async Task<bool> TakesUsageAsync(Work work, CustomerId payer) =>
        providers.AnyIsTold && await ProviderOfAsync(work, payer) is { } provider
        && provider.AbilitiesIn(work.Scope.Environment).Usage;

    /// <summary>Notes what a subscription has used so far in the stretches that are not billed yet.</summary>
    public async Task MarkUsageAsync(Work work, CustomerId payer, string currency, IEnumerable<InvoiceLine> lines)
    {
        if (await ProviderOfAsync(work, payer) is not { } provider)
            return;
        await _store.MarkAsync(work.Session, work.Scope.EnvironmentId, PayerMark(provider, payer, work.Scope.Now));
        foreach (var mark in UsageMarks(provider, payer, currency, null, lines, work.Scope.Now))
            await _store.MarkAsync(work.Session, work.Scope.EnvironmentId, mark);
    }

    private async Task MarkAllAsync(IReadOnlyList<Work> works)
    {
        var marks = new Dictionary<(int Environment, string Integration, SyncedKind Kind, string Entity), SyncMark>();
        foreach (var work in works)
        {
            foreach (var recorded in work.Events)
            {
                foreach (var mark in await MarksAsync(work, recorded.Event))
                {
                    var key = (work.Scope.EnvironmentId.Value, mark.IntegrationId, mark.Kind, mark.EntityId);
                    marks[key] = marks.TryGetValue(key, out var known) ? Join(known, mark) : mark;
                }
            }
        }

        // In one order, so that two transactions never wait for each other's rows.
        foreach (var (key, mark) in marks.OrderBy(m => m.Key.Environment).ThenBy(m => m.Key.Kind)
            .ThenBy(m => m.Key.Entity, StringComparer.Ordinal))
        {
            await _store.MarkAsync(works[0].Session, new(key.Environment), mark);
        }
    }

    private async Task<IReadOnlyList<SyncMark>> MarksAsync(Work work, DomainEvent change)
    {
        var at = work.Scope.Now;
        switch (change.After)
        {
            case Customer customer when await ProviderOfAsync(work, customer.Id) is { } provider:
                var linked = await LinkedAsync(work, customer.Id);
                return
                [
                    new(provider.IntegrationId, SyncedKind.Customer, customer.Id.Value, customer.Id, at)
                    {
                        Scope = linked is null ? SyncScope.Known : SyncScope.Always,
                        SyncedId = linked?.BillingId,
                    },
                ];
            case Subscription subscription when PayerOf(subscription) is var payer
                && await ProviderOfAsync(work, payer) is { } provider:
                var isBilled = IsBilled(subscription);
                var mark = new SyncMark(
                    provider.IntegrationId, SyncedKind.Subscription, subscription.Id.Value, payer, at)
                {
                    Scope = isBilled ? SyncScope.Always : SyncScope.Known,
                };
                return isBilled ? [PayerMark(provider, payer, at), mark] : [mark];
            case Invoice { IssuedAt: not null } invoice
                when await ProviderOfAsync(work, invoice.CustomerId) is { } provider:
                return
                [
                    .. MarksOf(provider, invoice, at),
                    .. change.Type == EventType.InvoiceIssued && IsTold(invoice)
                        && provider.AbilitiesIn(work.Scope.Environment).Usage
                            ? UsageMarks(provider, invoice.CustomerId, invoice.Currency, invoice.Uid, invoice.Lines, at)
                            : [],
                ];
            default:
                return [];
        }
    }

    private static IEnumerable<SyncMark> MarksOf(IBillingProvider provider, Invoice invoice, Instant at)
    {
        if (IsTold(invoice))
            yield return PayerMark(provider, invoice.CustomerId, at);
        yield return new(provider.IntegrationId, SyncedKind.Invoice, invoice.Uid.ToString(), invoice.CustomerId, at)
        {
            Scope = IsTold(invoice) ? SyncScope.Always : SyncScope.Known,
            SubscriptionId = invoice.SubscriptionId,
        };
    }

    /// <summary>Nothing of what collects nothing is made at a provider.</summary>
    private static bool IsTold(Invoice invoice) => invoice.Method != PaymentCollectionMethod.None;

    /// <summary>
    /// Free, trial and custom ones are not billed, nor is what collects nothing (spec integrations 2.2).
    /// </summary>
    private static bool IsBilled(Subscription subscription) => subscription is
    {
        PricingType: PricingType.Paid,
        Status: SubscriptionStatus.Active,
        PaymentCollectionMethod: not PaymentCollectionMethod.None,
    };

    private static SyncMark PayerMark(IBillingProvider provider, CustomerId payer, Instant at) =>
        new(provider.IntegrationId, SyncedKind.Customer, payer.Value, payer, at) { Scope = SyncScope.Missing };

    /// <summary>One a subscription and stretch of time.</summary>
    private static IEnumerable<SyncMark> UsageMarks(
        IBillingProvider provider, CustomerId payer, string currency, Guid? invoice, IEnumerable<InvoiceLine> lines,
        Instant at)
    {
        var stretches = lines.Where(line => line is { Usage: not null, SubscriptionId: not null })
            .GroupBy(line => (Subscription: line.SubscriptionId!.Value, line.PeriodStart));
        foreach (var stretch in stretches)
        {
            var usage = new ProviderUsage
            {
                SubscriptionId = stretch.Key.Subscription,
                PayerId = payer,
                PeriodStart = stretch.Key.PeriodStart,
                PeriodEnd = stretch.Max(line => line.PeriodEnd),
                Currency = currency,
                InvoiceUid = invoice,
                Lines = [.. stretch.Select(line => new ProviderUsageLine(
                    line.PackageId,
                    line.Key?.FeatureId,
                    line.Usage!.Value,
                    line.Amount,
                    line.Type == InvoiceLineType.OverageCharge)
                {
                    CreditCurrencyId = line.Key?.CurrencyId,
                })],
            };
            var start = InstantPattern.ExtendedIso.Format(usage.PeriodStart);
            yield return new(
                provider.IntegrationId,
                SyncedKind.UsageCharge,
                $"{usage.SubscriptionId}/{start}",
                payer,
                at)
            {
                SubscriptionId = usage.SubscriptionId,
                Payload = JsonSerializer.Serialize(usage, BodyJson.Default.ProviderUsage),
            };
        }
    }

    /// <summary>
    /// Two changes of one entity in a transaction are one: the later says more, the wider reaches further.
    /// </summary>
    private static SyncMark Join(SyncMark earlier, SyncMark later) => (earlier.Scope, later.Scope) switch
    {
        (SyncScope.Always, SyncScope.Missing) => earlier,
        (SyncScope.Always, SyncScope.Known) => earlier with { At = later.At },
        // Told if it is known and made known if it is not: that is always.
        (SyncScope.Known, SyncScope.Missing) or (SyncScope.Missing, SyncScope.Known) =>
            later with { Scope = SyncScope.Always },
        _ => later,
    };

    private static CustomerId PayerOf(Subscription subscription) =>
        subscription.PayingCustomerId ?? subscription.CustomerId;

    /// <summary>The provider the customer lives in, if it is told of changes.</summary>
    private async Task<IBillingProvider?> ProviderOfAsync(Work work, CustomerId customer)
    {
        var provider = await _customers.FindAsync(work.Session, work.Scope.EnvironmentId, customer) is { } linked
            ? providers.FindOrNull(linked.Value.IntegrationId)
            : providers.DefaultOf(work.Scope.Environment);
        return provider?.Sync is null ? null : provider;
    }

    private async Task<BillingCustomer?> LinkedAsync(Work work, CustomerId customer) =>
        (await _customers.FindAsync(work.Session, work.Scope.EnvironmentId, customer))?.Value;
}
