using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Entitlements;

/// <summary>Says in English how an entitlement arose and what will change it.</summary>
internal static class ExplanationSentences
{
    public static IEnumerable<string> Of(
        EntitlementSet set, Feature feature, EffectiveEntitlement? entitlement, CheckOutcome outcome, decimal usage,
        decimal taken)
    {
        foreach (var each in set.Considered)
        {
            var name = $"Subscription '{each.Id}' ({each.PlanId} v{each.PlanVersion})";
            if (each.Standing == SubscriptionStanding.NotLive)
                yield return $"{name} is {each.Status} and gives no access.";
            else if (each.Standing == SubscriptionStanding.OtherResource)
                yield return $"{name} belongs to another resource.";
        }

        if (entitlement is null)
        {
            yield return set.HasLiveSubscription
                ? $"No live subscription or promotion grants '{feature.Id}'."
                : $"No subscription is live and no promotion grants '{feature.Id}'.";
            yield break;
        }

        foreach (var source in entitlement.Sources)
        {
            foreach (var contribution in source.Contributions)
                yield return $"{Name(source)}: {Say(contribution, feature)}";
            yield return source.Value is { } value ? $"{Name(source)} gives {value.Describe(feature)}."
                : source.IsRevoked ? $"{Name(source)} revokes the feature."
                : $"{Name(source)} gives nothing.";
        }

        yield return Winning(entitlement);
        if (feature.IsMetered && entitlement.IsGranted)
        {
            if (taken != usage)
                yield return $"Reservations hold {taken - usage}, which counts against the limit until they end.";
            yield return Usage(entitlement, outcome, usage, taken);
        }
    }

    public static string Of(EntitlementChange change)
    {
        var subscription = change.SubscriptionId is { } id ? $"subscription '{id}'" : "the promotion";
        return change.Kind switch
        {
            EntitlementChangeKind.SubscriptionStart => $"At {change.At} {subscription} starts.",
            EntitlementChangeKind.TrialEnd => $"At {change.At} the trial of {subscription} ends.",
            EntitlementChangeKind.SubscriptionEnd => $"At {change.At} {subscription} ends.",
            EntitlementChangeKind.Cancellation => $"At {change.At} {subscription} is cancelled.",
            EntitlementChangeKind.BillingPeriodEnd => $"At {change.At} the billing period of {subscription} ends.",
            EntitlementChangeKind.PromotionStart => $"At {change.At} the promotion starts.",
            EntitlementChangeKind.PromotionEnd => $"At {change.At} the promotion ends.",
            EntitlementChangeKind.WindowReset => $"At {change.At} the usage window ends and usage starts again at 0.",
            _ => throw new ArgumentOutOfRangeException(nameof(change), change.Kind, "Unknown kind of change."),
        };
    }

    private static string Name(EntitlementSource source) => source.Kind == EntitlementSourceKind.Promotion
        ? $"The promotion granted at {source.StartDate}"
        : $"Subscription '{source.SubscriptionId}' ({source.PlanId} v{source.PlanVersion})";

    private static string Say(EntitlementContribution contribution, Feature feature)
    {
        var package = $"'{contribution.PackageId}' v{contribution.Version}";
        var subject = contribution.Kind switch
        {
            ContributionKind.Plan => $"plan {package}",
            ContributionKind.BasePlan => $"base plan {package}",
            ContributionKind.Charge => $"the charge of {package}",
            ContributionKind.Overage => $"the overage price of {package}",
            ContributionKind.Override => "the subscription's own value",
            ContributionKind.Addon => $"add-on {package} x{contribution.Quantity} ({contribution.Behavior})",
            ContributionKind.Promotion => "the grant",
            _ => throw new ArgumentOutOfRangeException(nameof(contribution), contribution.Kind, "Unknown kind."),
        };
        if (contribution.Kind == ContributionKind.Overage)
            return $"{subject} makes the limit soft.";
        var value = contribution.Value?.Describe(feature) ?? "nothing";
        return contribution.Effect switch
        {
            ContributionEffect.Counted => $"{subject} gives {value}.",
            ContributionEffect.Replaced => $"{subject} gives {value}, which an Override add-on replaces.",
            ContributionEffect.Removed => $"{subject} gives {value}, which an add-on that revokes the feature removes.",
            ContributionEffect.Revokes => $"{subject} revokes the feature.",
            ContributionEffect.MissingValue => $"{subject} leaves the value to the subscription, which has none.",
            _ => throw new ArgumentOutOfRangeException(nameof(contribution), contribution.Effect, "Unknown effect."),
        };
    }

    private static string Winning(EffectiveEntitlement entitlement)
    {
        if (!entitlement.IsGranted)
            return $"Nothing else grants '{entitlement.FeatureId}', so it is denied: {entitlement.DeniedReason}.";
        var winner = Name(entitlement.Winner);
        var others = entitlement.Sources
            .Where(source => source.Value is not null && !ReferenceEquals(source, entitlement.Winner))
            .ToList();
        if (others.Count == 0)
            return $"{winner} is the only one that grants it.";
        if (entitlement.Feature.Type == FeatureType.Enum)
        {
            var united = entitlement.Value.Describe(entitlement.Feature);
            return $"The values of all {others.Count + 1} sources are united: {united}.";
        }

        return $"{winner} wins over {Name(others[0])}: {Reason(entitlement.Winner, others[0])}.";
    }

    private static string Reason(EntitlementSource winner, EntitlementSource second)
    {
        var (best, next) = (winner.Value!, second.Value!);
        if (Generosity.CompareAmount(best, next) != 0)
            return best.HasUnlimitedUsage ? "unlimited is more than any limit" : "its limit is larger";
        if (best.HasSoftLimit != next.HasSoftLimit)
            return "the limits are equal and its limit is soft";
        if (Generosity.Frequency(best.Reset) != Generosity.Frequency(next.Reset))
            return "the limits are equal and it resets more often";
        return winner.Kind != second.Kind ? "both give the same and a subscription comes before a promotion"
            : winner.ResourceId is not null && second.ResourceId is null
                ? "both give the same and the resource's own subscription comes first"
            : "both give the same and the older one comes first";
    }

    private static string Usage(EffectiveEntitlement entitlement, CheckOutcome outcome, decimal usage, decimal taken)
    {
        if (entitlement.HasUnlimitedUsage)
            return $"Usage is {usage} of unlimited.";
        var limit = entitlement.UsageLimit ?? 0;
        return outcome.DeniedReason == AccessDeniedReason.RequestedUsageExceedingLimit
            ? $"Usage {taken} is beyond the hard limit of {limit}, so access is denied."
            : entitlement.HasSoftLimit
                ? $"Usage is {usage} of {limit}; the limit is soft and never denies."
                : $"Usage is {usage} of {limit}; {limit - taken} may still be used.";
    }
}
