using NodaTime;

namespace Tollgate.Domain.Credits;

/// <summary>
/// Credits of a pool that are kept for one caller: checks and other holds count them like consumption until they are
/// consumed, given back, or expire. No row of the ledger: nothing has moved yet.
/// </summary>
/// <param name="Id">The reservation.</param>
/// <param name="Amount">In credits, more than 0.</param>
/// <param name="ExpiresAt">From this instant on it holds nothing.</param>
public sealed record CreditHold(Guid Id, decimal Amount, Instant ExpiresAt);
