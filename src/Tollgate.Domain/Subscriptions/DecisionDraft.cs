using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// Gathers a decision while it is made: ended records first, one event per change, and the journey's end where a
/// subscription
/// ends without a successor.
/// </summary>
internal sealed class DecisionDraft(JourneyFacts journey, Instant at)
{
    private readonly List<Subscription> _changed = [];
    private readonly List<DomainEvent> _events = [];
    private readonly List<UsageCutoffMark> _cutoffs = [];
    private readonly List<TrialRecord> _trials = [];

    public void Replaced(Subscription old, CancelReason reason)
    {
        var ended = SubscriptionLifecycle.Cancel(old, at, reason);
        _changed.Add(ended);
        if (reason == CancelReason.TrialConverted)
            LogConversion(old, ended, "PAID_SUBSCRIPTION_PROVISIONED");
        else
            Log(EventType.SubscriptionCanceled, old, ended);
    }

    public void Canceled(Subscription old, CancelReason reason)
    {
        var ended = SubscriptionLifecycle.Cancel(old, at, reason);
        _changed.Add(ended);
        Log(EventType.SubscriptionCanceled, old, ended);
    }

    public void Expired(Subscription old, CancelReason reason)
    {
        var ended = SubscriptionLifecycle.Expire(old, at, reason);
        _changed.Add(ended);
        Log(reason == CancelReason.TrialEnded ? EventType.SubscriptionTrialExpired : EventType.SubscriptionExpired,
            old, ended);
    }

    public void Created(Subscription created, PlanDirection direction)
    {
        _changed.Add(created);
        Log(EventType.SubscriptionCreated, null, created, PlanComparison.Facts(direction));
        if (created.Status == SubscriptionStatus.InTrial)
            TrialStarted(null, created, direction);
    }

    public void TrialStarted(Subscription? before, Subscription trial, PlanDirection direction)
    {
        Log(EventType.SubscriptionTrialStarted, before, trial, PlanComparison.Facts(direction));
        _trials.Add(new(trial.ProductId, trial.PlanId, trial.ResourceId, trial.StartDate));
    }

    public void Updated(Subscription before, Subscription after, PlanDirection direction = PlanDirection.None)
    {
        _changed.Add(after);
        Log(EventType.SubscriptionUpdated, before, after, PlanComparison.Facts(direction));
    }

    /// <summary>The record carries a marker only; the notice is the event.</summary>
    public void Noticed(EventType notice, Subscription before, Subscription after)
    {
        _changed.Add(after);
        Log(notice, before, after);
    }

    public void Converted(Subscription trial, Subscription active, string reason)
    {
        _changed.Add(active);
        LogConversion(trial, active, reason);
    }

    public void CutOff(UsageCutoffMark? mark)
    {
        if (mark is not null)
            _cutoffs.Add(mark);
    }

    /// <summary>
    /// The product's journey end for a subscription that just ended: the free plan starts at the same instant, unless
    /// the scope
    /// has a live non-trial subscription left, another one starts right now, or the free plan is the one that ended
    /// (spec subscriptions 8.4 and 9.2).
    /// </summary>
    public void EndJourney(Subscription ended, IEnumerable<Subscription> scope, IdSource ids)
    {
        var wanted = journey.Product.Settings is { EndSetup: SubscriptionEndSetup.DowngradeToFree }
            && ended.CancellationAction == CancellationAction.Default
            && !journey.Product.IsArchived;
        if (!wanted || journey.DowngradePlan is not { Status: PackageStatus.Published } plan || plan.Id == ended.PlanId)
            return;
        var others = scope.Where(s => s.Uid != ended.Uid && !s.IsEnded);
        if (others.Any(s => s.Status == SubscriptionStatus.Active
            || (s.Status == SubscriptionStatus.NotStarted && s.TrialEndDate is null && s.StartDate <= at)))
        {
            return;
        }

        var free = new Subscription
        {
            Uid = ids.NextUid(),
            Id = ids.NextSubscriptionId(plan.Id),
            CustomerId = ended.CustomerId,
            ResourceId = ended.ResourceId,
            ProductId = ended.ProductId,
            PlanId = plan.Id,
            PlanVersion = plan.Version,
            PriceVersion = plan.Version,
            PricingType = PricingType.Free,
            Status = SubscriptionStatus.Active,
            StartDate = at,
            UsageAnchor = at,
            CreatedAt = at,
            UpdatedAt = at,
        };
        var (after, cutoff) = Transition.Apply(journey.Product, ended, free, at);
        CutOff(cutoff);
        Created(after, PlanDirection.None);
    }

    public SubscriptionDecision Decide(Subscription subject, PlanDirection direction = PlanDirection.None) =>
        new(_changed.Find(s => s.Uid == subject.Uid) ?? subject)
        {
            Changed = [.. _changed],
            Events = [.. _events],
            UsageCutoffs = [.. _cutoffs.Distinct()],
            TrialsStarted = [.. _trials],
            Direction = direction,
        };

    private void LogConversion(Subscription before, Subscription after, string reason) =>
        Log(EventType.SubscriptionTrialConverted, before, after,
            new Dictionary<string, string> { ["reason"] = reason });

    private void Log(
        EventType type, Subscription? before, Subscription after, IReadOnlyDictionary<string, string>? facts = null) =>
        _events.Add(new(type, EntityKind.Subscription, after.Id.Value, after.CustomerId, before, after)
        {
            Facts = facts,
        });
}
