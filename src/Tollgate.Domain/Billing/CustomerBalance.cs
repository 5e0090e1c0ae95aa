using NodaTime;

namespace Tollgate.Domain.Billing;

/// <summary>
/// One entry of what a customer has in credit in a currency (spec catalog 9.12): given by a credit note, used by an
/// invoice, returned by a voided one. The balance is the sum of the entries.
/// </summary>
public sealed record BalanceEntry
{
    public required Guid Uid { get; init; }
    public required BalanceEntryKind Kind { get; init; }

    /// <summary>Positive gives, negative uses.</summary>
    public required decimal Amount { get; init; }

    /// <summary>What is left of a credit note; 0 for one that used or returned.</summary>
    public required decimal Remaining { get; init; }
    public required Guid InvoiceUid { get; init; }

    /// <summary>For an entry that used or returned: the entry that gave.</summary>
    public Guid? SourceUid { get; init; }
    public required Instant CreatedAt { get; init; }
}

public enum BalanceEntryKind
{
    /// <summary>A bill whose total was below 0.</summary>
    CreditNote,

    /// <summary>Paid (part of) an invoice.</summary>
    Used,

    /// <summary>The invoice it had paid was voided: the credit note it came from has it again.</summary>
    Returned,
}

public static class CustomerBalance
{
    /// <summary>Which entries pay <paramref name="amount"/>, oldest first, and how much each.</summary>
    /// <param name="given">Entries with something left, oldest first.</param>
    /// <param name="amount">More than 0 and at most what is left of all.</param>
    public static IReadOnlyList<(BalanceEntry Source, decimal Amount)> Use(
        IReadOnlyList<BalanceEntry> given, decimal amount)
    {
        var uses = new List<(BalanceEntry, decimal)>();
        foreach (var entry in given.Where(entry => entry.Remaining > 0))
        {
            if (amount <= 0)
                break;
            var part = Math.Min(entry.Remaining, amount);
            uses.Add((entry, part));
            amount -= part;
        }

        return amount <= 0
            ? uses
            : throw new ArgumentOutOfRangeException(nameof(amount), amount, "More than the balance holds.");
    }
}
