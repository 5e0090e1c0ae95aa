using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>
/// Describes what a change costs, inside the transaction that made it and will be rolled back (spec subscriptions 11).
/// </summary>
public sealed class DescribePreview(
    CatalogReader catalog, CustomerReader customers, IUsageForBilling usage, ISubscriptionCredits credits,
    Invoicing invoicing)
{
    private readonly BilledChangeReader _reader = new(catalog, customers, usage, credits);
    private readonly WaitingUpdates _waiting = new(catalog, customers);
    private readonly SubscriptionStore _store = new();

    /// <param name="work">The transaction.</param>
    /// <param name="subject">The subscription after the change.</param>
    /// <param name="invoices">The bills that the change made.</param>
    /// <param name="direction">Whether it changes to a greater or a smaller plan.</param>
    internal async Task<SubscriptionPreview> OfAsync(
        Work work, Subscription subject, IReadOnlyList<Invoice> invoices, PlanDirection direction)
    {
        var (session, environment, now) = (work.Session, work.Scope.EnvironmentId, work.Scope.Now);
        var record = subject.IsEnded ? null : await _reader.RecordAsync(session, environment, subject, now);
        var beginning = subject.IsEnded ? null : await BeginningAsync(work, subject);
        var running = subject.IsEnded ? null : Running(subject, beginning);
        var bill = invoices.FirstOrDefault(invoice => invoice.SubscriptionId == subject.Id);
        return new()
        {
            Immediate = Immediate(bill, record, running, now),
            Recurring = await RecurringAsync(work, subject, record, Next(subject, beginning)),
            Period = running is null ? null : new(running.Start, running.End),
            FreeItems = record is null ? [] : FreeItemWaiver.Of(record.Content),
            HasScheduledUpdates = subject.Status == SubscriptionStatus.NotStarted
                || subject.FutureUpdates.Any(update => update.IsScheduled),
            IsPlanDowngrade = direction == PlanDirection.Downgrade,
        };
    }

    private static PreviewedInvoice Immediate(
        Invoice? bill, BilledRecord? record, PreviewedPeriod? running, Instant now)
    {
        var period = running is { End: { } end } ? new BillingWindow(running.Start, end) : (BillingWindow?)null;
        return bill is null
            ? new() { Currency = record?.Content.Currency, Period = period }
            : new()
            {
                Lines = bill.Lines,
                Amounts = bill.Amounts,
                Currency = bill.Currency,
                Period = period,
                Coupon = bill.Discounts.FirstOrDefault(terms => Discounts.Covers(terms, now, bill.Currency)),
            };
    }

    /// <summary>
    /// The in-advance lines of the period after the running one, of what will be held then: updates that wait until its
    /// start are carried out. The balance does not pay for it yet.
    /// </summary>
    private async Task<PreviewedInvoice> RecurringAsync(
        Work work, Subscription subject, BilledRecord? record, BillingWindow? next)
    {
        if (next is not { } period || EndsBefore(subject, period))
            return record is null ? PreviewedInvoice.Nothing : new() { Currency = record.Content.Currency };
        var (session, environment) = (work.Session, work.Scope.EnvironmentId);
        var then = await _waiting.DoneByAsync(session, environment, subject, period.Start);
        if (then != subject)
        {
            record = await _reader.RecordAsync(session, environment, then, period.Start);
            period = PeriodThen(subject, then, period);
        }

        if (record is null)
            return PreviewedInvoice.Nothing;
        var discounts = await _reader.DiscountsAsync(session, environment, then);
        var lines = InAdvance.Lines(record.Content, period);
        var taxes = await invoicing.TaxesAsync(session, environment, then.InvoiceTerms?.TaxPercentage);
        var totals = InvoiceTotals.Of(lines, record.Content.Currency, discounts, taxes, balance: 0);
        return new()
        {
            Lines = totals.Lines,
            Amounts = totals.Amounts,
            Currency = record.Content.Currency,
            Period = period,
            Coupon = discounts.FirstOrDefault(
                terms => Discounts.Covers(terms, period.Start, record.Content.Currency)),
        };
    }

    /// <summary>An update that starts the cycle again brings a full period of its own.</summary>
    private static BillingWindow PeriodThen(Subscription subject, Subscription then, BillingWindow period) =>
        then.BillingCycleAnchor == subject.BillingCycleAnchor
        || then is not { CurrentBillingPeriodStart: { } start, CurrentBillingPeriodEnd: { } end }
            ? period
            : new(start, end);

    /// <summary>A planned end leaves no further period. What a trial would cost is shown although it may just end.</summary>
    private static bool EndsBefore(Subscription subject, BillingWindow period) =>
        (subject.CancellationDate ?? subject.EndDate) is { } end && end <= period.Start;

    /// <summary>
    /// The first periods of what is not paid for yet, a later start or a trial, where the environment has them begin; those
    /// of a trial without an end as if it were bought now, or at its start. Null
    /// when its periods run, or it has none.
    /// </summary>
    private async Task<BeginningPeriods?> BeginningAsync(Work work, Subscription subject)
    {
        if (subject is not { BillingPeriod: { } period } || HasCycle(subject))
            return null;
        var (session, environment) = (work.Session, work.Scope.EnvironmentId);
        var anchor = (await invoicing.SettingsAsync(session, environment)).Anchor;
        IEnumerable<Subscription> others = anchor == BillingAnchor.SubscriptionsConsolidateBilling
            ? (await _store.ListOfCustomerAsync(session, environment, subject.CustomerId)).Select(row => row.Value)
            : [];
        return BillingAnchors.Begin(
            subject, period, anchor, others, subject.TrialEndDate ?? Instant.Max(subject.StartDate, work.Scope.Now));
    }

    private static bool HasCycle(Subscription subject) =>
        subject is { BillingCycleAnchor: not null, CurrentBillingPeriodEnd: not null };

    /// <summary>What runs after the change: a billing period, a trial, or the first period of a later start.</summary>
    private static PreviewedPeriod? Running(Subscription subject, BeginningPeriods? beginning) => subject switch
    {
        { CurrentBillingPeriodStart: { } start } => new(start, subject.CurrentBillingPeriodEnd),
        { Status: SubscriptionStatus.NotStarted, StartsAsTrial: true } => new(subject.StartDate, subject.TrialEndDate),
        _ => beginning is null ? null : new(beginning.First.Start, beginning.First.End),
    };

    /// <summary>The full period after that; of what has not started yet the first full one is the news.</summary>
    private static BillingWindow? Next(Subscription subject, BeginningPeriods? beginning) =>
        !subject.IsEnded && HasCycle(subject) && subject.BillingPeriod is { } period
            ? BillingPeriods.Containing(subject.BillingCycleAnchor!.Value, period, subject.CurrentBillingPeriodEnd!.Value)
            : beginning?.Whole;
}
