using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// Splits an update into what takes effect now and what waits (spec subscriptions 6.3, 6.4 and 7). A change of period
/// decides for the whole request; otherwise each quantity and add-on by itself: more now, less as the product says, all
/// of it later when the call says so.
/// </summary>
internal static class UpdateSchedule
{
    /// <param name="request">The update.</param>
    /// <param name="held">The subscription before it.</param>
    /// <param name="edited">The subscription with all of the update at once.</param>
    /// <param name="edit">Applies a part of the update at once.</param>
    /// <param name="product">Says when downgrades take effect.</param>
    /// <param name="now">The time of the call.</param>
    /// <param name="ids">Identities of what waits.</param>
    public static Result<UpdateSubscription.Edited> Split(
        UpdateRequest request, HeldSubscription held, UpdateSubscription.Edited edited,
        Func<UpdateRequest, Result<UpdateSubscription.Edited>> edit, Product product, Instant now, IdSource ids)
    {
        var before = held.Subscription;
        var downgradesPeriod = (before.BillingPeriod, edited.After.BillingPeriod)
            == (BillingPeriod.Annually, BillingPeriod.Monthly);
        if (edited.After.BillingPeriod != before.BillingPeriod)
        {
            if (!ScheduleTiming.Of(request.ScheduleStrategy, downgradesPeriod, before, product, now)
                .TryGet(out var moment, out var refusal))
            {
                return refusal;
            }

            if (ScheduleTiming.CheckCycle(moment, request.RestartsCycle) is { } contradiction)
                return contradiction;
            return moment.At is { } at
                ? WholeLater(request, before, edited, edit, at, now, ids)
                : edited with
                {
                    After = edited.After with { FutureUpdates = FutureUpdates.Drop(edited.After.FutureUpdates, now) },
                };
        }

        if (!ScheduleTiming.Of(request.ScheduleStrategy, isDowngrade: true, before, product, now)
            .TryGet(out var later, out var noPeriod))
        {
            return noPeriod;
        }

        var isAsked = request.ScheduleStrategy is not (null or ScheduleStrategy.Immediate);
        if (isAsked && ScheduleTiming.CheckCycle(later, request.RestartsCycle) is { } wrong)
            return wrong;
        if (isAsked)
            return ContentLater(request, before, edited, edit, later.At!.Value, now, ids);
        var call = ids.NextUid();
        var wanted = later.At is { } end ? Decreases(before, edited.After, call, end, now, ids) : [];
        var after = wanted.Count == 0 ? edited.After : KeepUntilThen(before, edited.After);
        return edited with { After = WithUpdates(request, before, edited.After, after, wanted, now) };
    }

    /// <summary>All that a change of period brings waits with it; the rest is no part of it.</summary>
    private static Result<UpdateSubscription.Edited> WholeLater(
        UpdateRequest request, Subscription before, UpdateSubscription.Edited edited,
        Func<UpdateRequest, Result<UpdateSubscription.Edited>> edit, Instant at, Instant now, IdSource ids)
    {
        var call = ids.NextUid();
        var wanted = new List<FutureUpdate>
        {
            New(ScheduleType.BillingPeriod, call, at, now, ids) with { BillingPeriod = edited.After.BillingPeriod },
        };
        wanted.AddRange(Differences(request, before, edited.After, call, at, now, ids));
        if (Promotions.Accepted(request.Coupon) is { IsGiven: true, Value: var coupon })
            wanted.Add(New(ScheduleType.Coupon, call, at, now, ids) with { Coupon = coupon });
        if (request.Metadata.IsGiven)
        {
            wanted.Add(New(ScheduleType.AdditionalMetaData, call, at, now, ids) with
            {
                Metadata = request.Metadata.Value ?? Metadata.Empty,
            });
        }

        return edit(Unscheduled(request) with { BillingPeriod = null, Coupon = default, Metadata = default })
            .Map(rest => rest with
            {
                After = rest.After with
                {
                    FutureUpdates = FutureUpdates.Reconcile(rest.After.FutureUpdates, _ => true, wanted, now),
                },
            });
    }

    private static Result<UpdateSubscription.Edited> ContentLater(
        UpdateRequest request, Subscription before, UpdateSubscription.Edited edited,
        Func<UpdateRequest, Result<UpdateSubscription.Edited>> edit, Instant at, Instant now, IdSource ids)
    {
        var wanted = Differences(request, before, edited.After, ids.NextUid(), at, now, ids);
        return edit(Unscheduled(request)).Map(rest => rest with
        {
            After = WithUpdates(request, before, edited.After, rest.After, wanted, now),
        });
    }

