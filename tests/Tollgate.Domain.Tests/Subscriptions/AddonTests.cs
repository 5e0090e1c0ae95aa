using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>Add-ons on subscriptions (spec subscriptions 3.6, catalog 5.4, 6 and 7).</summary>
public sealed class AddonTests
{
    private static readonly PackageVersion Support = Given.Support();
    private static readonly PackageVersion Sso = Given.Addon("sso", Given.Charge(BillingModel.FlatFee, 7)) with
    {
        Dependencies = [Support.Id],
    };

    private static readonly PackageVersion Pro = Given.ProPlan() with { CompatibleAddonIds = [Support.Id, Sso.Id] };
    private static readonly Instant Later = Given.Now + Duration.FromDays(10);

    private static Result<SubscriptionDecision> Provision(
        PackageVersion plan, AddonInput[] addons, AddonFacts? facts = null, BillingPeriod period = BillingPeriod.Monthly) =>
        ProvisionSubscription.Decide(
            new(Given.CustomerId, plan.Id)
            {
                BillingPeriod = plan.PricingType == PricingType.Paid ? period : null,
                Addons = addons,
            },
            Given.Provision(plan) with { Addons = facts ?? Given.Addons(Support, Sso) }, Given.Now, Given.Ids());

    private static Result<SubscriptionDecision> Update(
        HeldSubscription held, UpdateRequest request, AddonFacts? facts = null) => UpdateSubscription.Decide(
        request, new(held, Given.Journey(), Given.Features(Given.Feature(Given.Seats)), [held.Subscription])
        {
            Addons = facts ?? Given.Addons(Support, Sso),
        },
        Later, Given.Ids());

    private static HeldSubscription Holding(params AddonInput[] addons) =>
        Given.Held(Provision(Pro, addons).Value.Subject, Pro, Support, Sso);

    private static SubscriptionAddon[] AddonsOf(Result<SubscriptionDecision> result) =>
        [.. result.Value.Subject.Addons];

    [Fact]
    public void Named_addons_are_held_at_their_latest_versions_in_the_order_of_the_request()
    {
        var third = Support with { Version = 3 };

        var held = AddonsOf(Provision(Pro, [new(Sso.Id), new(Support.Id, 2)], Given.Addons(third, Sso)));

        Assert.Equal([new(Sso.Id, 1, 1, 1), new(Support.Id, 2, 3, 3)], held);
    }

    [Fact]
    public void Unknown_addons_are_all_named_and_the_code_tells_one_from_several()
    {
        var one = Provision(Pro, [new(new("a"))]).Refusal!;
        var two = Provision(Pro, [new(new("a")), new(Support.Id), new(new("b"))]).Refusal!;

        Assert.Equal(ErrorCode.AddonNotFound, one.Code);
        Assert.Equal(ErrorCode.AddonsNotFound, two.Code);
        Assert.Equal(["addons[0].id", "addons[2].id"], two.Fields.Select(f => f.Path));
    }

