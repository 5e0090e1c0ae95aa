using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class ProductCopyTests
{
    private static readonly PackageVersion Addon = Given.ProPlan("extra") with
    {
        Kind = PackageKind.Addon,
        Version = 3,
        BillingId = "prod_1",
        Dependencies = [new("base-extra")],
        MaxQuantity = 5,
    };

    private static readonly PackageVersion BaseAddon = Given.ProPlan("base-extra") with { Kind = PackageKind.Addon };

    private static readonly PackageVersion Child = Given.ProPlan() with
    {
        Version = 4,
        BasePlan = new(new("free"), Version: 2),
        BillingId = "prod_2",
        DefaultTrial = new(14, TrialUnits.Day, null, TrialEndBehavior.ConvertToPaid),
        CompatibleAddonIds = [new("extra"), new("of-another-time")],
        CompatibleGroups = [new("group", 1, null), new("retired", null, null)],
        Entitlements = [new()
        {
            FeatureId = Given.Seats,
            UsageLimit = 7,
            FeatureGroupIds = ["collaboration"],
            CreatedAt = Given.Now - NodaTime.Duration.FromDays(30),
            UpdatedAt = Given.Now - NodaTime.Duration.FromDays(30),
        }],
        MinimumSpend = [new(BillingPeriod.Monthly, new(100, "usd"))],
    };

    private static readonly Product Source = Given.Product(new()
    {
        StartSetup = SubscriptionStartSetup.FreePlan,
        StartPlanId = new("free"),
        EndSetup = SubscriptionEndSetup.DowngradeToFree,
        DowngradePlanId = new("free"),
        DowngradeAtEndOfBillingPeriod = true,
    }) with
    {
        IsDefault = true,
        MultipleSubscriptions = false,
        UsageResetCutoff = UsageResetCutoff.NeverReset,
        AutoCancellationRules = [new(new("pro"), new("team-pro"))],
        Metadata = new Dictionary<string, string> { ["line"] = "core" },
    };

    private static Result<CopiedProduct> Copy(
        string target = "copy",
        Product? source = null,
        IReadOnlyList<PackageVersion>? packages = null,
        HashSet<(PackageKind, string)>? taken = null,
        bool idIsTaken = false,
        ProductCopyInput? input = null)
    {
        var next = 500;
        return ProductCopy.Of(
            source ?? Source,
            input ?? new(new ProductId(target)),
            new(
                idIsTaken,
                packages ?? [Given.FreePlan(), Child, BaseAddon, Addon],
                (kind, id) => taken?.Contains((kind, id.Value)) == true,
                [Group("group"), Group("retired") with { IsArchived = true }],
                id => id == "taken-group"),
            () => Given.Uid(next++),
            Given.Now);
    }

    private static PackageGroup Group(string id) => new()
    {
        Uid = Given.Uid(40),
        Id = id,
        DisplayName = id,
        ProductId = Given.ProductId,
        AddonIds = [new("extra"), new("of-another-time")],
        Version = 7,
        CreatedAt = Given.Now,
        UpdatedAt = Given.Now,
    };

    private static PackageVersion PackageOf(CopiedProduct copied, string id) => copied.Packages.Single(p => p.Id.Value == id);

    [Fact]
    public void Product_keeps_its_settings_with_the_plans_renamed()
    {
        var copied = Copy().Value;

        Assert.Equal(("copy", "App", false), (copied.Product.Id.Value, copied.Product.DisplayName, copied.Product.IsDefault));
        Assert.Equal(UsageResetCutoff.NeverReset, copied.Product.UsageResetCutoff);
        Assert.Equal("core", copied.Product.Metadata["line"]);
        Assert.Equal(
            Source.Settings with { StartPlanId = new("copy-free"), DowngradePlanId = new("copy-free") },
            copied.Product.Settings);
        Assert.Equal([new AutoCancellationRule(new("copy-pro"), new("team-pro"))], copied.Product.AutoCancellationRules);
        Assert.NotEqual(Source.Uid, copied.Product.Uid);
    }

    [Fact]
    public void Packages_start_anew_as_drafts_that_point_at_one_another()
    {
        var copied = Copy().Value;
        var child = PackageOf(copied, "copy-pro");
        var addon = PackageOf(copied, "copy-extra");

        Assert.Equal(4, copied.Packages.Count);
        Assert.All(copied.Packages, p => Assert.Equal(
            (1, PackageStatus.Draft, true, "copy", (string?)null, Given.Now),
            (p.Version, p.Status, p.IsLatest, p.ProductId.Value, p.BillingId, p.CreatedAt)));
        Assert.Equal(new BasePlan(new("copy-free"), Version: null), child.BasePlan);
        Assert.Equal(["copy-extra"], child.CompatibleAddonIds!.Select(id => id.Value));
        Assert.Equal([new CompatiblePackageGroup("copy-group", 1, null)], child.CompatibleGroups);
        Assert.Equal(Child.DefaultTrial, child.DefaultTrial);
        Assert.Equal(Child.MinimumSpend, child.MinimumSpend);
        Assert.Equal(["copy-base-extra"], addon.Dependencies.Select(id => id.Value));
        Assert.Equal(5, addon.MaxQuantity);
        var entitlement = Assert.Single(child.Entitlements);
        Assert.Equal((7m, "collaboration", Given.Now),
            (entitlement.UsageLimit, entitlement.FeatureGroupIds[0], entitlement.CreatedAt));
        Assert.Equal(Child.Charges.Select(c => c.Price), child.Charges.Select(c => c.Price));
    }

    [Fact]
    public void Groups_of_add_ons_are_copied_with_their_members_renamed()
    {
        var group = Assert.Single(Copy().Value.Groups);
        Assert.Equal(("copy-group", "copy", 1), (group.Id, group.ProductId.Value, group.Version));
        Assert.Equal(["copy-extra"], group.AddonIds.Select(id => id.Value));
        Assert.Equal("taken-group-2", Assert.Single(Copy("taken").Value.Groups).Id);
    }

    [Fact]
    public void Rows_have_identities_of_their_own()
    {
        var copied = Copy().Value;
        var uids = copied.Packages.SelectMany(p => p.Charges.Select(c => c.Uid).Append(p.Uid)).Append(copied.Product.Uid)
            .ToList();
        Assert.Equal(uids.Count, uids.Distinct().Count());
    }

    [Fact]
    public void Each_new_entity_is_announced_as_created()
    {
        Assert.Equal(
            [
                (EventType.ProductCreated, EntityKind.Product, "copy"),
                (EventType.PlanCreated, EntityKind.Plan, "copy-free"),
                (EventType.PlanCreated, EntityKind.Plan, "copy-pro"),
                (EventType.AddonCreated, EntityKind.Addon, "copy-base-extra"),
                (EventType.AddonCreated, EntityKind.Addon, "copy-extra"),
                (EventType.PackageGroupCreated, EntityKind.PackageGroup, "copy-group"),
            ],
            Copy().Value.Events.Select(e => (e.Type, e.EntityKind, e.EntityId)));
    }

    [Fact]
    public void Taken_ids_get_a_number_also_among_the_copies_themselves()
    {
        // copy-pro is taken, so pro becomes copy-pro-2, which is what pro-2 would have become.
        var copied = Copy(
            packages: [Given.ProPlan("pro"), Given.ProPlan("pro-2"), Given.ProPlan("pro") with { Kind = PackageKind.Addon }],
            taken: new HashSet<(PackageKind, string)> { (PackageKind.Plan, "copy-pro") }).Value;

        Assert.Equal(
            [(PackageKind.Plan, "copy-pro-2"), (PackageKind.Plan, "copy-pro-2-2"), (PackageKind.Addon, "copy-pro")],
            copied.Packages.Select(p => (p.Kind, p.Id.Value)));
    }

    [Fact]
    public void Archived_packages_stay_behind_and_what_named_them_loses_the_name()
    {
        var archived = Given.FreePlan() with { Status = PackageStatus.Archived };
        var copied = Copy(packages: [archived, Child, Addon]).Value;

        Assert.Equal(["copy-pro", "copy-extra"], copied.Packages.Select(p => p.Id.Value));
        Assert.Null(copied.Packages[0].BasePlan);
        Assert.Empty(copied.Packages[1].Dependencies);
    }

    [Fact]
    public void Texts_can_be_given_and_the_description_cleared()
    {
        var source = Source with { Description = "The application" };
        Assert.Equal("The application", Copy(source: source).Value.Product.Description);
        var named = Copy(source: source, input: new(new("copy")) { DisplayName = "Copy", Description = new(null) }).Value;
        Assert.Equal(("Copy", (string?)null), (named.Product.DisplayName, named.Product.Description));
    }

    [Fact]
    public void Refusals_name_what_is_wrong()
    {
        // 249 + "-group" = 255 characters, just as long as an id may be.
        var longId = new string('x', 249);

        Assert.Equal(ErrorCode.DuplicateProductValidationError, Given.Code(Copy("not an id")));
        Assert.Equal(ErrorCode.DuplicateProductValidationError, Given.Code(Copy("")));
        // 249 + "-base-extra" = 260 characters.
        Assert.Equal(ErrorCode.DuplicateProductValidationError, Given.Code(Copy(longId)));
        Assert.Null(Copy(longId, packages: []).Refusal);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(Copy(idIsTaken: true)));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Copy(input: new(new("copy")) { DisplayName = "" })));
        Assert.Equal(ErrorCode.ProductNotPublishedError, Given.Code(Copy(source: Source with { IsArchived = true })));
    }
}
