using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>The list of a subscription's future updates: what is next, and how it changes.</summary>
internal static class FutureUpdates
{
    /// <summary>How many closed updates a subscription remembers.</summary>
    private const int MaxClosed = 20;

    /// <summary>The instant at which the next scheduled update is due; null without one.</summary>
    public static Instant? NextAt(Subscription subscription)
    {
        Instant? next = null;
        foreach (var update in subscription.FutureUpdates)
        {
            if (update.IsScheduled && (next is not { } at || update.ExecuteAt < at))
                next = update.ExecuteAt;
        }

        return next;
    }

    /// <summary>
    /// What is carried out next, together: the updates of the oldest call of that instant. With a change of plan or
    /// period go the changes of content that were asked for after it, so that the period that begins is charged for
    /// them once. A migration is always on its own.
    /// </summary>
    public static IReadOnlyList<FutureUpdate> Next(Subscription subscription)
    {
        var at = NextAt(subscription);
        var due =
            subscription.FutureUpdates.Where(u => u.IsScheduled && u.ExecuteAt == at).OrderBy(u => u.CreatedAt)
                .ToList();
        var oldest = due.Where(u => u.CallUid == due[0].CallUid).ToList();
        return oldest.Exists(u => u.Plan is not null || u.Type == ScheduleType.BillingPeriod)
            ? [.. due.Where(u => u.Type != ScheduleType.MigrateToLatest)]
            : oldest;
    }

    /// <summary>
    /// The list with the given updates closed; those closed longest ago are forgotten beyond a number.
    /// </summary>
    public static IReadOnlyList<FutureUpdate> Close(
        IReadOnlyList<FutureUpdate> all, Func<FutureUpdate, bool> which, ScheduleStatus status, Instant at,
        string? error = null)
    {
        var closed = all.Select(u => u.ClosedAt is null && which(u)
            ? u with { Status = status, ClosedAt = at, Error = error }
            : u).ToList();
        var forgotten = closed.Where(u => u.ClosedAt is not null).OrderByDescending(u => u.ClosedAt).Skip(MaxClosed)
            .Select(u => u.Uid).ToHashSet();
        return forgotten.Count == 0 ? closed : [.. closed.Where(u => !forgotten.Contains(u.Uid))];
    }

    /// <summary>
    /// The list without anything that waits for a later time: a newer request took its place. What is due now is done
    /// next.
    /// </summary>
    public static IReadOnlyList<FutureUpdate> Drop(IReadOnlyList<FutureUpdate> all, Instant at)
    {
        bool Waits(FutureUpdate update) => update.IsScheduled && update.ExecuteAt > at;
        return all.Any(Waits) ? Close(all, Waits, ScheduleStatus.Canceled, at) : all;
    }

    /// <summary>
    /// The list after a request that wants <paramref name="wanted"/> of what it names: an update about the same thing
    /// is changed where it stands, one that is not wanted any more is canceled, and what is so already stays.
    /// </summary>
    public static IReadOnlyList<FutureUpdate> Reconcile(
        IReadOnlyList<FutureUpdate> all, Func<FutureUpdate, bool> isNamed, IEnumerable<FutureUpdate> wanted,
        Instant now)
    {
        var rest = wanted.ToList();
        var result = new List<FutureUpdate>();
        foreach (var update in all)
        {
            if (!update.IsScheduled || !isNamed(update))
            {
                result.Add(update);
                continue;
            }

            var match = rest.FindIndex(
                w => w.Type == update.Type && w.FeatureId == update.FeatureId && w.CurrencyId == update.CurrencyId
                && w.AddonId == update.AddonId && w.Plan?.PlanId == update.Plan?.PlanId
                && SameTarget(w.Price, update.Price));
            if (match < 0)
            {
                result.Add(update with { Status = ScheduleStatus.Canceled, ClosedAt = now });
                continue;
            }

            var asked = rest[match];
            rest.RemoveAt(match);
            result.Add(Same(update, asked) ? update : asked with { Uid = update.Uid, CreatedAt = update.CreatedAt });
        }

        return Close([.. result, .. rest], _ => false, ScheduleStatus.Canceled, now);
    }

    /// <summary>Equality of what they will do and when.</summary>
    public static bool Same(FutureUpdate a, FutureUpdate b) =>
        a.Type == b.Type && a.ExecuteAt == b.ExecuteAt && a.BillingPeriod == b.BillingPeriod
        && a.FeatureId == b.FeatureId && a.CurrencyId == b.CurrencyId && a.Quantity == b.Quantity
        && a.AddonId == b.AddonId && a.AddonQuantity == b.AddonQuantity
        && Same(a.Plan, b.Plan) && Same(a.Price, b.Price) && Same(a.Coupon, b.Coupon)
        && ContentEquality.Same(a.Metadata ?? Metadata.Empty, b.Metadata ?? Metadata.Empty);

    private static bool SameTarget(PriceOverrideInput? a, PriceOverrideInput? b) =>
        (a?.AddonId, a?.FeatureId, a?.CurrencyId, a?.BaseCharge)
        == (b?.AddonId, b?.FeatureId, b?.CurrencyId, b?.BaseCharge);

    private static bool Same(PlanSwitch? a, PlanSwitch? b)
    {
        if (a is null || b is null)
            return a is null && b is null;
        return a with
        {
            Quantities = b.Quantities,
            CreditQuantities = b.CreditQuantities,
            CreditOverrides = b.CreditOverrides,
            Addons = b.Addons,
            Overrides = b.Overrides,
            PriceOverrides = b.PriceOverrides,
        } == b
        && ContentEquality.Same(a.Quantities, b.Quantities)
        && ContentEquality.Same(a.CreditQuantities, b.CreditQuantities)
        && ContentEquality.SameInAnyOrder(a.CreditOverrides, b.CreditOverrides, static (x, y) => x == y)
        && ContentEquality.Same(a.Addons, b.Addons)
        && ContentEquality.SameInAnyOrder(a.Overrides, b.Overrides, SubscriptionEquality.Same)
        && ContentEquality.Same(a.PriceOverrides, b.PriceOverrides, Same);
    }

    private static bool Same(PriceOverrideInput? a, PriceOverrideInput? b) => a is null || b is null
        ? a is null && b is null
        : a with { Tiers = b.Tiers } == b && ContentEquality.Same(a.Tiers, b.Tiers);

    private static bool Same(CouponRequest? a, CouponRequest? b)
    {
        if (a is null || b is null)
            return a is null && b is null;
        return a.StartDate == b.StartDate && ContentEquality.Same(a.References, b.References)
            && PromotionCode.Same(a.Promotion, b.Promotion)
            && (a.Discount, b.Discount) switch
            {
                (null, null) => true,
                ({ } x, { } y) => x with { AmountsOff = y.AmountsOff } == y
                    && ContentEquality.Same(x.AmountsOff, y.AmountsOff),
                _ => false,
            };
    }
}
