using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions.Histories;

/// <summary>Holds what was previewed against what was billed, at once and when the next period begins.</summary>
internal sealed class PreviewComparison(ModuleHost host, History history, string customer)
{
    private Recurring? _expected;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Something happens that the preview of the next period did not know of.</summary>
    public void ExpectNothing() => _expected = null;

    /// <summary>The bill of the next period has the recurring lines that were previewed, when nothing came between.</summary>
    public async Task RenewalAsync()
    {
        if (_expected is not { } expected)
            return;
        var current = (await host.StoredAsync(customer)).FirstOrDefault(s => s.Uid == expected.Subject);
        if (current is not { Status: SubscriptionStatus.Active } || current.CurrentBillingPeriodStart < expected.Period.Start)
            return;
        _expected = null;
        if (current.CurrentBillingPeriodStart != expected.Period.Start)
            return;
        var made = (await InvoicesAsync()).Where(i => i.IssuedAt == expected.Period.Start && i.SubscriptionId == current.Id)
            .SelectMany(i => i.Lines)
            .Where(l => !l.IsProration && (l.PeriodStart, l.PeriodEnd) == (expected.Period.Start, expected.Period.End))
            .Select(l => (l.Description, l.Amount, l.PeriodEnd));
        Assert.True(
            made.SequenceEqual(expected.Lines),
            $"renewed with {string.Join("; ", made)}, previewed {string.Join("; ", expected.Lines)} in {history}");
    }

    public void Same(SubscriptionPreview preview, IReadOnlyList<Invoice> made, Subscription subject, object step)
    {
        var bill = made.FirstOrDefault(i => i.SubscriptionId == subject.Id);
        var expected = bill?.Lines.Select(Describe) ?? [];
        Assert.True(
            preview.Immediate.Lines.Select(Describe).SequenceEqual(expected)
                && preview.Immediate.Amounts == (bill?.Amounts ?? preview.Immediate.Amounts),
            $"{step} makes {(bill is null ? "no bill" : Describe(bill))}, previewed "
            + $"{string.Join("; ", preview.Immediate.Lines.Select(Describe))} {preview.Immediate.Amounts} in {history}");
        Assert.True(preview.HasScheduledUpdates
            == (subject.Status == SubscriptionStatus.NotStarted || subject.FutureUpdates.Any(u => u.IsScheduled)),
            $"{Describe(subject)} has scheduled updates {preview.HasScheduledUpdates} in {history}");
        // What waits for the end of a trial is done after the conversion was billed, on a bill of its own.
        _expected = preview.Recurring.Period is { } period && (subject.Status == SubscriptionStatus.Active
            || (subject.Status == SubscriptionStatus.InTrial && !preview.HasScheduledUpdates))
            ? new(subject.Uid, period, [.. preview.Recurring.Lines.Select(l => (l.Description, l.Amount, l.PeriodEnd))])
            : null;
    }

    public void SameRefusal(Refusal? previewed, Refusal? done, object step) => Assert.True(
        previewed?.Code == done?.Code, $"{step}: previewed {previewed?.Message}, done {done?.Message} in {history}");

    public async Task<IReadOnlyList<Invoice>> NewInvoicesAsync(IReadOnlyList<Invoice> before)
    {
        var known = before.Select(i => i.Uid).ToHashSet();
        return [.. (await InvoicesAsync()).Where(i => !known.Contains(i.Uid))];
    }

    /// <summary>All of the customer's, the oldest first.</summary>
    public async Task<IReadOnlyList<Invoice>> InvoicesAsync()
    {
        var all = new List<Invoice>();
        Guid? after = null;
        do
        {
            var page = (await host.Get<InvoiceUseCases>().ListAsync(
                host.Scope(), new() { CustomerId = new(customer) }, new(100, after, null), Cancellation)).Value;
            all.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);
        all.Reverse();
        return all;
    }

    public static string Describe(Subscription subject) =>
        $"{subject.Status} {subject.PlanId} {string.Join(", ", subject.FutureUpdates.Select(u => (u.Type, u.Status)))}";

    public static string Describe(InvoiceLine line) =>
        $"{line.Description} {line.Amount} = {line.Quantity} x {line.UnitPrice} - {line.Discount} "
        + $"[{line.PeriodStart}, {line.PeriodEnd}){(line.IsProration ? " prorated" : "")}";

    public static string Describe(Invoice invoice) =>
        $"{invoice.Number} {string.Join("; ", invoice.Lines.Select(Describe))} {invoice.Amounts}";

    /// <summary>What a preview said about the next period.</summary>
    private sealed record Recurring(
        Guid Subject, BillingWindow Period, IReadOnlyList<(string Description, decimal Amount, Instant End)> Lines);
}
