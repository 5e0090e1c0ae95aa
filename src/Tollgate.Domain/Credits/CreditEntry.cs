using NodaTime;

namespace Tollgate.Domain.Credits;

/// <summary>
/// One immutable row of the ledger: a transfer of <paramref name="Amount"/> between two accounts that follow from
/// <paramref name="Kind"/>, one of them the grant's. Every movement therefore balances by construction, and the balance
/// of a grant is the sum of its entries (spec credits 12).
/// </summary>
/// <param name="Kind">What moved.</param>
/// <param name="GrantId">Whose account.</param>
/// <param name="Amount">In credits, 0 or more.</param>
/// <param name="At">When it was written.</param>
/// <param name="EventId">The consumption that caused it; null for what was not consumed.</param>
/// <param name="FeatureId">The feature that was used; null for direct consumption.</param>
public sealed record CreditEntry(
    CreditEntryKind Kind, string GrantId, decimal Amount, Instant At, string? EventId = null,
    FeatureId? FeatureId = null)
{
    /// <summary>What it does to the balance of the pool.</summary>
    public decimal SignedAmount => Accounts(Kind) switch
    {
        (_, LedgerAccount.Grant) => Amount,
        (LedgerAccount.Grant, _) => -Amount,
        _ => 0,
    };

    /// <summary>The two sides of an entry of the kind; null accounts for one that moves nothing.</summary>
    public static (LedgerAccount From, LedgerAccount To) Accounts(CreditEntryKind kind) => kind switch
    {
        CreditEntryKind.Granted => (LedgerAccount.Issued, LedgerAccount.Grant),
        CreditEntryKind.Consumed => (LedgerAccount.Grant, LedgerAccount.Consumed),
        CreditEntryKind.Expired => (LedgerAccount.Grant, LedgerAccount.Expired),
        CreditEntryKind.Voided => (LedgerAccount.Grant, LedgerAccount.Voided),
        CreditEntryKind.Updated => (LedgerAccount.None, LedgerAccount.None),
        CreditEntryKind.TransferSource => (LedgerAccount.Transfers, LedgerAccount.Grant),
        CreditEntryKind.TransferTarget => (LedgerAccount.Grant, LedgerAccount.Transfers),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of entry."),
    };
}

/// <summary>The numbers are stored.</summary>
public enum CreditEntryKind
{
    Granted = 1,
    Consumed = 2,
    Expired = 3,
    Voided = 4,
    Updated = 5,

    /// <summary>Consumption leaves this grant: what it has consumed falls.</summary>
    TransferSource = 6,

    /// <summary>Consumption comes to this grant: what it has consumed rises.</summary>
    TransferTarget = 7,
}

/// <summary>
/// The accounts of a pool. Transfers is empty after every settlement; None is the absence of a movement.
/// </summary>
public enum LedgerAccount
{
    None,
    Issued,
    Grant,
    Consumed,
    Expired,
    Voided,
    Transfers,
}
