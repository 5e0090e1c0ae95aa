using NodaTime;

namespace Tollgate.Domain.Subscriptions;

/// <summary>A bill of the subscription that waits as a DRAFT for usage that is still to come.</summary>
/// <param name="InvoiceUid">The DRAFT.</param>
/// <param name="FinalizeAt">When it is issued.</param>
public sealed record DraftBill(Guid InvoiceUid, Instant FinalizeAt);
