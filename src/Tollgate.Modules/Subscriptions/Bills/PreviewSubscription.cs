using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>
/// Says what a provisioning would cost by provisioning and rolling back: the executed call makes a bill with exactly these
/// lines (spec subscriptions 11).
/// </summary>
public sealed class PreviewSubscription(
    UnitOfWork unitOfWork, SubscribeCustomer subscribe, CatalogReader catalog, CustomerReader customers,
    IUsageForBilling usage, Invoicing invoicing)
{
    private readonly BilledChangeReader _reader = new(catalog, customers, usage);

    public Task<Result<SubscriptionPreview>> ExecuteAsync(
        OperationScope scope, ProvisionInput input, CancellationToken cancellationToken) =>
        unitOfWork.PreviewAsync<SubscriptionPreview>(
            scope,
            SubscribeCustomer.Locks(scope.EnvironmentId, input.Request),
            async (work, token) => (await subscribe.ApplyAsync(work, input, token)).TryGet(out var done, out var refusal)
                // A preview opens no checkout.
                ? await DescribeAsync(work, done.Subscription!.Subscription, done.Invoices, done.IsScheduled, done.Direction)
                : refusal,
            cancellationToken);

    /// <summary>What a change costs now and each period, from what it wrote.</summary>
    /// <param name="work">The transaction of the change.</param>
    /// <param name="subject">The subscription after it.</param>
    /// <param name="invoices">The bills it made.</param>
    /// <param name="isScheduled">Part or all of it waits.</param>
    /// <param name="direction">Whether the plan goes up or down.</param>
    internal async Task<SubscriptionPreview> DescribeAsync(
        Work work, Subscription subject, IReadOnlyList<Invoice> invoices, bool isScheduled, PlanDirection direction)
    {
        var (session, environment, now) = (work.Session, work.Scope.EnvironmentId, work.Scope.Now);
        var record = await _reader.RecordAsync(session, environment, subject, now);
        var running = Running(subject, now);
        var bill = invoices.FirstOrDefault(invoice => invoice.SubscriptionId == subject.Id);
        return new()
        {
            Immediate = Immediate(bill, record, running, now),
            Recurring = record is null
                ? PreviewedInvoice.Nothing
                : await RecurringAsync(work, record, running),
            Period = running is null ? null : new(running.Start, running.End),
            FreeItems = record is null ? [] : FreeItemWaiver.Of(record.Content),
            HasScheduledUpdates = isScheduled,
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

    /// <summary>The in-advance lines of the period after the running one; the balance does not pay for it yet.</summary>
    private async Task<PreviewedInvoice> RecurringAsync(Work work, BilledRecord record, PreviewedPeriod? running)
    {
        var subject = record.Subscription;
        if (Next(subject, running) is not { } period || EndsBefore(subject, period))
            return new() { Currency = record.Content.Currency };

        var discounts = await _reader.DiscountsAsync(work.Session, work.Scope.EnvironmentId, subject);
        var lines = InAdvance.Lines(record.Content, period);
        var taxes = await invoicing.TaxesAsync(
            work.Session, work.Scope.EnvironmentId, subject.InvoiceTerms?.TaxPercentage);
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

    /// <summary>A planned end leaves no further period. What a trial would cost is shown although it may just end.</summary>
    private static bool EndsBefore(Subscription subject, BillingWindow period) =>
        (subject.CancellationDate ?? subject.EndDate) is { } end && end <= period.Start;

    /// <summary>What runs after the change: a billing period, a trial, or the first period of a later start.</summary>
    private static PreviewedPeriod? Running(Subscription subject, Instant now) => subject switch
    {
        { CurrentBillingPeriodStart: { } start } => new(start, subject.CurrentBillingPeriodEnd),
        { Status: SubscriptionStatus.NotStarted, TrialEndDate: { } trialEnd } => new(subject.StartDate, trialEnd),
        { BillingPeriod: { } period } => FirstPeriod(period, Instant.Max(subject.StartDate, now)),
        _ => null,
    };

    private static PreviewedPeriod FirstPeriod(Domain.Catalog.BillingPeriod period, Instant start) =>
        new(start, BillingPeriods.Nth(start, period, 0).End);

    /// <summary>The full period after that; of what has not started yet the first one is the news.</summary>
    private static BillingWindow? Next(Subscription subject, PreviewedPeriod? running) => subject switch
    {
        { BillingPeriod: null } => null,
        { BillingCycleAnchor: { } anchor, CurrentBillingPeriodEnd: { } end } =>
            BillingPeriods.Containing(anchor, subject.BillingPeriod.Value, end),
        { TrialEndDate: { } trialEnd } => BillingPeriods.Nth(trialEnd, subject.BillingPeriod.Value, 0),
        _ => running is null ? null : BillingPeriods.Nth(running.Start, subject.BillingPeriod.Value, 0),
    };
}
