using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// Puts a customer on a plan: a new record, a change of the record held, the conversion of a trial, or nothing when
/// all is so
/// already (spec subscriptions 5). Without a billing integration nothing is collected: paid subscriptions are ACTIVE
/// at once.
/// </summary>
public static class ProvisionSubscription
{
    public static Result<SubscriptionDecision> Decide(
        ProvisionRequest request, ProvisionFacts facts, Instant now, IdSource ids)
    {
        if (ProvisionChecks.Access(request, facts) is { } noAccess)
            return noAccess;
        if (!ProvisionRoute.Choose(request, facts, now).TryGet(out var route, out var noRoute))
            return noRoute;
        var plan = facts.Plan!;
        var product = facts.Journey!.Product;
        var draft = new DecisionDraft(facts.Journey, now);
        if (route.Edits is { } held)
            return EditHeld(request, facts, route, held, draft, now, ids);

        if (!Content.Of(request, facts, route, now, ids).TryGet(out var content, out var refusal))
            return refusal;
        var direction = route.Main is { } main
            ? PlanComparison.Direction(main.Plan, plan, content.Country, facts.TableOrder)
            : PlanDirection.None;
        if (!Moment(request, facts, route, content, direction, now).TryGet(out var moment, out var noPeriod))
            return noPeriod;
        if (ScheduleTiming.CheckCycle(moment, request.RestartsCycle) is { } contradiction)
            return contradiction;
        if (moment.At is { } later)
        {
            var waiting = PlanSchedule.Add(route.Main!.Subscription, request, content, direction, later, now, ids);
            if (!SubscriptionEquality.Same(route.Main.Subscription, waiting))
                draft.Updated(route.Main.Subscription, waiting with { UpdatedAt = now });
            return draft.Decide(waiting, direction) with { PlanWaits = true };
        }

        foreach (var pending in route.Pending)
            draft.Canceled(pending, CancelReason.UpgradeOrDowngrade);
        if (route.MovesInPlace)
        {
            if (route.Trial is not null && plan.Version.PricingType != PricingType.Free)
                draft.Replaced(route.Trial.Subscription, CancelReason.TrialConverted);
            var moved = content.MoveTo(route.Main!.Subscription, request, plan.Version, now);
            var restarts = moved.BillingCycleAnchor != route.Main.Subscription.BillingCycleAnchor;
            var (after, cutoff) = Transition.Apply(product, route.Main.Subscription, moved, now, restarts);
            draft.CutOff(cutoff);
            draft.Updated(route.Main.Subscription, after, ChangeReason.PlanChanged, direction);
            return draft.Decide(after, direction);
        }

        return Start(request, facts, route, content, draft, direction, now, ids);
    }

    /// <summary>A new record of the plan, whatever is held: what a migration towards paying needs.</summary>
    internal static Result<SubscriptionDecision> StartAnew(
        ProvisionRequest request, ProvisionFacts facts, Instant now, IdSource ids)
    {
        var route = ProvisionRoute.ForNewRecord(facts);
        return Content.Of(request, facts, route, now, ids).Map(content => Start(
            request, facts, route, content, new(facts.Journey!, now), PlanDirection.None, now, ids));
    }

    private static SubscriptionDecision Start(
        ProvisionRequest request, ProvisionFacts facts, ProvisionRoute route, Content content, DecisionDraft draft,
        PlanDirection direction, Instant now, IdSource ids)
    {
        var product = facts.Journey!.Product;
        var record = content.NewRecord(request, facts, ids, now);
        if (route.IsFuture)
        {
            if (route.Scheduled is not null)
                draft.Canceled(route.Scheduled.Subscription, CancelReason.UpgradeOrDowngrade);
            draft.Created(record, direction);
            return draft.Decide(record, direction);
        }

        var predecessor = StartOfRecord.Displace(draft, record, content.Trial is not null,
            [.. facts.Scope.Select(h => h.Subscription)]);
        // With a trial or a plan still live beside it, the new record follows nobody.
        if (predecessor is null && !facts.Scope.Any(h => h.Subscription.IsLive))
            predecessor = facts.LastEnded;
        var started = StartOfRecord.Begin(draft, record, content.Trial is not null, predecessor, product, now);
        draft.Created(started, direction);
        return draft.Decide(started, direction);
    }

