using System.Runtime.InteropServices;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>
/// A question rating asks about the pool of a subscription: how many credits of the currency were overdrawn in the
/// window (spec credits 11).
/// </summary>
public readonly record struct CreditNeed(CurrencyId CurrencyId, BillingWindow Window);

/// <summary>The answer to a <see cref="CreditNeed"/>, in credits.</summary>
/// <param name="Owed">Overdrawn in the window, and neither repaid by grants nor billed by anybody.</param>
/// <param name="Billed">Overdrawn in the window and billed by the same subscription on the way.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MeasuredDeficit(decimal Owed, decimal Billed)
{
    public decimal Total => Owed + Billed;
}

/// <summary>Overdrawn credits that are on a bill which is being made.</summary>
public readonly record struct BilledDeficit(PoolKey Pool, BillingWindow Window, decimal Credits);