    [Fact]
    public void Addons_that_cannot_be_bought_are_refused()
    {
        var draft = Support with { Status = PackageStatus.Draft };
        var archived = Support with { Status = PackageStatus.Archived };
        var custom = Support with { PricingType = PricingType.Custom };
        var yearly = Given.Addon("support", Given.Charge(BillingModel.FlatFee, 50, BillingPeriod.Annually));
        var inEuro = Given.Addon("support", Given.Charge(BillingModel.FlatFee, 5, currency: "eur"));

        ErrorCode? Code(PackageVersion addon) =>
            Given.Code(Provision(Pro, [new(Support.Id)], Given.Addons(addon)));

        Assert.Equal(ErrorCode.UnPublishedPackage, Code(draft));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Code(archived));
        Assert.Equal(ErrorCode.IncompatibleSubscriptionAddon, Code(custom));
        Assert.Equal(ErrorCode.BillingPeriodMissingError, Code(yearly));
        Assert.Equal(ErrorCode.InvalidArgumentError, Code(inEuro));
        Assert.Equal(ErrorCode.IncompatibleSubscriptionAddon,
            Given.Code(Provision(Given.ProPlan(), [new(Support.Id)])));
        Assert.Equal(ErrorCode.IncompatibleSubscriptionAddon,
            Given.Code(Provision(Given.FreePlan(), [new(Support.Id)])));
    }

    [Fact]
    public void A_custom_plan_takes_custom_and_paid_addons_and_needs_no_price_for_them()
    {
        var custom = Given.Plan("enterprise", PricingType.Custom) with { CompatibleAddonIds = [Support.Id, Sso.Id] };
        var bespoke = Sso with { PricingType = PricingType.Custom, Charges = [], Dependencies = [] };

        Assert.Equal(2, AddonsOf(Provision(custom, [new(Support.Id), new(Sso.Id)], Given.Addons(Support, bespoke))).Length);
    }

    [Theory]
    [InlineData("0", ErrorCode.InvalidQuantity)]
    [InlineData("-1", ErrorCode.InvalidQuantity)]
    [InlineData("1.5", ErrorCode.InvalidQuantity)]
    [InlineData("3", null)]
    [InlineData("4", ErrorCode.AddonQuantityExceedsLimitError)]
    public void A_quantity_is_whole_and_within_the_addons_cap(string quantity, ErrorCode? code) => Assert.Equal(
        code, Given.Code(Provision(Pro, [new(Support.Id, decimal.Parse(quantity))])));

    [Fact]
    public void An_addon_is_listed_once_and_with_what_it_depends_on()
    {
        Assert.Equal(ErrorCode.DuplicateAddonProvisionedError,
            Given.Code(Provision(Pro, [new(Support.Id), new(Support.Id)])));
        Assert.Equal(ErrorCode.AddonDependencyMissingError, Given.Code(Provision(Pro, [new(Sso.Id)])));
        Assert.Null(Given.Code(Provision(Pro, [new(Sso.Id), new(Support.Id)])));
    }

    [Fact]
    public void Everything_wrong_with_the_addons_is_told_at_once()
    {
        var refusal = Provision(Pro, [new(new("nope")), new(Support.Id, 0), new(Support.Id)]).Refusal!;

        Assert.Equal(["addons[0].id", "addons[1].quantity", "addons[2].id"], refusal.Fields.Select(f => f.Path));
    }

    [Fact]
    public void A_group_makes_its_addons_compatible_and_counts_its_items_with_quantity()
    {
        var plan = Given.ProPlan() with { CompatibleGroups = [new("extras", MinItems: 3, FreeItems: null)] };
        var facts = Given.Addons(Support, Sso) with
        {
            Groups = new Dictionary<string, PackageGroup>
            {
                ["extras"] = new()
                {
                    Uid = Given.Uid(9),
                    Id = "extras",
                    DisplayName = "Extras",
                    ProductId = Given.ProductId,
                    AddonIds = [Support.Id, Sso.Id],
                    Version = 1,
                    CreatedAt = Given.Now,
                    UpdatedAt = Given.Now,
                },
            },
        };

        Assert.Equal(ErrorCode.PackageGroupMinItemsError,
            Given.Code(Provision(plan, [new(Support.Id), new(Sso.Id)], facts)));
        Assert.Null(Given.Code(Provision(plan, [new(Support.Id, 2), new(Sso.Id)], facts)));
        Assert.Equal(ErrorCode.PackageGroupMinItemsError, Given.Code(Provision(plan, [], facts)));
    }

    [Fact]
    public void A_list_in_an_update_replaces_all_addons_and_no_list_keeps_them()
    {
        var held = Holding(new AddonInput(Support.Id, 2));

        Assert.True(Update(held, new() { Quantities = [new(Given.Seats, 1)] }).Value.IsNoChange);
        Assert.True(Update(held, new() { Addons = [new(Support.Id, 2)] }).Value.IsNoChange);
        Assert.Empty(AddonsOf(Update(held, new() { Addons = [] })));
        var replaced = Update(held, new() { Addons = [new(Support.Id), new(Sso.Id)] });
        Assert.Equal([new(Support.Id, 1, 1, 1), new(Sso.Id, 1, 1, 1)], AddonsOf(replaced));
        Assert.Equal(EventType.SubscriptionUpdated, Assert.Single(replaced.Value.Events).Type);
    }

    [Fact]
    public void What_another_addon_depends_on_cannot_be_removed_alone() =>
        Assert.Equal(ErrorCode.AddonDependencyMissingError, Given.Code(Update(
            Holding(new AddonInput(Support.Id), new AddonInput(Sso.Id)), new() { Addons = [new(Sso.Id)] })));

    [Fact]
    public void A_held_addon_keeps_its_version_and_stays_whatever_the_catalog_says_by_now()
    {
        var plan = Pro with { CompatibleAddonIds = [] };
        var held = Given.Held(Holding(new AddonInput(Support.Id)).Subscription, plan, Support);
        var archived = Support with { Version = 9, Status = PackageStatus.Archived };

        var more = Update(held, new() { Addons = [new(Support.Id, 2)] }, Given.Addons(archived));

        Assert.Equal([new(Support.Id, 2, 1, 1)], AddonsOf(more));
    }

    [Fact]
    public void Another_period_needs_a_price_of_each_held_addon()
    {
        var held = Holding(new AddonInput(Support.Id), new AddonInput(Sso.Id));

        Assert.Equal(ErrorCode.BillingPeriodMissingError,
            Given.Code(Update(held, new() { BillingPeriod = BillingPeriod.Annually })));
        Assert.Null(Given.Code(Update(held, new()
        {
            BillingPeriod = BillingPeriod.Annually,
            Addons = [new(Support.Id)],
        })));
    }

    [Fact]
    public void Another_plan_states_the_whole_content_so_unnamed_addons_are_gone()
    {
        var held = Holding(new AddonInput(Support.Id));
        var team = Given.ProPlan("team", 20, 200) with { CompatibleAddonIds = [Support.Id] };

        var moved = ProvisionSubscription.Decide(
            new(Given.CustomerId, team.Id) { BillingPeriod = BillingPeriod.Monthly },
            Given.Provision(team, held), Later, Given.Ids());

        Assert.Empty(AddonsOf(moved));
        Assert.Equal(held.Subscription.Id, moved.Value.Subject.Id);
    }

    [Fact]
    public void Units_of_an_addons_charge_are_committed_like_the_plans()
    {
        var storage = new FeatureId("storage");
        var disks = Given.Addon("disks",
            Given.Charge(BillingModel.PerUnit, 2) with { FeatureId = storage, MinUnitQuantity = 10, MaxUnitQuantity = 90 });
        var plan = Given.ProPlan() with { CompatibleAddonIds = [disks.Id] };

        SubscriptionDecision With(params QuantityInput[] quantities) => ProvisionSubscription.Decide(
            new(Given.CustomerId, plan.Id)
            {
                BillingPeriod = BillingPeriod.Monthly,
                Addons = [new(disks.Id)],
                Quantities = quantities,
            },
            Given.Provision(plan) with { Addons = Given.Addons(disks) }, Given.Now, Given.Ids()).Value;

        Assert.Equal(10m, With().Subject.Quantities[storage]);
        var chosen = With(new(storage, 25), new(Given.Seats, 4)).Subject;
        Assert.Equal((25m, 4m), (chosen.Quantities[storage], chosen.Quantities[Given.Seats]));
        var held = Given.Held(chosen, plan, disks);
        Assert.Equal(ErrorCode.InvalidQuantity,
            Given.Code(Update(held, new() { Quantities = [new(storage, 91)] }, Given.Addons(disks))));
        // Without the add-on its units are gone, and so is the charge to name.
        Assert.False(Update(held, new() { Addons = [] }).Value.Subject.Quantities.ContainsKey(storage));
        Assert.Equal(ErrorCode.InvalidArgumentError,
            Given.Code(Update(held, new() { Addons = [], Quantities = [new(storage, 20)] })));
    }

    [Fact]
    public void A_value_that_an_addon_leaves_open_must_be_given()
    {
        var region = new FeatureId("region");
        var bespoke = Given.Addon("bespoke") with
        {
            PricingType = PricingType.Custom,
            Entitlements = [new() { FeatureId = region, IsCustom = true, CreatedAt = Given.Now, UpdatedAt = Given.Now }],
        };
        var plan = Given.Plan("enterprise", PricingType.Custom) with { CompatibleAddonIds = [bespoke.Id] };

        Result<SubscriptionDecision> With(params OverrideInput[] overrides) => ProvisionSubscription.Decide(
            new(Given.CustomerId, plan.Id) { Addons = [new(bespoke.Id)], Overrides = overrides },
            Given.Provision(plan) with
            {
                Addons = Given.Addons(bespoke),
                Features = Given.Features(Given.Feature(region, FeatureType.Enum)),
            },
            Given.Now, Given.Ids());

        Assert.Equal(ErrorCode.BadUserInput, Given.Code(With()));
        Assert.Equal(["eu"], With(new OverrideInput(region) { EnumValues = ["eu"] }).Value.Subject.Overrides[0].EnumValues);
    }

    [Fact]
    public void Buying_the_plan_whose_addon_was_tried_takes_the_addon_over()
    {
        var main = Holding(new AddonInput(Support.Id, 2)) with { };
        main = main with
        {
            Subscription = main.Subscription with { Quantities = new Dictionary<FeatureId, decimal> { [Given.Seats] = 8 } },
        };
        var trial = Given.Held(
            main.Subscription with
            {
                Uid = Given.Uid(77),
                Id = new("trial"),
                Status = SubscriptionStatus.InTrial,
                TrialEndDate = Later + Duration.FromDays(1),
                Quantities = new Dictionary<FeatureId, decimal> { [Given.Seats] = 1 },
                Addons = [new(Support.Id, 1, 1, 1), new(Sso.Id, 1, 1, 1)],
            },
            Pro, Support, Sso);

        var bought = ProvisionSubscription.Decide(
            new(Given.CustomerId, Pro.Id) { BillingPeriod = BillingPeriod.Monthly, Trial = new(false) },
            Given.Provision(Pro, main, trial), Later, Given.Ids()).Value;

        Assert.Equal(main.Subscription.Id, bought.Subject.Id);
        Assert.Equal([new(Support.Id, 2, 1, 1), new(Sso.Id, 1, 1, 1)], bought.Subject.Addons);
        Assert.Equal(8m, bought.Subject.Quantities[Given.Seats]);
        Assert.Equal([EventType.SubscriptionTrialConverted, EventType.SubscriptionUpdated],
            bought.Events.Select(e => e.Type));
        Assert.Equal(CancelReason.TrialConverted, bought.Changed[0].CancelReason);
    }
}