    private static UpdateRequest Unscheduled(UpdateRequest request) => request with
    {
        Quantities = null,
        UnitQuantity = null,
        CreditQuantities = null,
        Addons = null,
        PriceOverrides = null,
        RestartsCycle = false,
    };

    /// <summary>
    /// The list after the update: what it names is settled anew, seats changed now are carried into a change of plan
    /// that waits, and a cycle that starts again takes along everything that waited for the end of the old one.
    /// </summary>
    private static Subscription WithUpdates(
        UpdateRequest request, Subscription before, Subscription asked, Subscription after,
        IReadOnlyList<FutureUpdate> wanted, Instant now)
    {
        if (after.BillingCycleAnchor != before.BillingCycleAnchor)
            return after with { FutureUpdates = FutureUpdates.Drop(after.FutureUpdates, now) };
        var named = Named(request, before, asked);
        var undone = Undone(request, after.FutureUpdates);
        var updates = FutureUpdates.Reconcile(
            after.FutureUpdates,
            update => undone.Contains(update.CallUid) || update.Type switch
            {
                ScheduleType.UnitAmount => named.Contains(update.FeatureId!.Value),
                ScheduleType.RecurringCredits =>
                    (request.CreditQuantities ?? []).Any(q => q.CurrencyId == update.CurrencyId),
                ScheduleType.Addon => request.Addons is not null,
                ScheduleType.PriceOverride => request.PriceOverrides is not null,
                ScheduleType.Coupon => request.Coupon.IsGiven,
                ScheduleType.AdditionalMetaData => request.Metadata.IsGiven,
                _ => false,
            },
            wanted,
            now);
        var changed = after.Quantities
            .Where(q => before.Quantities.TryGetValue(q.Key, out var held) && held != q.Value).ToList();
        if (changed.Count > 0 && updates.Any(u => u.IsScheduled && u.Plan is not null))
            updates = [.. updates.Select(u => u.IsScheduled && u.Plan is { } plan ? Carry(u, plan, changed) : u)];
        return after with { FutureUpdates = updates };
    }

    /// <summary>
    /// The calls whose change of plan or period is given up, with all that came with it: the request names the plan or
    /// the period that is held.
    /// </summary>
    private static HashSet<Guid> Undone(UpdateRequest request, IReadOnlyList<FutureUpdate> waiting) =>
    [
        .. waiting.Where(u => u.IsScheduled && ((u.Plan is not null && request.NamesPlan)
            || (u.Type == ScheduleType.BillingPeriod && request.BillingPeriod is not null))).Select(u => u.CallUid),
    ];

    private static FutureUpdate Carry(
        FutureUpdate update, PlanSwitch plan, IReadOnlyList<KeyValuePair<FeatureId, decimal>> changed)
    {
        var quantities = new Dictionary<FeatureId, decimal>(plan.Quantities);
        foreach (var (feature, quantity) in changed)
            quantities[feature] = quantity;
        return update with { Plan = plan with { Quantities = quantities } };
    }

    /// <summary>The features whose units the request names, in whichever form.</summary>
    private static HashSet<FeatureId> Named(UpdateRequest request, Subscription before, Subscription asked) =>
        request.Quantities is { } quantities
            ? [.. quantities.Select(q => q.FeatureId)]
            : request.UnitQuantity is not null
                ? [.. asked.Quantities.Keys.Where(before.Quantities.ContainsKey)]
                : [];

    /// <summary>What the update takes away.</summary>
    private static List<FutureUpdate> Decreases(
        Subscription before, Subscription asked, Guid call, Instant at, Instant now, IdSource ids)
    {
        var updates = new List<FutureUpdate>();
        foreach (var (feature, quantity) in before.Quantities)
        {
            if (asked.Quantities.TryGetValue(feature, out var less) && less < quantity)
                updates.Add(Units(feature, less, call, at, now, ids));
        }

        foreach (var (currency, quantity) in before.CreditQuantities)
        {
            if (asked.CreditQuantities.TryGetValue(currency, out var less) && less < quantity)
                updates.Add(Credits(currency, less, call, at, now, ids));
        }

        foreach (var addon in before.Addons)
        {
            var less = asked.Addons.FirstOrDefault(a => a.Id == addon.Id)?.Quantity ?? 0;
            if (less < addon.Quantity)
                updates.Add(Addon(addon.Id, less, call, at, now, ids));
        }

        return updates;
    }

