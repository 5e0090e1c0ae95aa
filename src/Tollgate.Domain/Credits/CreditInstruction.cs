using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Credits;

/// <summary>
/// What a change of a subscription asks of a pool; carried out in order, in the transaction of the change.
/// </summary>
public abstract record CreditInstruction(PoolKey Pool);

/// <summary>
/// A RECURRING grant of <see cref="Amount"/>, or less: its cycle never comes to more than <see cref="Limit"/>, of which
/// what <see cref="LessConsumedOf"/> consumed and what <see cref="Beside"/> granted are gone. The consumption of
/// <see cref="Replaces"/> is carried to it and what is left of them voided (spec credits 8.4).
/// </summary>
public sealed record IssueCredits(PoolKey Pool) : CreditInstruction(Pool)
{
    public required Guid Uid { get; init; }
    public required SubscriptionId SubscriptionId { get; init; }
    public required CreditGrantSource Source { get; init; }

    /// <summary>The plan or add-on it comes from.</summary>
    public required PackageId PackageId { get; init; }

    /// <summary>How many times that add-on is held; null for plans.</summary>
    public int? AddonQuantity { get; init; }

    /// <summary>What the grant is called: the name of the plan or add-on.</summary>
    public required string DisplayName { get; init; }

    /// <summary>More than 0.</summary>
    public required decimal Amount { get; init; }

    /// <summary>The credits of the whole cycle.</summary>
    public required decimal Limit { get; init; }

    /// <summary>What it costs, or less where the rest of <see cref="CostLimit"/> is.</summary>
    public required Money Cost { get; init; }

    /// <summary>
    /// What the credits of the whole cycle cost, of which what was consumed of them and what was granted beside costs
    /// its part.
    /// </summary>
    public decimal CostLimit { get; init; }
    public required Instant EffectiveAt { get; init; }
    public required Instant ExpireAt { get; init; }
    public IReadOnlyList<Guid> Replaces { get; init; } = [];
    public IReadOnlyList<Guid> LessConsumedOf { get; init; } = [];
    public IReadOnlyList<Guid> Beside { get; init; } = [];
}

/// <summary>The unused part of grants goes; grants that are closed already stay as they are.</summary>
public sealed record VoidCredits(PoolKey Pool, IReadOnlyList<Guid> Grants) : CreditInstruction(Pool);

/// <summary>
/// A PAID grant for overdrawn credits that are on a bill: it repays them at once, before anything that begins at the
/// instant of the bill (spec credits 11; subscriptions 3.4).
/// </summary>
public sealed record SettleOverdraft(PoolKey Pool) : CreditInstruction(Pool)
{
    public required SubscriptionId SubscriptionId { get; init; }

    /// <summary>The plan or add-on whose price it is.</summary>
    public required PackageId PackageId { get; init; }

    /// <summary>More than 0.</summary>
    public required decimal Amount { get; init; }

    /// <summary>What the bill asks for them, net of its discount.</summary>
    public required Money Cost { get; init; }
    public required CreditOverage Overage { get; init; }

    /// <summary>When the used-up grant leaves the pool; null = never.</summary>
    public Instant? ExpireAt { get; init; }

    /// <summary>The bill; null when none was made, because nothing is collected or nothing was to pay.</summary>
    public Guid? InvoiceUid { get; init; }
}
