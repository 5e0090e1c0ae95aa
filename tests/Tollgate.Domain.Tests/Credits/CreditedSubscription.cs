using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Credits;

/// <summary>
/// One subscription with its pool, told step by step: what a change asks for is carried out at once, and what falls due on the
/// way to an instant happens first.
/// </summary>
internal sealed class CreditedSubscription
{
    public static readonly CurrencyId Ai = new("ai");
    private readonly Dictionary<Guid, CreditGrant> _grants = [];
    private int _next = 5000;
    private SubscriptionContent _content;

    public CreditedSubscription(PackageVersion plan, Instant start, BillingPeriod? period = BillingPeriod.Monthly)
    {
        Now = start;
        _content = new() { Subscription = Live(plan, start, period), Plan = plan };
        Follow(null, ChangeReason.Created);
    }

    /// <summary>A record that is said in full.</summary>
    public CreditedSubscription(Subscription subscription, PackageVersion plan)
    {
        Now = subscription.StartDate;
        _content = new() { Subscription = subscription, Plan = plan };
        Follow(null, ChangeReason.Created);
    }

    public Instant Now { get; private set; }

    public Subscription Subscription => _content.Subscription;

    public IReadOnlyDictionary<FeatureId, Feature> Features { get; init; } =
        Given.Features(Given.Feature(Given.Seats));

    /// <summary>Every instruction ever given, with its instant.</summary>
    public List<(Instant At, CreditInstruction Instruction)> Told { get; } = [];

    public List<CreditEntry> Ledger { get; } = [];

    public IEnumerable<IssueCredits> Issued => Told.Select(told => told.Instruction).OfType<IssueCredits>();

    public IReadOnlyList<CreditGrant> Grants => [.. _grants.Values];

    public IEnumerable<CreditGrant> LiveGrants => _grants.Values.Where(grant => grant.IsLive);

    public decimal Balance => CreditPool.Of(KeyOf(Subscription), OfPool(KeyOf(Subscription))).Balance;

    public static Subscription Live(PackageVersion plan, Instant start, BillingPeriod? period) =>
        Given.Subscription(plan: plan.Id.Value) with
        {
            PricingType = plan.PricingType!.Value,
            StartDate = start,
            UsageAnchor = start,
            BillingPeriod = period,
            BillingCycleAnchor = period is null ? null : start,
            CurrentBillingPeriodStart = period is { } p ? BillingPeriods.Nth(start, p, 0).Start : null,
            CurrentBillingPeriodEnd = period is { } q ? BillingPeriods.Nth(start, q, 0).End : null,
            CreatedAt = start,
            UpdatedAt = start,
        };

    /// <summary>Credits of a row: per month unless said otherwise.</summary>
    public static PackageCreditEntitlement Row(decimal amount, CreditCadence cadence = CreditCadence.Month) => new()
    {
        CurrencyId = Ai,
        Amount = amount,
        Cadence = cadence,
        CreatedAt = Given.Now,
        UpdatedAt = Given.Now,
    };

    public static PackageVersion Plan(string id, params PackageCreditEntitlement[] rows) =>
        Given.ProPlan(id) with { CreditEntitlements = rows };

    public static PackageVersion Addon(string id, params PackageCreditEntitlement[] rows) =>
        Given.Addon(id) with { CreditEntitlements = rows };

    /// <summary>Moves on; cycles and billing periods that end on the way do so at their instants.</summary>
    public void Until(Instant instant)
    {
        while (NextDue() is var (at, isRoll) && at <= instant)
        {
            Now = at;
            var before = Subscription;
            if (isRoll)
            {
                var next = BillingPeriods.Containing(before.BillingCycleAnchor!.Value, before.BillingPeriod!.Value, at);
                Set(before with { CurrentBillingPeriodStart = next.Start, CurrentBillingPeriodEnd = next.End });
                Follow(before, ChangeReason.Renewed);
            }
            else
            {
                Follow(before, ChangeReason.CreditsDue);
            }
        }

        Now = instant;
        Change(KeyOf(Subscription), _ => { });
    }

