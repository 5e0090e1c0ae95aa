using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Credits;

/// <summary>
/// What a subscription was granted of one source in its running cycle <c>[Start, End)</c> (spec credits 8.1): kept on
/// the subscription, so that nothing of a cycle is ever granted twice.
/// </summary>
public sealed record CreditCycle
{
    public required CurrencyId CurrencyId { get; init; }
    public required CreditGrantSource Source { get; init; }

    /// <summary>The plan or add-on it comes from.</summary>
    public required PackageId PackageId { get; init; }

    /// <summary>It comes from an add-on; a plan's cycle goes on when the plan changes.</summary>
    public bool IsOfAddon { get; init; }
    public required CreditCadence Cadence { get; init; }
    public required Instant Start { get; init; }

    /// <summary>When the cycle's credits expire and the next cycle begins.</summary>
    public required Instant End { get; init; }

    /// <summary>Credits per unit, as granted.</summary>
    public required decimal BaseAmount { get; init; }

    /// <summary>The most units of the cycle so far: its high-water mark (spec credits 8.3).</summary>
    public required decimal Units { get; init; }

    /// <summary>What the cycle's credits cost so far, in major units.</summary>
    public decimal Cost { get; init; }

    /// <summary>The grants in force; none while the source does not count, such as a removed add-on's.</summary>
    public IReadOnlyList<Guid> Open { get; init => field = value ?? []; } = [];

    /// <summary>
    /// The grants of the cycle that were voided or replaced: what they consumed is not granted again.
    /// </summary>
    public IReadOnlyList<Guid> Closed { get; init => field = value ?? []; } = [];

    /// <summary>Its source is gone, and it goes on to its end: a change that counts from the next cycle on.</summary>
    public bool RunsOut { get; init; }

    /// <summary>Its unused part was taken back; it may come again within the cycle.</summary>
    public bool IsSuspended => Open.Count == 0;

    public decimal Amount => BaseAmount * Units;

    internal static bool Same(CreditCycle a, CreditCycle b) =>
        a with { Open = b.Open, Closed = b.Closed } == b
        && ContentEquality.Same(a.Open, b.Open) && ContentEquality.Same(a.Closed, b.Closed);
}
