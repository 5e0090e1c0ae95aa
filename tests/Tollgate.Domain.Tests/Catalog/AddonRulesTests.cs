using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class AddonRulesTests
{
    private static readonly Instant Later = Given.Now + Duration.FromDays(1);

    private static PackageVersion Addon(string id = "pack", PricingType type = PricingType.Paid, params string[] needs) =>
        Given.Plan(id, type, type == PricingType.Paid ? [Given.Charge(BillingModel.FlatFee, 10)] : []) with
        {
            Kind = PackageKind.Addon,
            Dependencies = [.. needs.Select(need => new PackageId(need))],
        };

    private static PackageVersion Draft(params string[] needs) =>
        Addon(needs: needs) with { Status = PackageStatus.Draft };

    private static Result<PublishOutcome> Publish(PublishFacts facts) => PublishPackage.Decide(
        facts.Draft!.Id, MigrationType.NewCustomers, facts, () => Given.Uid(500), Later);

    [Fact]
    public void An_addon_logs_its_life_as_an_addon()
    {
        var created = PackageRules.Create(
            Addon(), new() { DisplayName = new("Pack") }, Given.Product(), false, BasePlanFacts.None).Value;
        var published = Publish(new() { Draft = Draft() with { DisplayName = "2" }, Published = Addon() }).Value;
        var archived = ArchivePackage.Addon(Addon(), new(), Later).Value;
        var restored = ArchivePackage.Unarchive(archived.Value, Given.Product(), Later).Value;

        Assert.Equal([EventType.AddonCreated], created.Events.Select(e => e.Type));
        Assert.Equal([EventType.PackagePublished, EventType.AddonUpdated], published.Events.Select(e => e.Type));
        Assert.Equal([EventType.AddonDeleted], archived.Events.Select(e => e.Type));
        Assert.Equal([EventType.AddonUpdated], restored.Events.Select(e => e.Type));
        Assert.All(created.Events.Concat(published.Events), e => Assert.Equal(EntityKind.Addon, e.EntityKind));
    }

    [Theory]
    [InlineData(0L, ErrorCode.BadUserInput)]
    [InlineData(-3L, ErrorCode.BadUserInput)]
    [InlineData(1L, null)]
    [InlineData(2147483647L, null)]
    [InlineData(2147483648L, ErrorCode.BadUserInput)]
    public void Instances_are_capped_at_one_or_more(long max, ErrorCode? code)
    {
        var edited = PackageRules.Edit(
            Draft(), new() { MaxQuantity = new Optional<long?>(max) }, BasePlanFacts.None, Later);

        Assert.Equal(code, Given.Code(edited));
        if (code is null)
            Assert.Equal((int)max, edited.Value.Value.MaxQuantity);
    }

    [Fact]
    public void A_null_cap_and_null_dependencies_clear_what_was_there()
    {
        var capped = Draft("other") with { MaxQuantity = 3 };

        var kept = PackageRules.Edit(capped, new() { Description = new("x") }, BasePlanFacts.None, Later).Value.Value;
        var cleared = PackageRules.Edit(
            capped, new() { MaxQuantity = new(null), Dependencies = new(null) }, BasePlanFacts.None, Later).Value.Value;

        Assert.Equal((3, 1), (kept.MaxQuantity, kept.Dependencies.Count));
        Assert.Equal((null, 0), (cleared.MaxQuantity, cleared.Dependencies.Count));
    }

    [Fact]
    public void Dependencies_are_known_live_of_the_same_product_and_without_a_cycle()
    {
        var others = new Dictionary<string, PackageVersion>
        {
            ["pack"] = Addon(),
            ["near"] = Addon("near", needs: "far"),
            ["far"] = Addon("far", needs: "pack"),
            ["plain"] = Addon("plain"),
            ["old"] = Addon("old") with { Status = PackageStatus.Archived },
            ["foreign"] = Addon("foreign") with { ProductId = new("elsewhere") },
        };
        ErrorCode? Depend(string id)
        {
            var findings = new Findings();
            AddonReferences.CheckDependencies(
                findings, Draft(), [new(id)], asked => others.GetValueOrDefault(asked.Value),
                asked => others.GetValueOrDefault(asked.Value)?.Dependencies ?? []);
            return findings.ToRefusal()?.Code;
        }

        Assert.Null(Depend("plain"));
        Assert.Equal(ErrorCode.AddonNotFound, Depend("nobody"));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Depend("old"));
        Assert.Equal(ErrorCode.InvalidArgumentError, Depend("foreign"));
        Assert.Equal(ErrorCode.PlansCircularDependencyError, Depend("pack"));
        // pack -> near -> far -> pack
        Assert.Equal(ErrorCode.PlansCircularDependencyError, Depend("near"));
    }

    [Fact]
    public void Accepted_dependencies_never_close_a_circle() =>
        Prop.ForAll(
            (from addon in Gen.Choose(0, 5) from needed in Gen.Choose(0, 5) select (addon, needed)).ListOf().ToArbitrary(),
            asked =>
            {
                var needs = Enumerable.Range(0, 6).ToDictionary(n => new PackageId($"a{n}"), _ => new List<PackageId>());
                foreach (var (addon, needed) in asked)
                {
                    var findings = new Findings();
                    AddonReferences.CheckDependencies(
                        findings, Addon($"a{addon}"), [new($"a{needed}")], id => Addon(id.Value), id => needs[id]);
                    if (!findings.Any)
                        needs[new($"a{addon}")].Add(new($"a{needed}"));
                }

                // Taking away what depends on nothing that is left ends with nothing left, unless there is a circle.
                var left = needs.Keys.ToHashSet();
                while (left.RemoveWhere(id => !needs[id].Exists(left.Contains)) > 0)
                {
                }

                return left.Count == 0;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_plan_takes_live_addons_of_its_product_and_custom_ones_only_when_custom()
    {
        var addons = new Dictionary<string, PackageVersion>
        {
            ["pack"] = Addon(),
            ["bespoke"] = Addon("bespoke", PricingType.Custom),
            ["old"] = Addon("old") with { Status = PackageStatus.Archived },
            ["foreign"] = Addon("foreign") with { ProductId = new("elsewhere") },
        };
        ErrorCode? Take(string id, PackageVersion? plan = null)
        {
            var findings = new Findings();
            AddonReferences.CheckCompatible(
                findings, plan ?? Given.ProPlan(), [new(id)], asked => addons.GetValueOrDefault(asked.Value));
            return findings.ToRefusal()?.Code;
        }

        Assert.Null(Take("pack"));
        Assert.Null(Take("bespoke", Given.Plan("big", PricingType.Custom)));
        Assert.Equal(ErrorCode.IncompatibleSubscriptionAddon, Take("bespoke"));
        Assert.Equal(ErrorCode.AddonNotFound, Take("nobody"));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Take("old"));
        Assert.Equal(ErrorCode.IncompatibleSubscriptionAddon, Take("foreign"));
    }

    [Fact]
    public void An_addon_must_be_priced_wherever_a_plan_that_lists_it_is()
    {
        var rupees = Given.Charge(BillingModel.FlatFee, 900, currency: "inr") with { CountryCode = "IN" };
        var localized = Given.Plan("pro", PricingType.Paid, Given.Charge(BillingModel.FlatFee, 20), rupees);
        var draft = localized with { Status = PackageStatus.Draft };
        var both = Addon() with { Charges = [.. Addon().Charges, rupees] };

        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Publish(new() { Published = null, Draft = draft, Addons = [Addon()] })));
        Assert.Null(Publish(new() { Published = null, Draft = draft, Addons = [both] }).Refusal);
        Assert.Null(Publish(new() { Published = null, Draft = draft, Addons = [Addon(type: PricingType.Free)] }).Refusal);
        // The same seen from the add-on: a new version may not drop the country.
        Assert.Equal(
            ErrorCode.InvalidArgumentError, Given.Code(Publish(new() { Published = null, Draft = Draft(), Plans = [localized] })));
    }

    [Fact]
    public void An_addon_of_a_paid_plan_does_not_become_custom()
    {
        var custom = Addon(type: PricingType.Custom) with { Status = PackageStatus.Draft };

        Assert.Equal(
            ErrorCode.IncompatibleSubscriptionAddon, Given.Code(Publish(new() { Published = null, Draft = custom, Plans = [Given.ProPlan()] })));
        Assert.Null(Publish(new() { Published = null, Draft = custom, Plans = [Given.Plan("big", PricingType.Custom)] }).Refusal);
    }

    [Fact]
    public void A_paid_addon_needs_a_price_and_a_minimum_spend_is_one()
    {
        var unpriced = Draft() with { Charges = [] };

        Assert.Equal(ErrorCode.AddonHasToHavePriceError, Given.Code(Publish(new() { Published = null, Draft = unpriced })));
        Assert.Null(Publish(new()
        {
            Published = null,
            Draft = unpriced with { MinimumSpend = [new(BillingPeriod.Monthly, new(100, "usd"))] },
        }).Refusal);
    }

    [Fact]
    public void Archiving_an_addon_is_held_back_by_drafts_plans_and_groups()
    {
        ErrorCode? Archive(PackageVersion addon, AddonUse use) => Given.Code(ArchivePackage.Addon(addon, use, Later));

        Assert.Equal(ErrorCode.DraftAddonCantBeArchived, Archive(Draft(), new() { HasOpenDraft = true }));
        Assert.Equal(ErrorCode.AddonWithDraftCannotBeDeletedError, Archive(Addon(), new() { HasOpenDraft = true }));
        Assert.Equal(ErrorCode.AddonIsCompatibleWithPlan, Archive(Addon(), new() { Plans = [new("pro")] }));
        Assert.Equal(ErrorCode.AddonIsCompatibleWithGroup, Archive(Addon(), new() { Groups = ["extras"] }));
        var archived = ArchivePackage.Addon(Addon(), new(), Later).Value.Value;
        Assert.True(ArchivePackage.Addon(archived, new() { Plans = [new("pro")] }, Later).Value.IsNoChange);
    }

    [Fact]
    public void A_product_takes_plans_and_addons_of_one_id_along_separately()
    {
        var plan = Given.ProPlan("twin") with { Status = PackageStatus.Archived };
        var addon = Addon("twin");

        var archived = ProductRules.Archive(Given.Product(), false, [plan, addon], Later).Value;
        var restored = ProductRules.Unarchive(archived.Product, [plan, archived.Packages[0]], Later).Value;

        Assert.Equal([EventType.AddonDeleted, EventType.ProductDeleted], archived.Events.Select(e => e.Type));
        Assert.Equal([EventType.ProductUnarchived, EventType.AddonUpdated], restored.Events.Select(e => e.Type));
        Assert.Equal(PackageKind.Addon, Assert.Single(restored.Packages).Kind);
    }
}
