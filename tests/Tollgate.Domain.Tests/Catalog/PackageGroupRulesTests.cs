using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class PackageGroupRulesTests
{
    private static readonly Instant Later = Given.Now + Duration.FromDays(1);

    private static readonly PackageGroup Group = new()
    {
        Uid = Given.Uid(30),
        Id = "extras",
        DisplayName = "Extras",
        ProductId = Given.ProductId,
        AddonIds = [new("a"), new("b")],
        Version = 1,
        CreatedAt = Given.Now,
        UpdatedAt = Given.Now,
    };

    private static PackageVersion Addon(string id) =>
        Given.Plan(id, PricingType.Paid, Given.Charge(BillingModel.FlatFee, 10)) with { Kind = PackageKind.Addon };

    private static Result<Change<PackageGroup>> SetAddons(
        string[] ids, Func<PackageVersion, PackageVersion>? with = null, params PackageVersion[] plans) =>
        PackageGroupRules.SetAddons(
            Group,
            [.. ids.Select(id => new PackageId(id))],
            id => id.Value == "nobody" ? null : (with ?? (a => a))(Addon(id.Value)),
            plans,
            Later);

    [Fact]
    public void A_group_is_made_for_a_live_product_under_a_free_id()
    {
        Assert.Equal(
            [EventType.PackageGroupCreated],
            PackageGroupRules.Create(Group, Given.Product(), false).Value.Events.Select(e => e.Type));
        Assert.Equal(ErrorCode.ProductNotFoundError, Given.Code(PackageGroupRules.Create(Group, null, false)));
        Assert.Equal(ErrorCode.ProductNotPublishedError, Given.Code(
            PackageGroupRules.Create(Group, Given.Product() with { IsArchived = true }, false)));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(
            PackageGroupRules.Create(Group, Given.Product(), true)));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(
            PackageGroupRules.Create(Group with { Id = "a b", DisplayName = "" }, Given.Product(), false)));
    }

    [Fact]
    public void Only_a_change_of_members_counts_the_version_on()
    {
        var renamed = PackageGroupRules.Edit(Group, new() { DisplayName = new("More") }, Later).Value;
        var turned = SetAddons(["b", "a"]).Value;

        Assert.Equal((1, "More", Later), (renamed.Value.Version, renamed.Value.DisplayName, renamed.Value.UpdatedAt));
        Assert.Equal(2, turned.Value.Version);
        Assert.Equal(["b", "a"], turned.Value.AddonIds.Select(id => id.Value));
        Assert.True(SetAddons(["a", "b", "a"]).Value.IsNoChange);
        Assert.True(PackageGroupRules.Edit(Group, new() { DisplayName = new("Extras") }, Later).Value.IsNoChange);
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(PackageGroupRules.Edit(Group, new() { DisplayName = new("") }, Later)));
    }

    [Fact]
    public void Members_are_live_addons_of_the_product_that_plans_with_the_group_can_sell()
    {
        var localized = Given.Plan(
            "pro", PricingType.Paid,
            Given.Charge(BillingModel.FlatFee, 20),
            Given.Charge(BillingModel.FlatFee, 900, currency: "inr") with { CountryCode = "IN" });

        Assert.Equal(ErrorCode.AddonNotFound, Given.Code(SetAddons(["nobody"])));
        Assert.Equal(
            ErrorCode.EntityIsArchivedError, Given.Code(SetAddons(["c"], a => a with { Status = PackageStatus.Archived })));
        Assert.Equal(
            ErrorCode.IncompatibleSubscriptionAddon, Given.Code(SetAddons(["c"], a => a with { ProductId = new("else") })));
        Assert.Null(SetAddons(["c"], a => a with { Status = PackageStatus.Draft }).Refusal);
        Assert.Equal(
            ErrorCode.UnPublishedPackage,
            Given.Code(SetAddons(["c"], a => a with { Status = PackageStatus.Draft }, Given.ProPlan())));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(SetAddons(["c"], plans: localized)));
        Assert.Equal(
            ErrorCode.IncompatibleSubscriptionAddon,
            Given.Code(SetAddons(["c"], a => a with { PricingType = PricingType.Custom }, Given.ProPlan())));
    }

    [Fact]
    public void A_group_that_a_plan_takes_is_not_archived_and_an_archived_one_stays_as_it_is()
    {
        var archived = PackageGroupRules.Archive(Group, [], Later).Value;

        Assert.Equal(ErrorCode.IntegrityViolation, Given.Code(PackageGroupRules.Archive(Group, [new("pro")], Later)));
        Assert.True(archived.Value.IsArchived);
        Assert.Equal([EventType.PackageGroupUpdated], archived.Events.Select(e => e.Type));
        Assert.True(PackageGroupRules.Archive(archived.Value, [new("pro")], Later).Value.IsNoChange);
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(PackageGroupRules.Edit(archived.Value, new(), Later)));
        Assert.Equal(
            ErrorCode.EntityIsArchivedError, Given.Code(PackageGroupRules.SetAddons(archived.Value, [], _ => null, [], Later)));
    }

    [Fact]
    public void A_plan_takes_live_groups_of_its_product_once_each()
    {
        var groups = new Dictionary<string, PackageGroup>
        {
            ["extras"] = Group,
            ["old"] = Group with { IsArchived = true },
            ["foreign"] = Group with { ProductId = new("elsewhere") },
        };
        ErrorCode? Take(params CompatiblePackageGroup[] asked)
        {
            var findings = new Findings();
            CompatibleGroupRules.Check(findings, Given.ProPlan(), asked, id => groups.GetValueOrDefault(id));
            return findings.ToRefusal()?.Code;
        }

        Assert.Null(Take(new CompatiblePackageGroup("extras", 0, null)));
        Assert.Equal(ErrorCode.PackageGroupNotFound, Take(new CompatiblePackageGroup("nobody", 1, 1)));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Take(new CompatiblePackageGroup("old", 1, 1)));
        Assert.Equal(ErrorCode.IncompatibleSubscriptionAddon, Take(new CompatiblePackageGroup("foreign", 1, 1)));
        Assert.Equal(ErrorCode.BadUserInput, Take(new CompatiblePackageGroup("extras", -1, null)));
        Assert.Equal(ErrorCode.BadUserInput, Take(new CompatiblePackageGroup("extras", null, -1)));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Take(new("extras", 1, 1), new("extras", 2, 2)));
    }

    [Fact]
    public void A_free_plan_takes_no_groups_and_loses_them_when_it_becomes_free()
    {
        var taken = new CompatiblePackageGroup("extras", 1, 0);
        var draft = Given.ProPlan() with { Status = PackageStatus.Draft, CompatibleGroups = [taken] };

        var asked = PackageRules.Edit(
            draft with { PricingType = PricingType.Free, CompatibleGroups = [] },
            new() { CompatibleGroups = new([taken]) }, BasePlanFacts.None, Later);
        var freed = PackageRules.Edit(draft, new() { PricingType = PricingType.Free }, BasePlanFacts.None, Later);

        Assert.Equal(ErrorCode.FreePlanCantHaveCompatiblePackageGroupError, Given.Code(asked));
        Assert.Empty(freed.Value.Value.CompatibleGroups);
    }

    [Fact]
    public void A_plan_with_an_archived_group_is_not_published() =>
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(PublishPackage.Decide(
            new("pro"),
            MigrationType.NewCustomers,
            new()
            {
                Draft = Given.ProPlan() with { Status = PackageStatus.Draft },
                Published = null,
                ArchivedGroups = ["extras"],
            },
            () => Given.Uid(500),
            Later)));
}