    /// <summary>
    /// When a change of plan takes effect. A start that is asked for, a trial and a first subscription are no change;
    /// one without a billing period cannot wait for its end.
    /// </summary>
    private static Result<ScheduleTiming.Moment> Moment(
        ProvisionRequest request, ProvisionFacts facts, ProvisionRoute route, Content content, PlanDirection direction,
        Instant now)
    {
        var asked = request.ScheduleStrategy is not (null or ScheduleStrategy.Immediate);
        if (route.Main is not { } main || route.IsFuture || route.IsTrial)
        {
            if (!asked)
                return new ScheduleTiming.Moment(null);
            return facts.Plan!.Version.PricingType != PricingType.Paid
                ? ScheduleTiming.NoPeriod($"Plan '{request.PlanId}'")
                : content.Trial is { End: null }
                    ? ScheduleTiming.NoPeriod($"The trial of plan '{request.PlanId}'")
                    : new ScheduleTiming.Moment(null);
        }

        if (route.MovesInPlace)
        {
            return ScheduleTiming.Of(
                request.ScheduleStrategy, direction == PlanDirection.Downgrade, main.Subscription,
                facts.Journey!.Product, now);
        }

        // The setting alone does not hold back a record of its own.
        if (!asked)
            return new ScheduleTiming.Moment(null);
        return main.Subscription.CurrentBillingPeriodEnd is null
            ? ScheduleTiming.NoPeriod($"Subscription '{main.Subscription.Id}'")
            : new Refusal(ErrorCode.UnsupportedSubscriptionScheduleType,
                $"A new record with the id '{request.Id}' cannot wait on subscription '{main.Subscription.Id}'; "
                + "leave the id out, or send startDate instead of scheduleStrategy.");
    }

    /// <summary>The plan the customer is on already: works like an update, and undoes a pending cancellation.</summary>
    private static Result<SubscriptionDecision> EditHeld(
        ProvisionRequest request, ProvisionFacts facts, ProvisionRoute route, HeldSubscription held,
        DecisionDraft draft, Instant now, IdSource ids)
    {
        var before = held.Subscription;
        // The trial of an add-on runs beside its own plan: buying that plan again takes over what was tried.
        var absorbed = before.Status == SubscriptionStatus.Active && route.Trial is { } tried
            && tried.Subscription.PlanId == before.PlanId ? tried : null;
        if (request.PayingCustomerId is { } payer && payer != (before.PayingCustomerId ?? before.CustomerId))
        {
            return new Refusal(ErrorCode.ChangingPayingCustomerIsNotSupportedError,
                $"Subscription '{before.Id}' is paid by '{before.PayingCustomerId ?? before.CustomerId}'; "
                + "the payer of a live subscription cannot be changed by provisioning.");
        }

        var update = new UpdateRequest
        {
            BillingPeriod = before.PricingType == PricingType.Paid ? request.BillingPeriod : null,
            Quantities = request.Quantities,
            UnitQuantity = request.UnitQuantity,
            CreditQuantities = request.CreditQuantities,
            Addons = request.Addons,
            Overrides = request.Overrides,
            CreditOverrides = request.CreditOverrides,
            PriceOverrides = request.PriceOverrides,
            Coupon = request.Coupon,
            Metadata = request.Metadata is { } metadata ? new(metadata) : default,
            CancellationDate = new(request.CancellationDate),
            TrialEndDate = route.IsTrial ? request.Trial?.TrialEndDate : null,
            TrialEndBehavior = route.IsTrial ? request.Trial?.EndBehavior : null,
            Budget = request.Budget,
            MinimumSpend = request.MinimumSpend,
            RestartsCycle = request.RestartsCycle,
            // What has not started changes at once: there is no period that it could wait for.
            ScheduleStrategy = before.Status == SubscriptionStatus.NotStarted ? null : request.ScheduleStrategy,
            SalesforceId = request.SalesforceId,
            BillingId = request.BillingId,
            PaymentCollectionMethod = request.PaymentCollectionMethod,
            InvoiceTerms = request.InvoiceTerms,
            NamesPlan = true,
        };
        var product = facts.Journey!.Product;
        var basis = absorbed is null ? held : TrialEnding.Take(held, absorbed);
        // What a conversion or the taking over of a trial brings is all for now.
        var edit = route.Converts || absorbed is not null
            ? UpdateSubscription.Edit(update, basis, product, facts.Content, now, ids)
            : UpdateSubscription.EditInTime(update, basis, product, facts.Content, now, ids);
        if (!edit.TryGet(out var edited, out var refusal))
            return refusal;
        foreach (var pending in route.Pending)
            draft.Canceled(pending, CancelReason.UpgradeOrDowngrade);
        if (route.Converts)
        {
            var scope = facts.Scope.Select(h => h.Subscription).ToList();
            return draft.Decide(TrialEnding.Convert(
                draft, before, edited.After, scope, product, now, TrialEnding.Provisioned));
        }

        if (absorbed is not null)
            draft.Replaced(absorbed.Subscription, CancelReason.TrialConverted);
        draft.CutOff(edited.Cutoff);
        if (!SubscriptionEquality.Same(before, edited.After))
            draft.Updated(before, edited.After with { UpdatedAt = now });
        return draft.Decide(before);
    }
}
