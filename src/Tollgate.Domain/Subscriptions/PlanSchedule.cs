using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Subscriptions;

/// <summary>A change of plan that waits for the end of a period (spec subscriptions 6.3 and 7).</summary>
internal static class PlanSchedule
{
    /// <summary>
    /// The record with the change waiting. It takes the place of all that waited; the same change again changes
    /// nothing, and a planned cancellation is undone as by any provisioning.
    /// </summary>
    public static Subscription Add(
        Subscription main, ProvisionRequest request, Content content, PlanDirection direction, Instant at, Instant now,
        IdSource ids)
    {
        var call = ids.NextUid();
        var wanted = new List<FutureUpdate>
        {
            UpdateSchedule.New(direction == PlanDirection.Downgrade ? ScheduleType.Downgrade : ScheduleType.Plan,
                call, at, now, ids) with
            { Plan = SwitchOf(request, content) },
        };
        if (Promotions.Accepted(request.Coupon) is { IsGiven: true, Value: var coupon })
            wanted.Add(UpdateSchedule.New(ScheduleType.Coupon, call, at, now, ids) with { Coupon = coupon });

        if (request.Metadata is { } metadata)
        {
            wanted.Add(UpdateSchedule.New(ScheduleType.AdditionalMetaData, call, at, now, ids) with
            {
                Metadata = metadata,
            });
        }

        return main with
        {
            FutureUpdates = FutureUpdates.Reconcile(main.FutureUpdates, _ => true, wanted, now),
            CancellationDate = request.CancellationDate,
            CancellationAction = CancellationAction.Default,
        };
    }

    /// <summary>What the change asks for when its time comes, together with what was scheduled beside it.</summary>
    public static ProvisionRequest RequestOf(Subscription subscription, IReadOnlyList<FutureUpdate> together)
    {
        var plan = together[0].Plan!;
        var quantities = new Dictionary<FeatureId, decimal>(plan.Quantities);
        foreach (var update in together.Where(u => u.FeatureId is not null))
            quantities[update.FeatureId!.Value] = update.Quantity!.Value;
        var credits = new Dictionary<CurrencyId, decimal>(plan.CreditQuantities);
        foreach (var update in together.Where(u => u.CurrencyId is not null))
            credits[update.CurrencyId!.Value] = update.Quantity!.Value;
        var coupon = together.FirstOrDefault(u => u.Type == ScheduleType.Coupon);
        return new(subscription.CustomerId, plan.PlanId)
        {
            ResourceId = subscription.ResourceId,
            BillingPeriod = plan.BillingPeriod,
            BillingCountryCode = subscription.BillingCountryCode,
            Quantities = [.. quantities.Select(q => new QuantityInput(q.Key, q.Value))],
            CreditQuantities = [.. credits.Select(q => new CreditQuantityInput(q.Key, q.Value))],
            Addons = Addons(plan, together),
            Overrides = [.. plan.Overrides.Select(Input)],
            CreditOverrides = plan.CreditOverrides,
            PriceOverrides = plan.PriceOverrides,
            Budget = plan.Budget is null ? default : new(plan.Budget),
            MinimumSpend = plan.HasMinimumSpend ? new(plan.MinimumSpend) : default,
            Coupon = coupon is null ? default : new(coupon.Coupon),
            Metadata = together.FirstOrDefault(u => u.Type == ScheduleType.AdditionalMetaData)?.Metadata,
            CancellationDate = subscription.CancellationDate,
            SkipTrial = true,
            DropsUnknownQuantities = true,
            ScheduleStrategy = ScheduleStrategy.Immediate,
        };
    }

    /// <summary>
    /// Of the add-ons that the other plan is to have, fewer when fewer were asked for since; an add-on it states
    /// nothing about does not come along.
    /// </summary>
    private static List<AddonInput> Addons(PlanSwitch plan, IReadOnlyList<FutureUpdate> together)
    {
        var asked = together.Where(u => u.Type == ScheduleType.Addon)
            .ToDictionary(u => u.AddonId!.Value, u => u.AddonQuantity!.Value);
        return
        [
            .. plan.Addons.Select(a => asked.TryGetValue(a.Id, out var quantity) ? a with { Quantity = quantity } : a)
                .Where(a => a.Quantity > 0),
        ];
    }

    private static PlanSwitch SwitchOf(ProvisionRequest request, Content content) => new(request.PlanId)
    {
        BillingPeriod = content.Period,
        Quantities = request.UnitQuantity is not null
            ? content.Held.Quantities
            : (request.Quantities ?? []).ToDictionary(q => q.FeatureId, q => q.Quantity),
        CreditQuantities = (request.CreditQuantities ?? []).ToDictionary(q => q.CurrencyId, q => q.Quantity),
        Addons = request.Addons ?? [],
        Overrides = content.Held.Overrides,
        CreditOverrides = content.Held.CreditOverrides,
        PriceOverrides = request.PriceOverrides ?? [],
        Budget = request.Budget.Or(null),
        MinimumSpend = request.MinimumSpend.Or(null),
        HasMinimumSpend = request.MinimumSpend.IsGiven,
    };

    public static OverrideInput Input(EntitlementOverride value) => new(value.FeatureId)
    {
        UsageLimit = value.UsageLimit,
        HasUnlimitedUsage = value.HasUnlimitedUsage,
        HasSoftLimit = value.HasSoftLimit,
        EnumValues = value.EnumValues,
        Reset = value.Reset is not { } rule ? new() : new()
        {
            Period = new(rule.Period),
            Yearly = rule.Period == ResetPeriod.Year ? rule.Anchor : null,
            Monthly = rule.Period == ResetPeriod.Month ? rule.Anchor : null,
            Weekly = rule.Period == ResetPeriod.Week ? rule.Anchor : null,
        },
    };
}
