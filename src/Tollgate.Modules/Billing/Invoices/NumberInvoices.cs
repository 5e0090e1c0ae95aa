using System.Globalization;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Invoices;

/// <summary>
/// Gives the bills of a transaction their numbers and stores them, all together and last: whoever takes a number keeps every
/// other transaction of the environment from taking one until it ends, because numbers have no gaps.
/// </summary>
public sealed class NumberInvoices : IWorkFollower
{
    private readonly InvoiceStore _store = new();

    public Task FollowAsync(IReadOnlyList<Work> works, CancellationToken cancellationToken) =>
        RunAsync(works[0].Session, cancellationToken);

    /// <summary>Keeps a new DRAFT until then too: it has no number, but is stored with the others.</summary>
    internal static void AddDraft(Work work, Invoice draft) => Add(work, draft, null);

    /// <summary>Keeps an issued bill, and the events about it that <paramref name="work"/> recorded, until numbers are given.</summary>
    /// <param name="work">The transaction; not a preview, which numbers nothing.</param>
    /// <param name="issued">Everything but its number.</param>
    /// <param name="draft">The DRAFT it was; null for a bill that is not stored yet.</param>
    internal static void Add(Work work, Invoice issued, Versioned<Invoice>? draft)
    {
        if (!work.Session.Notes.TryGetValue(typeof(NumberInvoices), out var waiting))
            work.Session.Notes[typeof(NumberInvoices)] = waiting = new List<Unnumbered>();
        ((List<Unnumbered>)waiting!).Add(new(work, issued, draft));
    }

    /// <summary>Numbers and stores what the session issued so far; whoever reads invoices in it does this first.</summary>
    internal async Task RunAsync(Session session, CancellationToken cancellationToken)
    {
        if (!session.Notes.Remove(typeof(NumberInvoices), out var kept))
            return;
        foreach (var waiting in ((List<Unnumbered>)kept!).GroupBy(bill => bill.Work.Scope.EnvironmentId))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await RunAsync(session, waiting.Key, [.. waiting]);
        }
    }

    /// <summary>The bill with its number.</summary>
    internal async Task<Invoice> NumberedAsync(Work work, Invoice issued, CancellationToken cancellationToken)
    {
        await RunAsync(work.Session, cancellationToken);
        return (await _store.FindAsync(work.Session, work.Scope.EnvironmentId, issued.Uid))!.Value;
    }

    private async Task RunAsync(Session session, EnvironmentId environment, IReadOnlyList<Unnumbered> waiting)
    {
        var issued = waiting.Where(bill => bill.Issued.Status != InvoiceStatus.Draft).ToList();
        var number = issued.Count == 0 ? 0 : await _store.TakeNumbersAsync(session, environment, issued.Count);
        var numbers = issued.ToDictionary(bill => bill.Issued.Uid, bill => TextOf(bill.Issued, number++));
        // Rows and events share an object for as long as they show the same, so that it becomes text once.
        var numbered = new Dictionary<object, Invoice>(ReferenceEqualityComparer.Instance);
        foreach (var work in issued.Select(bill => bill.Work).Distinct())
            work.Rewrite(e => e with { Before = Shown(e.Before), After = Shown(e.After) });

        await _store.InsertAsync(
            session, environment, [.. waiting.Where(bill => bill.Draft is null).Select(bill => Numbered(bill.Issued))]);
        foreach (var (_, bill, draft) in waiting)
        {
            if (draft is not null)
                await _store.UpdateAsync(session, environment, draft, Numbered(bill));
        }

        object? Shown(object? body) =>
            body is Invoice { Number: null, Status: not InvoiceStatus.Draft } invoice && numbers.ContainsKey(invoice.Uid)
                ? Numbered(invoice)
                : body;

        Invoice Numbered(Invoice invoice)
        {
            if (invoice.Status == InvoiceStatus.Draft)
                return invoice;
            return numbered.TryGetValue(invoice, out var known)
                ? known
                : numbered[invoice] = invoice with { Number = numbers[invoice.Uid] };
        }
    }

    /// <summary>What stands where the number would be.</summary>
    internal static string OfPreview(Invoice issued) => Prefix(issued) + issued.Uid;

    private static string TextOf(Invoice issued, long number) =>
        Prefix(issued) + number.ToString("D6", CultureInfo.InvariantCulture);

    private static string Prefix(Invoice issued) => issued.IsCreditNote ? "CN-" : "INV-";

    private sealed record Unnumbered(Work Work, Invoice Issued, Versioned<Invoice>? Draft);
}
