using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class ProductRulesTests
{
    private static readonly ProductFacts NoFacts = new(false, null, null);

    private static Result<Change<Product>> Update(ProductEdit edit, ProductFacts? facts = null) =>
        ProductRules.Update(Given.Product(), edit, facts ?? NoFacts, Given.Now);

    private static ProductEdit Starting(SubscriptionStartSetup setup, string? plan) => new()
    {
        Settings = new() { StartSetup = setup, StartPlanId = plan is null ? null : new PackageId(plan) },
    };

    private static ErrorCode? StartingOn(SubscriptionStartSetup setup, PackageVersion plan) =>
        Given.Code(Update(Starting(setup, plan.Id.Value), NoFacts with { StartPlan = plan }));

    [Fact]
    public void A_product_is_created_once_per_id()
    {
        Assert.Equal(EventType.ProductCreated, ProductRules.Create(Given.Product(), false).Value.Events[0].Type);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(ProductRules.Create(Given.Product(), true)));
        Assert.Equal(ErrorCode.BadUserInput,
            Given.Code(ProductRules.Create(Given.Product() with { DisplayName = "" }, false)));
    }

    [Fact]
    public void Start_plans_must_fit_their_setup()
    {
        var free = Given.FreePlan();
        var triable = Given.ProPlan() with { DefaultTrial = new(7, TrialUnits.Day, null, null) };

        Assert.Null(StartingOn(SubscriptionStartSetup.FreePlan, free));
        Assert.Null(StartingOn(SubscriptionStartSetup.TrialPeriod, triable));
        Assert.Equal(ErrorCode.InvalidArgumentError, StartingOn(SubscriptionStartSetup.FreePlan, Given.ProPlan()));
        Assert.Equal(ErrorCode.InvalidArgumentError, StartingOn(SubscriptionStartSetup.TrialPeriod, Given.ProPlan()));
        Assert.Equal(ErrorCode.InvalidArgumentError,
            StartingOn(SubscriptionStartSetup.FreePlan, free with { ProductId = new("other") }));
        Assert.Equal(ErrorCode.UnPublishedPackage,
            StartingOn(SubscriptionStartSetup.FreePlan, free with { Status = PackageStatus.Draft }));
        Assert.Equal(ErrorCode.EntityIsArchivedError,
            StartingOn(SubscriptionStartSetup.FreePlan, free with { Status = PackageStatus.Archived }));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Update(Starting(SubscriptionStartSetup.FreePlan, null))));
        Assert.Equal(ErrorCode.PlanNotFound, Given.Code(Update(Starting(SubscriptionStartSetup.FreePlan, "nope"))));
    }

    [Fact]
    public void Downgrading_needs_a_free_plan()
    {
        ProductEdit Downgrading(PackageId? plan) => new()
        {
            Settings = new() { EndSetup = SubscriptionEndSetup.DowngradeToFree, DowngradePlanId = plan },
        };

        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Update(Downgrading(null))));
        Assert.Equal(ErrorCode.InvalidArgumentError,
            Given.Code(Update(Downgrading(new("pro")), NoFacts with { DowngradePlan = Given.ProPlan() })));
        Assert.Null(Update(Downgrading(new("free")), NoFacts with { DowngradePlan = Given.FreePlan() }).Refusal);
    }

    [Fact]
    public void The_kind_of_product_is_fixed_once_used_and_archived_products_do_not_change()
    {
        ProductEdit multiple = new() { MultipleSubscriptions = true };
        ProductEdit same = new() { MultipleSubscriptions = false };
        var used = NoFacts with { HasSubscriptions = true };

        Assert.Equal(ErrorCode.IntegrityViolation, Given.Code(Update(multiple, used)));
        Assert.True(Update(same, used).Value.IsNoChange);
        Assert.True(Update(multiple).Value.Value.MultipleSubscriptions);
        Assert.Equal(ErrorCode.ProductNotPublishedError, Given.Code(
            ProductRules.Update(Given.Product() with { IsArchived = true }, same, used, Given.Now)));
    }

    [Fact]
    public void Archiving_takes_the_packages_along_and_unarchiving_restores_exactly_them()
    {
        var before = Given.FreePlan() with { Id = new("before"), Status = PackageStatus.Archived };
        var archived = ProductRules.Archive(Given.Product(), false, [Given.ProPlan(), before], Given.Now).Value;

        Assert.Equal(ErrorCode.CannotArchiveProductError,
            Given.Code(ProductRules.Archive(Given.Product(), true, [], Given.Now)));
        Assert.Equal(new PackageId("pro"), Assert.Single(archived.Packages).Id);
        Assert.Equal([EventType.PlanDeleted, EventType.ProductDeleted], archived.Events.Select(e => e.Type));
        Assert.True(ProductRules.Archive(archived.Product, false, [], Given.Now).Value.IsNoChange);

        var restored = ProductRules.Unarchive(archived.Product, [archived.Packages[0], before], Given.Now).Value;

        Assert.Equal(PackageStatus.Published, Assert.Single(restored.Packages).Status);
        Assert.Equal(ErrorCode.CannotUnarchiveProductError,
            Given.Code(ProductRules.Unarchive(restored.Product, [], Given.Now)));
    }

    [Fact]
    public void Add_ons_go_along_too_and_are_told_apart_from_plans_of_the_same_id()
    {
        var addon = Given.ProPlan("extra") with { Kind = PackageKind.Addon };
        var planArchivedBefore = Given.ProPlan("extra") with { Status = PackageStatus.Archived };

        var archived = ProductRules.Archive(
            Given.Product(), false, [Given.ProPlan(), addon, planArchivedBefore], Given.Now).Value;
        Assert.Equal(
            [EventType.PlanDeleted, EventType.AddonDeleted, EventType.ProductDeleted], archived.Events.Select(e => e.Type));
        Assert.Equal(EntityKind.Addon, archived.Events[1].EntityKind);
        Assert.Equal(["pro"], archived.Product.ArchivedWithProduct.Select(id => id.Value));
        Assert.Equal(["extra"], archived.Product.AddonsArchivedWithProduct.Select(id => id.Value));

        var restored = ProductRules.Unarchive(
            archived.Product, [.. archived.Packages, planArchivedBefore], Given.Now).Value;
        Assert.Equal(
            [(PackageKind.Plan, "pro"), (PackageKind.Addon, "extra")],
            restored.Packages.Select(p => (p.Kind, p.Id.Value)));
        Assert.Equal(
            [EventType.ProductUnarchived, EventType.PlanUpdated, EventType.AddonUpdated],
            restored.Events.Select(e => e.Type));
        Assert.Empty(restored.Product.AddonsArchivedWithProduct);
    }

    [Fact]
    public void Settings_that_the_compatible_update_cannot_name_survive_it()
    {
        var waiting = Update(new() { DowngradeAtEndOfBillingPeriod = true }).Value;
        Assert.Equal(EventType.ProductUpdated, Assert.Single(waiting.Events).Type);

        var cancelling = ProductRules.Update(
            waiting.Value,
            new() { Settings = new() { CancellationTime = CancellationTime.EndOfBillingPeriod } },
            NoFacts,
            Given.Now).Value.Value;

        Assert.True(cancelling.Settings.DowngradeAtEndOfBillingPeriod);
        Assert.Equal(CancellationTime.EndOfBillingPeriod, cancelling.Settings.CancellationTime);
        Assert.True(Update(new() { DowngradeAtEndOfBillingPeriod = false }).Value.IsNoChange);
    }
}
