using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// The version of a plan or add-on that its subscriptions move to when it is published for all customers.
/// </summary>
public sealed record PublishedTarget(PackageKind Kind, PackageId Id, int Version);

/// <summary>
/// What publishing for all customers does to one subscription: its content moves, its prices stay (spec catalog 4.4).
/// The migration task and its preview both ask here.
/// </summary>
public static class PublishedMove
{
    /// <summary>
    /// The subscription with the new content; null when it has ended, or has it or something newer already.
    /// </summary>
    public static Subscription? Of(Subscription before, PublishedTarget target)
    {
        if (before.IsEnded)
            return null;
        if (target.Kind == PackageKind.Plan)
        {
            return before.PlanId == target.Id && before.PlanVersion < target.Version
                ? before with { PlanVersion = target.Version }
                : null;
        }

        return before.Addons.Any(IsBehind)
            ? before with
            {
                Addons = [.. before.Addons.Select(a => IsBehind(a) ? a with { Version = target.Version } : a)],
            }
            : null;

        bool IsBehind(SubscriptionAddon addon) => addon.Id == target.Id && addon.Version < target.Version;
    }

    /// <summary>
    /// The same for whichever of the targets applies; a subscription is on one plan, so at most one does.
    /// </summary>
    public static Subscription? Of(Subscription before, IReadOnlyList<PublishedTarget> targets)
    {
        foreach (var target in targets)
        {
            if (Of(before, target) is { } moved)
                return moved;
        }

        return null;
    }
}
