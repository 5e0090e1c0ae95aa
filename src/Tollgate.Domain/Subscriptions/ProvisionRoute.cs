using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>Which record a provisioning acts on (spec subscriptions 5.6), decided before its content is
/// validated.</summary>
internal sealed record ProvisionRoute
{
    public HeldSubscription? Main { get; private init; }
    public HeldSubscription? Trial { get; private init; }
    public HeldSubscription? Scheduled { get; private init; }
    public IReadOnlyList<Subscription> Pending { get; private init; } = [];
    public bool IsFuture { get; private init; }
    public bool IsTrial { get; private init; }

    /// <summary>The record that is on this plan already; null for a change of plan or a new record.</summary>
    public HeldSubscription? Edits { get; private init; }

    /// <summary>The edited record is a trial that becomes ACTIVE.</summary>
    public bool Converts { get; private init; }

    /// <summary>The main record changes its plan and keeps its id.</summary>
    public bool MovesInPlace { get; private init; }

    public static Result<ProvisionRoute> Choose(ProvisionRequest request, ProvisionFacts facts, Instant now)
    {
        var plan = facts.Plan!.Version;
        var isFuture = request.StartDate > now;
        var route = new ProvisionRoute
        {
            Main = WithStatus(facts, SubscriptionStatus.Active),
            Trial = WithStatus(facts, SubscriptionStatus.InTrial),
            Scheduled = WithStatus(facts, SubscriptionStatus.NotStarted),
            Pending = isFuture ? [] : [.. facts.Scope.Select(h => h.Subscription)
                .Where(s => s.Status == SubscriptionStatus.PaymentPending)],
            IsFuture = isFuture,
        };
        route = route with { IsTrial = IsTrialAsked(request, facts, route, now) };
        route = route.WithRecord(request, plan);
        return route.CheckId(request, facts);
    }

    /// <summary>A new record whatever is held.</summary>
    public static ProvisionRoute ForNewRecord(ProvisionFacts facts) => new()
    {
        Main = WithStatus(facts, SubscriptionStatus.Active),
        Trial = WithStatus(facts, SubscriptionStatus.InTrial),
    };

    private static HeldSubscription? WithStatus(ProvisionFacts facts, SubscriptionStatus status) =>
        facts.Scope.FirstOrDefault(h => h.Subscription.Status == status);

    /// <summary>
    /// A call that says nothing about trials starts the plan's default trial when the customer is eligible. On the
    /// plan the
    /// customer has a live record of, it means that record: a repeated call must not turn a trial into a sale, nor a
    /// sale into a
    /// trial.
    /// </summary>
    private static bool IsTrialAsked(
        ProvisionRequest request, ProvisionFacts facts, ProvisionRoute route, Instant now)
    {
        if (request.SkipTrial)
            return false;
        if (request.Trial is { } asked)
            return asked.IsTrial;
        var plan = facts.Plan!.Version;
        if (plan.DefaultTrial is null)
            return false;
        if (route.IsFuture)
        {
            return route.Scheduled?.Subscription is { } scheduled && Repeats(request, scheduled)
                ? scheduled.StartsAsTrial
                : Eligible(request, facts, now);
        }

        if (route.Main?.Subscription.PlanId == plan.Id)
            return false;
        return route.Trial?.Subscription.PlanId == plan.Id || Eligible(request, facts, now);
    }

    /// <summary>Whoever is taken over from elsewhere, or began longer ago than a trial lasts, is past trying.</summary>
    private static bool Eligible(ProvisionRequest request, ProvisionFacts facts, Instant now) =>
        !request.IsBackdated
        && !(TrialTerms.EndOf(facts.Plan!.Version.DefaultTrial!, request.StartDate ?? now) <= now)
        && TrialTerms.IsEligible(
            facts.Customer!, facts.Journey!.Product.Id, request.ResourceId, facts.HasPaidBefore);

    private static bool Repeats(ProvisionRequest request, Subscription scheduled) =>
        scheduled.PlanId == request.PlanId && scheduled.StartDate == request.StartDate
        && (request.Id is null || request.Id == scheduled.Id);

    private ProvisionRoute WithRecord(ProvisionRequest request, PackageVersion plan)
    {
        if (IsFuture)
        {
            return Scheduled is { } scheduled && Repeats(request, scheduled.Subscription)
                && IsTrial == scheduled.Subscription.StartsAsTrial
                ? this with { Edits = scheduled }
                : this;
        }

        if (IsTrial)
            return Holds(Trial, request, plan) ? this with { Edits = Trial } : this;
        if (Holds(Main, request, plan))
            return this with { Edits = Main };
        if (Holds(Trial, request, plan))
            return this with { Edits = Trial, Converts = true };
        var staysInPlace = Main is { } main && (request.Id is { } id
            ? id == main.Subscription.Id
            : KeepsRecord(main.Subscription.PricingType, plan.PricingType ?? PricingType.Free));
        return this with { MovesInPlace = staysInPlace };
    }

    private static bool Holds(HeldSubscription? held, ProvisionRequest request, PackageVersion plan) =>
        held is not null && held.Subscription.PlanId == plan.Id
        && (request.Id is null || request.Id == held.Subscription.Id);

    /// <summary>The matrix of plan types: towards paying, or from free to custom, a new record starts.</summary>
    internal static bool KeepsRecord(PricingType from, PricingType to) => (from, to) switch
    {
        (PricingType.Free, PricingType.Paid) or (PricingType.Free, PricingType.Custom)
            or (PricingType.Custom, PricingType.Paid) => false,
        _ => true,
    };

    private Result<ProvisionRoute> CheckId(ProvisionRequest request, ProvisionFacts facts)
    {
        if (request.Id is not { } id)
            return this;
        if (!PublicId.IsValid(id.Value))
        {
            var findings = new Findings();
            PublicId.Check(findings, "id", id.Value);
            return findings.ToRefusal()!;
        }

        var actsOn = Edits?.Subscription ?? (MovesInPlace ? Main?.Subscription : null);
        if (facts.WithRequestedId is { } taken && taken.Uid != actsOn?.Uid)
        {
            return new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"The subscription id '{id}' belongs to a {SubscriptionLifecycle.Word(taken.Status)} subscription of "
                + $"customer '{taken.CustomerId}' that this request cannot change; choose another id or leave it out.");
        }

        return this;
    }
}
