using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// Gathers a decision while it is made: ended records first, one event per change, and the journey's end where a
/// subscription
/// ends without a successor.
/// </summary>
internal sealed class DecisionDraft(JourneyFacts journey, Instant at)
{
    private readonly List<SubscriptionChange> _changes = [];
    private readonly List<DomainEvent> _events = [];
    private readonly List<UsageCutoffMark> _cutoffs = [];
    private readonly List<TrialRecord> _trials = [];

    public void Replaced(Subscription old, CancelReason reason)
    {
        var ended = SubscriptionLifecycle.Cancel(old, at, reason);
        _changes.Add(new(old, ended, ChangeReason.Canceled));
        if (reason == CancelReason.TrialConverted)
            LogConversion(old, ended, "PAID_SUBSCRIPTION_PROVISIONED");
        else
            Log(EventType.SubscriptionCanceled, old, ended);
    }

    public void Canceled(Subscription old, CancelReason reason)
    {
        var ended = SubscriptionLifecycle.Cancel(old, at, reason);
        _changes.Add(new(old, ended, ChangeReason.Canceled));
        Log(EventType.SubscriptionCanceled, old, ended);
    }

    public void Expired(Subscription old, CancelReason reason)
    {
        var ended = SubscriptionLifecycle.Expire(old, at, reason);
        _changes.Add(new(old, ended, ChangeReason.Expired));
        Log(reason == CancelReason.TrialEnded ? EventType.SubscriptionTrialExpired : EventType.SubscriptionExpired,
            old, ended);
    }

    public void Created(Subscription created, PlanDirection direction)
    {
        _changes.Add(new(null, created, ChangeReason.Created));
        Log(EventType.SubscriptionCreated, null, created, PlanComparison.Facts(direction));
        if (created.Status == SubscriptionStatus.InTrial)
            TrialStarted(null, created, direction);
    }

    public void TrialStarted(Subscription? before, Subscription trial, PlanDirection direction)
    {
        Log(EventType.SubscriptionTrialStarted, before, trial, PlanComparison.Facts(direction));
        _trials.Add(new(trial.ProductId, trial.PlanId, trial.ResourceId, trial.StartDate));
    }

    public void Updated(
        Subscription before, Subscription after, ChangeReason reason = ChangeReason.Updated,
        PlanDirection direction = PlanDirection.None)
    {
        _changes.Add(new(before, after, reason));
        Log(EventType.SubscriptionUpdated, before, after, PlanComparison.Facts(direction));
    }

    /// <summary>The record carries a marker only; the notice is the event.</summary>
    public void Noticed(EventType notice, Subscription before, Subscription after)
    {
        _changes.Add(new(before, after, ChangeReason.Noticed));
        Log(notice, before, after);
    }

    /// <summary>Usage is billed; the bill says so, there is no event of the subscription.</summary>
    public void UsageCharged(Subscription before, Subscription after) =>
        _changes.Add(new(before, after, ChangeReason.UsageCharged));

    /// <summary>Time to grant the credits of the next cycle; the record itself stays as it is.</summary>
    public void CreditsDue(Subscription subscription) =>
        _changes.Add(new(subscription, subscription, ChangeReason.CreditsDue));

    public void Converted(Subscription trial, Subscription active, string reason)
    {
        _changes.Add(new(trial, active, ChangeReason.Converted));
        LogConversion(trial, active, reason);
    }

    /// <summary>A scheduled change could not be made; the record only notes it.</summary>
    public void SyncFailed(Subscription before, Subscription after, Refusal refusal)
    {
        _changes.Add(new(before, after, ChangeReason.Noticed));
        Log(EventType.SyncFailed, before, after, new Dictionary<string, string>
        {
            ["error"] = refusal.Message,
            ["id"] = after.Id.Value,
            ["entityType"] = "SUBSCRIPTION",
        });
    }

    public void CutOff(UsageCutoffMark? mark)
    {
        if (mark is not null)
            _cutoffs.Add(mark);
    }

    /// <summary>
    /// What the end of a live subscription brings: those linked to its plan end too, then its product's journey end.
    /// </summary>
    public void EndJourney(Subscription ended, IReadOnlyList<Subscription> scope, IdSource ids)
    {
        EndLinked(ended, scope, ids);
        FallBack(journey, ended, scope, ids);
    }

    /// <summary>
    /// The product's auto-cancellation rules (spec subscriptions 9.2). A plan that is still held beside the ended
    /// record, such as the paid one beside the trial of an add-on, has not ended.
    /// </summary>
    private void EndLinked(Subscription ended, IReadOnlyList<Subscription> scope, IdSource ids)
    {
        if (scope.Any(s => s.Uid != ended.Uid && s.IsLive && s.PlanId == ended.PlanId))
            return;
        foreach (var linked in journey.Linked.Where(l => l.SourcePlanId == ended.PlanId)
            .OrderBy(l => l.Subscription.CreatedAt).ThenBy(l => l.Subscription.Id.Value, StringComparer.Ordinal))
        {
            Canceled(linked.Subscription, CancelReason.AutoCancellationRule);
            if (linked.Subscription.IsLive)
                FallBack(linked.Journey, linked.Subscription, linked.Scope, ids);
        }
    }

    /// <summary>
    /// The free plan starts at the same instant, unless the scope has a live non-trial subscription left, another one
    /// starts right now, or the free plan is the one that ended (spec subscriptions 8.4 and 9.2).
    /// </summary>
    private void FallBack(JourneyFacts end, Subscription ended, IReadOnlyList<Subscription> scope, IdSource ids)
    {
        var wanted = end.Product.Settings is { EndSetup: SubscriptionEndSetup.DowngradeToFree }
            && ended.CancellationAction == CancellationAction.Default
            && !end.Product.IsArchived;
        if (!wanted || end.DowngradePlan is not { Status: PackageStatus.Published } plan || plan.Id == ended.PlanId)
            return;
        var others = scope.Where(s => s.Uid != ended.Uid && !s.IsEnded);
        if (others.Any(s => s.Status == SubscriptionStatus.Active
            || (s.Status == SubscriptionStatus.NotStarted && !s.StartsAsTrial && s.StartDate <= at)))
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
            Experiment = ended.Experiment,
            CreatedAt = at,
            UpdatedAt = at,
        };
        var (after, cutoff) = Transition.Apply(end.Product, ended, free, at);
        CutOff(cutoff);
        Created(after, PlanDirection.None);
    }

    public SubscriptionDecision Decide(Subscription subject, PlanDirection direction = PlanDirection.None) =>
        new(_changes.Find(change => change.After.Uid == subject.Uid)?.After ?? subject)
        {
            Changes = [.. _changes],
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
