using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>Why a subscription that moves to a published version does not simply get what the version says.</summary>
public enum MoveException
{
    /// <summary>
    /// It pays the prices of an earlier version until it is migrated to the latest (spec catalog 4.4).
    /// </summary>
    OutdatedPrices,

    /// <summary>It has prices of its own, which a migration to the latest keeps as well.</summary>
    PriceOverrides,

    /// <summary>It has a value of its own for a feature that the version changes: that value goes on.</summary>
    EntitlementOverrides,

    /// <summary>
    /// The version leaves a value to each subscription and this one has none: what it is of waits for it.
    /// </summary>
    MissingValues,

    /// <summary>It holds an add-on that the version does not list any more: it stays until it is removed.</summary>
    UnlistedAddons,

    /// <summary>The version is of another pricing type; the subscription keeps its own.</summary>
    PricingType,

    /// <summary>A change of it is scheduled; carried out, it lands on the latest versions of that time.</summary>
    ScheduledUpdates,

    /// <summary>A change of it waits for a payment.</summary>
    PendingPayments,

    /// <summary>It ends at a known time.</summary>
    PlannedEnd,
}

/// <summary>The entitlements a move replaces, the version moved to, and which add-ons that version takes.</summary>
public sealed class MovedContent
{
    private readonly HashSet<FeatureId> _changed;
    private readonly IReadOnlySet<PackageId>? _addons;

    /// <param name="before">Own and inherited rows of the version moved from.</param>
    /// <param name="after">Own and inherited rows of the version moved to.</param>
    /// <param name="version">The version moved to.</param>
    /// <param name="addons">The add-ons a plan takes, its groups' too; null for an add-on.</param>
    public MovedContent(
        IReadOnlyList<PackageEntitlement> before, IReadOnlyList<PackageEntitlement> after, PackageVersion version,
        IReadOnlySet<PackageId>? addons)
    {
        Version = version;
        _addons = addons;
        var was = before.ToDictionary(row => row.FeatureId);
        var now = after.ToDictionary(row => row.FeatureId);
        _changed = [.. was.Keys.Union(now.Keys).Where(feature =>
            was.GetValueOrDefault(feature) is not { } left || now.GetValueOrDefault(feature) is not { } right
            || !SameValue(left, right))];
        Open = [.. after.Where(row => row is { IsCustom: true, IsGranted: true }).Select(row => row.FeatureId)];
    }

    public PackageVersion Version { get; }

    /// <summary>Features whose value each subscription brings.</summary>
    internal IReadOnlyList<FeatureId> Open { get; }

    /// <summary>Credits whose amount each subscription brings.</summary>
    public IReadOnlyList<CurrencyId> OpenCredits { get; init; } = [];

    internal bool Changes(FeatureId feature) => _changed.Contains(feature);

    internal bool Takes(PackageId addon) => _addons?.Contains(addon) ?? true;

    private static bool SameValue(PackageEntitlement left, PackageEntitlement right) => PackageContent.Same(
        left with
        {
            Order = right.Order,
            DisplayNameOverride = right.DisplayNameOverride,
            Description = right.Description,
            HiddenFromWidgets = right.HiddenFromWidgets,
        },
        right);
}

/// <summary>What to know of a subscription that publishing moves.</summary>
public static class MoveExceptions
{
    /// <param name="before">The subscription as it is; it moves.</param>
    /// <param name="content">What it moves from and to.</param>
    public static IEnumerable<MoveException> Of(Subscription before, MovedContent content)
    {
        if (before.PricingType == PricingType.Paid)
            yield return MoveException.OutdatedPrices;
        if (before.PriceOverrides.Count > 0)
            yield return MoveException.PriceOverrides;
        if (before.Overrides.Any(own => content.Changes(own.FeatureId)))
            yield return MoveException.EntitlementOverrides;
        if (content.Open.Any(
            feature => before.Overrides.All(own => own.FeatureId != feature || !Overrides.HasValue(own)))
            || content.OpenCredits.Any(currency => before.CreditOverrides.All(own => own.CurrencyId != currency)))
        {
            yield return MoveException.MissingValues;
        }

        if (before.Addons.Any(addon => !content.Takes(addon.Id)))
            yield return MoveException.UnlistedAddons;
        if (content.Version is { Kind: PackageKind.Plan, PricingType: { } type } && type != before.PricingType)
            yield return MoveException.PricingType;
        if (before.FutureUpdates.Any(update => update.IsScheduled))
            yield return MoveException.ScheduledUpdates;
        if (before.FutureUpdates.Any(update => update.Status == ScheduleStatus.PendingPayment))
            yield return MoveException.PendingPayments;
        if (SubscriptionLifecycle.EffectiveEnd(before) is not null)
            yield return MoveException.PlannedEnd;
    }
}
