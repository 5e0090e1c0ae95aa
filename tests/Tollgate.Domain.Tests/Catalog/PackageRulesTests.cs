using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class PackageRulesTests
{
    private static readonly Instant Later = Given.Now + Duration.FromDays(1);
    private static readonly PackageVersion Draft = Given.ProPlan() with { Status = PackageStatus.Draft };

    private static Result<Change<PackageVersion>> Edit(PackageVersion draft, PackageEdit edit,
        BasePlanFacts? bases = null) =>
        PackageRules.Edit(draft, edit, bases ?? BasePlanFacts.None, Later);

    private static Result<PublishOutcome> Publish(PackageVersion? draft, PackageVersion? published = null,
        Func<PublishFacts, PublishFacts>? with = null) => PublishPackage.Decide(
            new("pro"), MigrationType.NewCustomers,
            (with ?? (f => f))(new PublishFacts { Draft = draft, Published = published }), () => Given.Uid(500), Later);

    [Fact]
    public void A_package_starts_as_draft_version_1_of_a_live_product()
    {
        Result<Change<PackageVersion>> Create(Product? product, bool taken = false, string id = "new") =>
            PackageRules.Create(Given.FreePlan() with { Id = new(id), Version = 7 }, new() { DisplayName = new("New") },
                product, taken, BasePlanFacts.None);

        var created = Create(Given.Product()).Value;

        Assert.Equal((1, PackageStatus.Draft, true),
            (created.Value.Version, created.Value.Status, created.Value.IsLatest));
        Assert.Equal(EventType.PlanCreated, Assert.Single(created.Events).Type);
        Assert.Equal(ErrorCode.ProductNotFoundError, Given.Code(Create(null)));
        Assert.Equal(ErrorCode.ProductNotPublishedError,
            Given.Code(Create(Given.Product() with { IsArchived = true })));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(Create(Given.Product(), taken: true)));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Given.Product(), id: "a b")));
    }

    [Fact]
    public void A_draft_copies_the_latest_version_and_counts_on()
    {
        var latest = Given.ProPlan() with { Version = 3, BasePlan = new(new("base"), 2) };
        var draft = PackageRules.OpenDraft(latest, null, Given.Uid(9), Later).Value.Value;

        Assert.Equal((4, PackageStatus.Draft, false), (draft.Version, draft.Status, draft.IsLatest));
        Assert.Null(draft.BasePlan!.Version);
        Assert.True(PackageContent.Same(draft, latest));
        Assert.Equal(ErrorCode.DraftAlreadyExists, Given.Code(PackageRules.OpenDraft(latest, draft, Given.Uid(9),
            Later)));
        Assert.Equal(ErrorCode.DraftAlreadyExists, Given.Code(PackageRules.OpenDraft(Draft, null, Given.Uid(9),
            Later)));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(
            PackageRules.OpenDraft(latest with { Status = PackageStatus.Archived }, null, Given.Uid(9), Later)));
        Assert.Equal(ErrorCode.VersionExceedsMaxValueError, Given.Code(
            PackageRules.OpenDraft(latest with { Version = int.MaxValue }, null, Given.Uid(9), Later)));
    }

    [Fact]
    public void Only_drafts_are_edited_and_an_edit_without_difference_changes_nothing()
    {
        Assert.Equal(ErrorCode.EditAllowedOnDraftPackageOnlyError, Given.Code(Edit(Given.ProPlan(), new())));
        Assert.Equal(ErrorCode.EditAllowedOnDraftPackageOnlyError, Given.Code(PackageRules.Discard(null, new("pro"))));
        Assert.True(Edit(Draft, new() { DisplayName = new("pro"), Metadata = new(null) }).Value.IsNoChange);
        Assert.Equal(Later, Edit(Draft, new() { DisplayName = new("Pro") }).Value.Value.UpdatedAt);
    }

    [Fact]
    public void A_free_or_custom_package_loses_its_prices()
    {
        foreach (var type in new[] { PricingType.Free, PricingType.Custom })
        {
            var after = Edit(Draft with { MinimumSpend = [new(BillingPeriod.Monthly, new(1, "usd"))] },
                new() { Pricing = new(type, [], [], OverageBillingPeriod.OnSubscriptionRenewal, []) }).Value.Value;

            Assert.Equal(type, after.PricingType);
            Assert.Empty(after.Charges);
            Assert.Empty(after.MinimumSpend);
        }
    }

    [Fact]
    public void Trials_and_addons_must_fit_the_pricing_type()
    {
        ErrorCode? Trial(PricingType type, TrialConfiguration trial) =>
            Given.Code(Edit(Draft with { PricingType = type }, new() { DefaultTrial = new(trial) }));

        Assert.Equal(ErrorCode.InvalidArgumentError, Trial(PricingType.Free, new(7, TrialUnits.Day, null, null)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Trial(PricingType.Paid, new(0, TrialUnits.Day, null, null)));
        // A hundred years: 36,500 days, 1,200 months.
        Assert.Equal(ErrorCode.InvalidArgumentError, Trial(PricingType.Paid, new(36_501, TrialUnits.Day, null, null)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Trial(PricingType.Paid, new(1e27m, TrialUnits.Month, null, null)));
        Assert.Null(Trial(PricingType.Paid, new(36_500, TrialUnits.Day, null, null)));
        Assert.Null(Trial(PricingType.Paid, new(1_200, TrialUnits.Month, null, null)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Trial(PricingType.Custom, new(7, TrialUnits.Day, new(1, true),
            null)));
        Assert.Null(Trial(PricingType.Paid, new(7, TrialUnits.Day, new(1, true), null)));
        // Without a duration the budget bounds it; units go with a duration, and something has to bound it.
        Assert.Null(Trial(PricingType.Paid, new(null, null, new(1, true), null)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Trial(PricingType.Custom, new(null, null, new(1, true), null)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Trial(PricingType.Paid, new(null, null, null, null)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Trial(PricingType.Paid, new(7, null, new(1, true), null)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Trial(PricingType.Paid, new(null, TrialUnits.Day, new(1, true), null)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Trial(PricingType.Paid, new(null, null, new(-1, true), null)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Edit(Draft with { PricingType = PricingType.Free },
            new() { CompatibleAddonIds = new([new PackageId("addon")]) })));
    }

    [Fact]
    public void Base_plans_are_known_live_of_the_same_product_and_without_a_cycle()
    {
        ErrorCode? Inherit(PackageVersion? basePlan, string id = "base", Func<PackageId, PackageId?>? baseOf = null) =>
            Given.Code(Edit(Draft, new() { BasePlanId = new(new PackageId(id)) }, new(basePlan,
                baseOf ?? (_ => null))));
        var good = Given.FreePlan() with { Id = new("base") };

        Assert.Null(Inherit(good));
        Assert.Equal(ErrorCode.PlanNotFound, Inherit(null));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Inherit(good with { Status = PackageStatus.Archived }));
        Assert.Equal(ErrorCode.InvalidArgumentError, Inherit(good with { ProductId = new("other") }));
        Assert.Equal(ErrorCode.PlansCircularDependencyError, Inherit(good, "pro"));
        Assert.Equal(ErrorCode.PlansCircularDependencyError,
            Inherit(good, baseOf: id => id.Value == "base" ? new PackageId("middle") : new PackageId("pro")));
    }

    [Fact]
    public void Content_is_compared_by_meaning()
    {
        var entitlement = new PackageEntitlement
        {
            FeatureId = Given.Seats,
            UsageLimit = 5,
            CreatedAt = Given.Now,
            UpdatedAt = Given.Now,
        };
        var a = Given.ProPlan() with { Entitlements = [entitlement] };
        var b = Given.ProPlan() with
        {
            Version = 2,
            Charges = [.. a.Charges.Reverse().Select(c => c with { Uid = Given.Uid(88) })],
            Entitlements = [entitlement with { UpdatedAt = Later }],
        };

        Assert.True(PackageContent.Same(a, b));
        Assert.False(PackageContent.Same(a, b with { Entitlements = [entitlement with { UsageLimit = 6 }] }));
        Assert.False(PackageContent.Same(a, b with { Charges = [a.Charges[0]] }));
        Assert.False(PackageContent.Same(a, b with { Metadata = new Dictionary<string, string> { ["k"] = "v" } }));
    }

    [Fact]
    public void Publishing_makes_the_draft_the_latest_version()
    {
        var published = Given.ProPlan();
        var draft = Draft with { Version = 2, DisplayName = "Pro 2", IsLatest = false };

        var first = Publish(Draft).Value;
        var second = Publish(draft, published).Value;

        Assert.Equal([EventType.PackagePublished], first.Events.Select(e => e.Type));
        Assert.Equal([EventType.PackagePublished, EventType.PlanUpdated], second.Events.Select(e => e.Type));
        Assert.Equal((2, PackageStatus.Published, true),
            (second.Published[0].Version, second.Published[0].Status, second.Published[0].IsLatest));
        Assert.False(Assert.Single(second.Retired).IsLatest);
    }

    [Fact]
    public void What_cannot_be_published_is_refused_with_its_code()
    {
        var inheriting = Draft with { BasePlan = new(new("base"), null) };
        var archived = Given.Features(Given.Feature(Given.Seats) with { Status = FeatureStatus.Suspended });

        Assert.Equal(ErrorCode.PackageAlreadyPublished, Given.Code(Publish(null, Given.ProPlan())));
        Assert.Equal(ErrorCode.PackageAlreadyPublished, Given.Code(Publish(Draft, Given.ProPlan())));
        Assert.Equal(ErrorCode.PackagePricingTypeNotSet, Given.Code(Publish(Draft with { PricingType = null })));
        Assert.Equal(ErrorCode.PriceNotFound, Given.Code(Publish(Draft with { Charges = [] })));
        Assert.Equal(ErrorCode.AddonHasToHavePriceError,
            Given.Code(Publish(Draft with { Charges = [], Kind = PackageKind.Addon })));
        Assert.Equal(ErrorCode.PlanCannotBePublishWhenBasePlanIsDraft, Given.Code(Publish(inheriting)));
        Assert.Equal(ErrorCode.PlanCannotBePublishWhenCompatibleAddonIsDraft,
            Given.Code(Publish(Draft, with: f => f with { UnpublishedAddons = [new("addon")] })));
        Assert.Equal(ErrorCode.EntityIsArchivedError,
            Given.Code(Publish(Draft, with: f => f with { Features = archived })));
        Assert.Equal(ErrorCode.ScheduledMigrationAlreadyExistsError,
            Given.Code(Publish(Draft, with: f => f with { MigrationIsQueued = true })));
    }

    [Fact]
    public void Publishing_a_base_publishes_its_children_on_it_recursively()
    {
        var child = Given.ProPlan("child") with { Version = 4, BasePlan = new(new("pro"), 1) };
        var grandchild = Given.ProPlan("grandchild") with { BasePlan = new(new("child"), 4) };
        var childDraft = child with { Version = 5, Status = PackageStatus.Draft, IsLatest = false };
        var draft = Draft with { Version = 2, DisplayName = "Pro 2" };

        var outcome = Publish(draft, Given.ProPlan(), facts => facts with
        {
            ChildrenOf = id => id.Value switch { "pro" => [child], "child" => [grandchild], _ => [] },
            DraftOf = id => id.Value == "child" ? childDraft : null,
        }).Value;

        Assert.Equal(["pro", "child", "grandchild"], outcome.Published.Select(p => p.Id.Value));
        Assert.Equal([2, 5, 2], outcome.Published.Select(p => p.Version));
        Assert.Equal(new BasePlan(new("pro"), 2), outcome.Published[1].BasePlan);
        Assert.Equal(new BasePlan(new("child"), 5), outcome.Published[2].BasePlan);
        Assert.Equal(3, outcome.Retired.Count);
        Assert.Equal(6, Assert.Single(outcome.RebasedDrafts).Version);
    }

    [Fact]
    public void Archiving_a_plan_is_held_back_by_what_uses_it()
    {
        ErrorCode? Archive(PackageVersion plan, PlanUse use) => Given.Code(ArchivePackage.Plan(plan, use, Later));
        var plan = Given.ProPlan();

        Assert.Equal(ErrorCode.DraftPlanCantBeArchived, Archive(Draft, new()));
        Assert.Equal(ErrorCode.DraftPlanCantBeArchived, Archive(plan, new() { HasOpenDraft = true }));
        Assert.Equal(ErrorCode.PlanIsUsedAsDefaultStartPlan, Archive(plan, new() { IsStartPlan = true }));
        Assert.Equal(ErrorCode.PlanIsUsedAsDowngradePlan, Archive(plan, new() { IsDowngradePlan = true }));
        Assert.Equal(ErrorCode.PlanWithChildCantBeDeleted, Archive(plan, new() { HasChildren = true }));
        var archived = ArchivePackage.Plan(plan, new(), Later).Value;
        Assert.Equal(EventType.PlanDeleted, Assert.Single(archived.Events).Type);
        Assert.True(ArchivePackage.Plan(archived.Value, new(), Later).Value.IsNoChange);
        Assert.Equal(ErrorCode.ProductNotPublishedError, Given.Code(
            ArchivePackage.Unarchive(archived.Value, Given.Product() with { IsArchived = true }, Later)));
        Assert.Equal(PackageStatus.Published,
            ArchivePackage.Unarchive(archived.Value, Given.Product(), Later).Value.Value.Status);
    }
}