    /// <summary>Everything that the update changes of quantities, add-ons and prices.</summary>
    private static List<FutureUpdate> Differences(
        UpdateRequest request, Subscription before, Subscription asked, Guid call, Instant at, Instant now,
        IdSource ids)
    {
        var updates = new List<FutureUpdate>();
        foreach (var feature in Named(request, before, asked).Order(Comparer<FeatureId>.Create(
            static (a, b) => string.CompareOrdinal(a.Value, b.Value))))
        {
            if (asked.Quantities.TryGetValue(feature, out var quantity)
                && (!before.Quantities.TryGetValue(feature, out var held) || held != quantity))
            {
                updates.Add(Units(feature, quantity, call, at, now, ids));
            }
        }

        foreach (var currency in (request.CreditQuantities ?? []).Select(q => q.CurrencyId).Distinct())
        {
            if (asked.CreditQuantities.TryGetValue(currency, out var quantity)
                && (!before.CreditQuantities.TryGetValue(currency, out var held) || held != quantity))
            {
                updates.Add(Credits(currency, quantity, call, at, now, ids));
            }
        }

        var addons = before.Addons.Concat(asked.Addons).Select(a => a.Id).Distinct();
        foreach (var id in request.Addons is null ? [] : addons)
        {
            var quantity = asked.Addons.FirstOrDefault(a => a.Id == id)?.Quantity ?? 0;
            if (quantity != (before.Addons.FirstOrDefault(a => a.Id == id)?.Quantity ?? 0))
                updates.Add(Addon(id, quantity, call, at, now, ids));
        }

        updates.AddRange((request.PriceOverrides ?? []).Select(price =>
            New(ScheduleType.PriceOverride, call, at, now, ids) with { Price = price }));
        return updates;
    }

    /// <summary>The update's increases on top of all that is held.</summary>
    private static Subscription KeepUntilThen(Subscription before, Subscription asked)
    {
        var addons = before.Addons.Select(held => asked.Addons.FirstOrDefault(a => a.Id == held.Id) is { } more
            && more.Quantity > held.Quantity ? more : held).ToList();
        addons.AddRange(asked.Addons.Where(a => before.Addons.All(held => held.Id != a.Id)));
        var quantities = new Dictionary<FeatureId, decimal>(asked.Quantities);
        foreach (var (feature, quantity) in before.Quantities)
            quantities[feature] = Math.Max(quantity, quantities.GetValueOrDefault(feature));
        var credits = new Dictionary<CurrencyId, decimal>(asked.CreditQuantities);
        foreach (var (currency, quantity) in before.CreditQuantities)
            credits[currency] = Math.Max(quantity, credits.GetValueOrDefault(currency));
        return asked with
        {
            Addons = addons,
            Quantities = quantities,
            CreditQuantities = credits,
            PriceOverrides = [.. asked.PriceOverrides, .. before.PriceOverrides.Where(o => o.Key.AddonId is { } addon
                && asked.Addons.All(a => a.Id != addon) && asked.PriceOverrides.All(p => p.Key != o.Key))],
        };
    }

    private static FutureUpdate Units(
        FeatureId feature, decimal quantity, Guid call, Instant at, Instant now, IdSource ids) =>
        New(ScheduleType.UnitAmount, call, at, now, ids) with { FeatureId = feature, Quantity = quantity };

    private static FutureUpdate Credits(
        CurrencyId currency, decimal quantity, Guid call, Instant at, Instant now, IdSource ids) =>
        New(ScheduleType.RecurringCredits, call, at, now, ids) with { CurrencyId = currency, Quantity = quantity };

    private static FutureUpdate Addon(
        PackageId addon, int quantity, Guid call, Instant at, Instant now, IdSource ids) =>
        New(ScheduleType.Addon, call, at, now, ids) with { AddonId = addon, AddonQuantity = quantity };

    internal static FutureUpdate New(ScheduleType type, Guid call, Instant at, Instant now, IdSource ids) => new()
    {
        Uid = ids.NextUid(),
        CallUid = call,
        Type = type,
        Status = ScheduleStatus.Scheduled,
        ExecuteAt = at,
        CreatedAt = now,
    };
}
