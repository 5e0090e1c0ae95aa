using System.Collections.Frozen;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Entitlements;

namespace Tollgate.Modules.Entitlements;

/// <summary>
/// Everything about one scope (a customer, or a customer and a resource) that answers checks and lists, compiled once
/// and immutable until something it follows from changes.
/// </summary>
public sealed class ScopeAccess
{
    private readonly FrozenDictionary<string, CompiledEntitlement> _byFeature;

    internal ScopeAccess(
        CheckFacts facts, EntitlementSet? set, IReadOnlyList<CompiledEntitlement> entitlements, Instant computedAt,
        long realTimestamp, IReadOnlyList<BudgetMeter>? budgets = null, Instant? nextCreditCycle = null)
    {
        Facts = facts;
        Set = set;
        Entitlements = entitlements;
        ComputedAt = computedAt;
        RealTimestamp = realTimestamp;
        Budgets = budgets ?? [];
        ValidUntil = Budgets.Aggregate(
            Instant.Min(set?.ValidUntil ?? Instant.MaxValue, nextCreditCycle ?? Instant.MaxValue),
            (until, budget) => Instant.Min(until, budget.PeriodEnd));
        _byFeature = entitlements.ToFrozenDictionary(e => e.Entitlement.FeatureId.Value);
    }

    /// <summary>What is known of the customer and the resource before any feature is looked at.</summary>
    public CheckFacts Facts { get; }

    /// <summary>Null when the customer is unknown or archived, or the resource unknown.</summary>
    public EntitlementSet? Set { get; }

    public IReadOnlyList<CompiledEntitlement> Entitlements { get; }

    /// <summary>The environment's instant it was computed at: the wire's entitlementUpdatedAt.</summary>
    public Instant ComputedAt { get; }

    /// <summary>The process time stamp of the computation, for bounding staleness.</summary>
    public long RealTimestamp { get; }

    /// <summary>From this instant on it must be computed anew.</summary>
    public Instant ValidUntil { get; }

    /// <summary>The budgets of the live subscriptions that take part in the scope.</summary>
    public IReadOnlyList<BudgetMeter> Budgets { get; }

    /// <summary>The customer's credits; null when the customer is not known.</summary>
    public CreditCell? Credits { get; init; }

    /// <summary>The credit currencies that live subscriptions of the scope grant or price features in.</summary>
    public IReadOnlySet<CurrencyId> MappedCurrencies { get; init; } = new HashSet<CurrencyId>();

    /// <summary>Those of them whose checks go on below zero (spec credits 3).</summary>
    public IReadOnlySet<CurrencyId> SoftCurrencies { get; init; } = new HashSet<CurrencyId>();

    /// <summary>The features whose usage burns credits, by id.</summary>
    public IReadOnlyDictionary<string, FeatureMapping> Mappings { get; init; } =
        new Dictionary<string, FeatureMapping>();

    /// <summary>The customer has live subscriptions that belong to a resource.</summary>
    public bool HasResourceSubscriptions { get; init; }

    public bool IsCustomerKnown => !Facts.IsCustomerUnknown && !Facts.IsCustomerArchived;

    public CompiledEntitlement? Find(string featureId) => _byFeature.GetValueOrDefault(featureId);
}

/// <summary>The compiled scopes of one customer. Dropped as a whole when anything about the customer changes.</summary>
internal sealed class CustomerAccess
{
    /// <summary>Resources compiled at once; a customer with more is compiled again on demand.</summary>
    private const int MaxResources = 1_000;

    private volatile ScopeAccess? _global;
    private volatile FrozenDictionary<string, ScopeAccess> _resources = FrozenDictionary<string, ScopeAccess>.Empty;
    private readonly Lock _gate = new();

    public ScopeAccess? Find(string? resourceId) =>
        resourceId is null ? _global : _resources.GetValueOrDefault(resourceId);

    public void Keep(string? resourceId, ScopeAccess access)
    {
        if (resourceId is null)
        {
            _global = access;
            return;
        }

        lock (_gate)
        {
            var kept = _resources.Count < MaxResources ? _resources : FrozenDictionary<string, ScopeAccess>.Empty;
            var resources = new Dictionary<string, ScopeAccess>(kept) { [resourceId] = access };
            _resources = resources.ToFrozenDictionary();
        }
    }
}
