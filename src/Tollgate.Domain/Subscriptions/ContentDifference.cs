using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>What a change of a subscription does, as future updates (spec subscriptions 7).</summary>
internal static class ContentDifference
{
    /// <summary>One update for each thing that changes, all of one call; a new plan states its whole content.</summary>
    public static IReadOnlyList<FutureUpdate> Updates(
        Subscription before, Subscription after, PlanDirection direction, Instant at, Func<Guid> ids)
    {
        var call = ids();
        if (before.PlanId != after.PlanId)
        {
            return
            [
                New(direction == PlanDirection.Downgrade ? ScheduleType.Downgrade : ScheduleType.Plan) with
                {
                    Plan = SwitchTo(after),
                },
            ];
        }

        var updates = new List<FutureUpdate>();
        if (before.BillingPeriod != after.BillingPeriod)
            updates.Add(New(ScheduleType.BillingPeriod) with { BillingPeriod = after.BillingPeriod });
        if (before.PriceVersion != after.PriceVersion || before.PlanVersion != after.PlanVersion)
            updates.Add(New(ScheduleType.MigrateToLatest));
        updates.AddRange(after.Quantities
            .Where(q => !before.Quantities.TryGetValue(q.Key, out var held) || held != q.Value)
            .OrderBy(q => q.Key.Value, StringComparer.Ordinal)
            .Select(q => New(ScheduleType.UnitAmount) with { FeatureId = q.Key, Quantity = q.Value }));
        foreach (var id in before.Addons.Concat(after.Addons).Select(a => a.Id).Distinct())
        {
            var quantity = after.Addons.FirstOrDefault(a => a.Id == id)?.Quantity ?? 0;
            if (quantity != (before.Addons.FirstOrDefault(a => a.Id == id)?.Quantity ?? 0))
                updates.Add(New(ScheduleType.Addon) with { AddonId = id, AddonQuantity = quantity });
        }

        updates.AddRange(after.PriceOverrides.Where(price => before.PriceOverrides.All(held => held.Key != price.Key
                || held with { Tiers = price.Tiers } != price || !ContentEquality.Same(held.Tiers, price.Tiers)))
            .Select(price => New(ScheduleType.PriceOverride) with { Price = InputOf(price) }));
        // A period that starts again is no change of content; it is shown as what it is about.
        if (updates.Count == 0)
            updates.Add(New(ScheduleType.BillingPeriod) with { BillingPeriod = after.BillingPeriod });
        return updates;

        FutureUpdate New(ScheduleType type) => new()
        {
            Uid = ids(),
            CallUid = call,
            Type = type,
            Status = ScheduleStatus.Scheduled,
            ExecuteAt = at,
            CreatedAt = at,
        };
    }

    private static PlanSwitch SwitchTo(Subscription after) => new(after.PlanId)
    {
        BillingPeriod = after.BillingPeriod,
        Quantities = after.Quantities,
        Addons = [.. after.Addons.Select(a => new AddonInput(a.Id, a.Quantity))],
        Overrides = after.Overrides,
        PriceOverrides = [.. after.PriceOverrides.Select(InputOf)],
        Budget = after.Budget,
        MinimumSpend = after.MinimumSpend,
        HasMinimumSpend = true,
    };

    private static PriceOverrideInput InputOf(PriceOverride price) => new()
    {
        AddonId = price.Key.AddonId,
        FeatureId = price.Key.FeatureId,
        CurrencyId = price.Key.CurrencyId,
        BaseCharge = price.Key is { FeatureId: null, CurrencyId: null, AddonId: null },
        Amount = price.Price?.Amount,
        Currency = price.Price?.Currency,
        BlockSize = price.BlockSize,
        TiersMode = price.TiersMode,
        Tiers = price.Tiers,
        CreditRate = price.CreditRate,
        CreditGrantCadence = price.CreditGrantCadence,
    };
}
