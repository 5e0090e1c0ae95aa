using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class PackageDiffTests
{
    private static readonly PackageVersion Published = Given.ProPlan() with
    {
        Description = "one",
        CompatibleAddonIds = [new("a"), new("b"), new("c")],
        CompatibleGroups = [new("extras", 1, 0)],
        Dependencies = [new("needed")],
        MaxQuantity = 3,
        Entitlements = [Row("seats", 5, 0), Row("calls", 100, 1)],
        MinimumSpend = [new(BillingPeriod.Monthly, new(100, "usd"))],
    };

    /// <summary>Edits that each change something; a version is made by some of them, in any order.</summary>
    private static readonly Func<PackageVersion, PackageVersion>[] Edits =
    [
        v => v with { DisplayName = "Pro 2" },
        v => v with { Description = null },
        v => v with { BillingId = "prod_1" },
        v => v with { Metadata = new Dictionary<string, string> { ["k"] = "v" } },
        v => v with { HiddenFromWidgets = [WidgetType.Paywall] },
        v => v with { PricingType = PricingType.Custom },
        v => v with { BasePlan = new(new("base"), 1) },
        v => v with { CompatibleAddonIds = [new("b"), new("a"), new("c")] },
        v => v with { CompatibleAddonIds = [new("a"), new("d")] },
        v => v with { CompatibleAddonIds = null },
        v => v with { CompatibleGroups = [new("extras", 2, 0), new("more", null, null)] },
        v => v with { Dependencies = [] },
        v => v with { MaxQuantity = null },
        v => v with { DefaultTrial = new(14, TrialUnits.Day, null, null) },
        v => v with { Entitlements = [Row("seats", 5, 1), Row("calls", 100, 0)] },
        v => v with { Entitlements = [Row("seats", 6, 0)] },
        v => v with { Charges = [.. v.Charges.Skip(1)] },
        v => v with { Charges = [.. v.Charges.Select(c => c with { Price = new(11, "usd"), Uid = Given.Uid(77) })] },
        v => v with { OverageCharges = [Given.Charge(BillingModel.UsageBased, 1) with { FeatureId = Given.Seats }] },
        v => v with { OverageBillingPeriod = OverageBillingPeriod.Monthly },
        v => v with { MinimumSpend = [new(BillingPeriod.Annually, new(900, "usd"))] },
    ];

    private static readonly Gen<PackageVersion> Versions =
        from picks in Gen.Choose(0, Edits.Length - 1).ListOf()
        select picks.Aggregate(Published, (version, pick) => Edits[pick](version));

    [Fact]
    public void A_draft_has_no_change_exactly_when_it_says_what_is_published() =>
        Prop.ForAll(Versions.ToArbitrary(), Versions.ToArbitrary(), (a, b) =>
            PackageDiff.Of(a, b).TotalChanges == 0 == PackageContent.Same(a, b)).QuickCheckThrowOnFailure();

    [Fact]
    public void Turned_round_a_diff_has_as_many_changes() =>
        Prop.ForAll(Versions.ToArbitrary(), Versions.ToArbitrary(), (a, b) =>
            PackageDiff.Of(a, b).TotalChanges == PackageDiff.Of(b, a).TotalChanges).QuickCheckThrowOnFailure();

    [Fact]
    public void Each_edit_alone_is_seen() =>
        Assert.All(Edits, edit => Assert.True(PackageDiff.Of(Published, edit(Published)).TotalChanges > 0));

    [Fact]
    public void Rows_are_added_deleted_modified_or_reordered()
    {
        var draft = Published with
        {
            CompatibleAddonIds = [new("b"), new("a"), new("d")],
            CompatibleGroups = [new("extras", 2, 0)],
            Entitlements = [Row("calls", 200, 1), Row("sso", 1, 2)],
            Charges = [Published.Charges[0] with { Price = new(12, "usd") }],
        };

        var changes = PackageDiff.Of(Published, draft);

        Assert.Equal(
            ["Deleted c", "Added d", "Reordered b", "Reordered a"],
            changes.CompatibleAddons.Select(c => $"{c.Type} {(c.After ?? c.Before)!.Value}"));
        Assert.Equal([ChangeType.Modified], changes.CompatibleGroups.Select(c => c.Type));
        Assert.Equal(
            ["Deleted seats", "Modified calls", "Added sso"],
            changes.Entitlements.Select(c => $"{c.Type} {(c.After ?? c.Before)!.FeatureId}"));
        Assert.Equal([ChangeType.Modified, ChangeType.Deleted], changes.Prices.Select(c => c.Type));
        // 4 add-ons, 1 group, 3 entitlements, 2 prices
        Assert.Equal(10, changes.TotalChanges);
    }

    [Fact]
    public void A_first_version_adds_all_it_says()
    {
        var draft = Given.ProPlan() with { Description = "one", Entitlements = [Row("seats", 5, 0)] };

        var changes = PackageDiff.Of(null, draft);

        Assert.Equal(new ContentChange<string>(ChangeType.Added, null, "pro"), changes.DisplayName);
        Assert.Equal(ChangeType.Added, changes.PricingType!.Type);
        Assert.All(changes.Prices, c => Assert.Equal(ChangeType.Added, c.Type));
        // name, description, pricing type, 1 entitlement, 2 prices
        Assert.Equal(6, changes.TotalChanges);
    }

    [Fact]
    public void Moving_an_entitlement_is_no_modification()
    {
        var draft = Published with { Entitlements = [Row("seats", 5, 1), Row("calls", 100, 0)] };

        Assert.All(PackageDiff.Of(Published, draft).Entitlements, c => Assert.Equal(ChangeType.Reordered, c.Type));
    }

    private static PackageEntitlement Row(string id, decimal limit, decimal order) => new()
    {
        FeatureId = new(id),
        UsageLimit = limit,
        Order = order,
        CreatedAt = Given.Now,
        UpdatedAt = Given.Now + Duration.FromDays((int)limit),
    };
}