    /// <summary>What is scheduled for the end of a period, before the period rolls.</summary>
    public void AtBoundary(Instant at, Action change)
    {
        Until(at - Duration.FromMilliseconds(1));
        Now = at;
        change();
        Until(at);
    }

    /// <summary>A change of the record that keeps its plan.</summary>
    public void Update(Func<Subscription, Subscription> change, ChangeReason reason = ChangeReason.Updated)
    {
        var before = Subscription;
        Set(change(before));
        Follow(before, reason);
    }

    public void Hold(params HeldAddon[] addons)
    {
        _content = _content with { Addons = addons };
        Update(s => s);
    }

    public void MoveTo(PackageVersion plan, Func<Subscription, Subscription>? change = null)
    {
        _content = _content with { Plan = plan };
        Update(s => (change ?? (same => same))(s with { PlanId = plan.Id }), ChangeReason.PlanChanged);
    }

    /// <summary>The plan in another version.</summary>
    public void Migrate(PackageVersion plan)
    {
        _content = _content with { Plan = plan };
        Update(s => s with { PlanVersion = plan.Version }, ChangeReason.Migrated);
    }

    public void RestartCycle() => Update(s => s with
    {
        BillingCycleAnchor = Now,
        CurrentBillingPeriodStart = Now,
        CurrentBillingPeriodEnd = BillingPeriods.Nth(Now, s.BillingPeriod!.Value, 0).End,
    });

    public void End(CancelReason reason) => Update(
        s => s with { Status = SubscriptionStatus.Canceled, CancelReason = reason, CancellationDate = Now },
        ChangeReason.Canceled);

    public void Use(decimal credits) => Change(
        KeyOf(Subscription), book => book.Consume(new(credits, $"event-{_next++}", null), Now));

    public void Grant(CreditGrant grant) => Change(KeyOf(Subscription), book => book.Grant(grant, Now));

    private (Instant At, bool IsRoll)? NextDue()
    {
        var s = Subscription;
        var roll = s is { IsLive: true, CurrentBillingPeriodEnd: { } end } ? end : (Instant?)null;
        var cycle = s.IsLive && s.CreditCycles.Count > 0 ? s.CreditCycles.Min(c => c.End) : (Instant?)null;
        if (roll is null && cycle is null)
            return null;
        return cycle is null || roll <= cycle ? (roll!.Value, true) : (cycle.Value, false);
    }

    private void Set(Subscription subscription) => _content = _content with { Subscription = subscription };

    private void Follow(Subscription? before, ChangeReason reason)
    {
        var contributions = CreditContributions.Of(_content, Features, Now);
        var followed = RecurringCredits.Follow(
            new(before, Subscription, reason), contributions, Now, () => Given.Uid(_next++));
        Set(followed.After);
        foreach (var instruction in followed.Instructions)
        {
            Told.Add((Now, instruction));
            Change(instruction.Pool, book =>
            {
                if (instruction is IssueCredits issue)
                    RecurringGrants.Issue(book, issue, $"grant-{_next++}", Find, Now);
                else if (instruction is VoidCredits taken)
                    RecurringGrants.Void(book, taken, Find, Now);
            });
        }
    }

    private CreditGrant? Find(Guid uid) => _grants.GetValueOrDefault(uid);

    private void Change(PoolKey key, Action<PoolBook> change)
    {
        var book = new PoolBook(CreditPool.Of(key, OfPool(key)), () => new(Given.Uid(_next++), $"overdraft-{_next++}"));
        book.Advance(Now);
        change(book);
        Ledger.AddRange(book.Entries);
        foreach (var grant in book.Changed)
            _grants[grant.Uid] = grant;
    }

    private IEnumerable<CreditGrant> OfPool(PoolKey key) => _grants.Values.Where(grant => grant.Pool == key);

    private static PoolKey KeyOf(Subscription subscription) => new(subscription.CustomerId, subscription.ResourceId, Ai);
}
