using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// Gives a subscription to another resource, payer or manager (spec subscriptions 14); its plan and cycle stay.
/// </summary>
public static class MoveSubscription
{
    /// <param name="subscription">The subscription.</param>
    /// <param name="destination">A resource of the same customer.</param>
    /// <param name="journey">The product.</param>
    /// <param name="atDestination">The records of the destination's scope that have not ended.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<SubscriptionDecision> ToResource(
        Subscription subscription, ResourceId destination, JourneyFacts journey,
        IReadOnlyList<Subscription> atDestination, Instant now)
    {
        if (SubscriptionLifecycle.CheckNotEnded(subscription) is { } ended)
            return ended;
        if (!journey.Product.MultipleSubscriptions)
        {
            return new Refusal(ErrorCode.InvalidArgumentError,
                $"Product '{journey.Product.Id}' has one subscription per customer and none per resource; "
                + "there is nothing to transfer to.");
        }

        if (!PublicId.IsValid(destination.Value))
        {
            var findings = new Findings();
            PublicId.Check(findings, "destinationResourceId", destination.Value);
            return findings.ToRefusal()!;
        }

        if (subscription.ResourceId == destination)
            return new SubscriptionDecision(subscription);
        if (Occupant(subscription, atDestination) is { } occupant)
        {
            return new Refusal(ErrorCode.InvalidArgumentError,
                $"Resource '{destination}' holds subscription '{occupant.Id}' of the product already; "
                + "cancel that one first.");
        }

        return Changed(subscription, subscription with { ResourceId = destination }, journey, now);
    }

    /// <summary>Another customer pays from now on; the subscription's own customer takes the payment back.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="target">Who is to pay.</param>
    /// <param name="found">That customer; null when there is none.</param>
    /// <param name="journey">The product.</param>
    /// <param name="now">The time of the call.</param>
    /// <param name="isMethodMissing">The customer has no payment method although its bills are collected.</param>
    public static Result<SubscriptionDecision> ToPayer(
        Subscription subscription, CustomerId target, Customer? found, JourneyFacts journey, Instant now,
        bool isMethodMissing = false)
    {
        if (SubscriptionLifecycle.CheckNotEnded(subscription) is { } ended)
            return ended;
        if ((Missing(target, found) ?? Unable(subscription, found!, isMethodMissing)) is { } missing)
            return missing;
        var payer = target == subscription.CustomerId ? (CustomerId?)null : target;
        return payer == subscription.PayingCustomerId
            ? new SubscriptionDecision(subscription)
            : Changed(
                subscription, RunningCharges.KeepPayer(subscription) with { PayingCustomerId = payer }, journey, now);
    }

    /// <summary>Another customer is entitled and manages from now on; who pays stays.</summary>
    public static Result<SubscriptionDecision> ToManager(
        Subscription subscription, CustomerId target, Customer? found, JourneyFacts journey,
        IReadOnlyList<Subscription> atDestination, Instant now)
    {
        if (SubscriptionLifecycle.CheckNotEnded(subscription) is { } ended)
            return ended;
        if (Missing(target, found) is { } missing)
            return missing;
        if (target == subscription.CustomerId)
            return new SubscriptionDecision(subscription);
        if (Occupant(subscription, atDestination) is { } occupant)
        {
            return new Refusal(ErrorCode.InvalidArgumentError,
                $"Customer '{target}' holds subscription '{occupant.Id}' of the product already; "
                + "cancel that one first.");
        }

        var payer = subscription.PayingCustomerId ?? subscription.CustomerId;
        return Changed(
            subscription,
            subscription with { CustomerId = target, PayingCustomerId = payer == target ? null : payer },
            journey, now);
    }

    private static Subscription? Occupant(Subscription subscription, IReadOnlyList<Subscription> atDestination) =>
        atDestination.FirstOrDefault(s => s.Uid != subscription.Uid && !s.IsEnded);

    /// <summary>Whether the customer can pay what the subscription costs (spec subscriptions 5.4 and 14).</summary>
    private static Refusal? Unable(
        Subscription subscription, Customer payer, bool isMethodMissing) => subscription switch
        {
            not
            {
                PricingType: PricingType.Paid, Status: SubscriptionStatus.Active or SubscriptionStatus.PaymentPending,
            } => null,
            { PaymentCollectionMethod: PaymentCollectionMethod.Charge } when isMethodMissing => new(
                ErrorCode.PaymentMethodNotFoundError,
                $"Customer '{payer.Id}' has no payment method to charge subscription '{subscription.Id}' to; "
                + "attach one first."),
            { PaymentCollectionMethod: PaymentCollectionMethod.Invoice } when string.IsNullOrEmpty(payer.Email) => new(
                ErrorCode.CustomerHasNoEmailAddress,
                $"Customer '{payer.Id}' has no e-mail address to send the invoices of subscription '{subscription.Id}' "
                + "to; set it first."),
            _ => null,
        };

    private static Refusal? Missing(CustomerId target, Customer? found) => found switch
    {
        null => new(ErrorCode.CustomerNotFound, $"There is no customer '{target}'; create it first."),
        { IsArchived: true } => new(ErrorCode.EntityIsArchivedError,
            $"Customer '{target}' is archived; unarchive it or name another customer."),
        _ => null,
    };

    private static SubscriptionDecision Changed(
        Subscription before, Subscription after, JourneyFacts journey, Instant now)
    {
        var draft = new DecisionDraft(journey, now);
        // What was used until now was used where it was used: it is billed from there.
        var scope = UsageScope.Of(before);
        draft.Updated(before, after with
        {
            PastContents = scope == UsageScope.Of(after)
                ? after.PastContents
                : [.. after.PastContents.Select(past => past with { Scope = past.Scope ?? scope })],
            UpdatedAt = now,
        });
        return draft.Decide(before);
    }
}
