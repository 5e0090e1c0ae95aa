using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class CreditEntitlementRulesTests
{
    private static readonly CurrencyId Ai = new("ai");

    private static readonly IReadOnlyDictionary<FeatureId, Feature> Features = Given.Features(
        Given.Feature(Given.Seats), Given.Feature(new("sso"), FeatureType.Boolean),
        Given.Feature(new("old")) with { Status = FeatureStatus.Suspended });

    private static readonly PackageVersion Draft = Given.ProPlan() with { Status = PackageStatus.Draft };
    private static readonly PackageVersion AddonDraft = Draft with { Kind = PackageKind.Addon };
    private static readonly PackageVersion CustomDraft = Draft with { PricingType = PricingType.Custom };

    private static readonly CreditEntitlementInput Thousand = new(Ai)
    {
        Amount = new(1_000),
        Cadence = new(CreditCadence.Month),
    };

    private static Result<IReadOnlyList<PackageCreditEntitlement>> Add(PackageVersion draft, CreditEntitlementInput row) =>
        CreditEntitlementRules.Add(draft, row, "entitlements[1].", Features, Given.Now);

    private static PackageVersion With(PackageVersion draft, CreditEntitlementInput row) =>
        draft with { CreditEntitlements = Add(draft, row).Value };

    private static void Refused(ErrorCode code, string field, PackageVersion draft, CreditEntitlementInput row)
    {
        var refusal = Add(draft, row).Refusal!;
        Assert.Equal(code, refusal.Code);
        Assert.Equal("entitlements[1]." + field, refusal.Fields[0].Path);
    }

    [Fact]
    public void Rows_of_both_kinds_share_one_order()
    {
        var feature = EntitlementRules.Add(
            Draft, [new(Given.Seats) { UsageLimit = new(5) }], Features, Given.Now).Value;
        var both = With(Draft with { Entitlements = feature }, Thousand);

        Assert.Equal([0m, 1m], EntitlementRow.All(both).Select(row => row.Order!.Value));
        Assert.Equal(Ai, EntitlementRow.All(both)[1].Credit!.CurrencyId);
        var swapped = EntitlementOrdering.Apply(both, [new("ai", 0), new("seats", 1)], Given.Now).Value;
        Assert.NotNull(EntitlementRow.All(swapped)[0].Credit);
        Assert.Equal(
            ErrorCode.FeatureNotFound, Given.Code(EntitlementOrdering.Apply(both, [new("none", 0)], Given.Now)));
        Assert.Equal(
            ErrorCode.BadUserInput, Given.Code(EntitlementOrdering.Apply(both, [new("ai", 0), new("ai", 1)], Given.Now)));
    }

    [Fact]
    public void Defaults_are_a_hard_increment_that_is_granted()
    {
        var row = With(Draft, Thousand).CreditEntitlements[0];

        Assert.Equal(
            (1_000m, CreditCadence.Month, EntitlementBehavior.Increment, false, true, false),
            (row.Amount!.Value, row.Cadence, row.Behavior, row.HasSoftLimit, row.IsGranted, row.IsCustom));
    }

    [Fact]
    public void Amounts_must_be_possible()
    {
        Refused(ErrorCode.InvalidArgumentError, "amount", Draft, Thousand with { Amount = new(0) });
        Refused(ErrorCode.InvalidArgumentError, "amount", Draft, Thousand with { Amount = new(-1) });
        Refused(ErrorCode.BadUserInput, "amount", Draft, Thousand with { Amount = new(null) });
        Assert.Null(Add(Draft, Thousand with { Amount = new(null), IsGranted = new(false) }).Refusal);
    }

    [Fact]
    public void An_amount_is_left_open_on_custom_packages_only()
    {
        Refused(ErrorCode.BadUserInput, "isCustom", Draft, Thousand with { IsCustom = new(true) });
        Assert.Null(Add(CustomDraft, Thousand with { Amount = new(null), IsCustom = new(true) }).Refusal);
    }

    [Fact]
    public void Override_is_for_add_ons()
    {
        var overriding = Thousand with { Behavior = new(EntitlementBehavior.Override) };

        Refused(ErrorCode.CannotAddOverrideEntitlementToPlan, "behavior", Draft, overriding);
        Assert.Null(Add(AddonDraft, overriding).Refusal);
    }

    [Fact]
    public void A_package_grants_a_currency_once() =>
        Refused(ErrorCode.DuplicatedEntityNotAllowed, "id", With(Draft, Thousand), Thousand);

    [Fact]
    public void An_amount_may_depend_on_a_metered_feature()
    {
        Refused(ErrorCode.FeatureNotFound, "dependencyFeatureId", Draft, Depending("none"));
        Refused(ErrorCode.EntityIsArchivedError, "dependencyFeatureId", Draft, Depending("old"));
        Refused(ErrorCode.InvalidArgumentError, "dependencyFeatureId", Draft, Depending("sso"));
        Assert.Null(Add(Draft, Depending("seats")).Refusal);
    }

    [Fact]
    public void Publishing_needs_a_finite_number_of_what_the_amount_depends_on()
    {
        var bare = Draft with { Charges = [] };
        var counted = EntitlementRules.Add(bare, [new(Given.Seats) { UsageLimit = new(5) }], Features, Given.Now).Value;
        var endless = EntitlementRules.Add(
            bare, [new(Given.Seats) { HasUnlimitedUsage = new(true) }], Features, Given.Now).Value;

        Assert.Equal(ErrorCode.InvalidArgumentError, Publish(With(bare, Depending("seats")))?.Code);
        Assert.Equal(
            ErrorCode.InvalidArgumentError, Publish(With(bare with { Entitlements = endless }, Depending("seats")))?.Code);
        Assert.Null(Publish(With(bare with { Entitlements = counted }, Depending("seats"))));
        // The plan sells seats in advance.
        Assert.Null(Publish(With(Draft, Depending("seats"))));

        static Refusal? Publish(PackageVersion draft) => CreditEntitlementRules.CheckPublished(draft);
    }

    [Fact]
    public void Publishing_refuses_archived_currencies()
    {
        var facts = new PublishFacts { Draft = With(Draft, Thousand), Published = null, ArchivedCurrencies = [Ai] };

        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(PublishPackage.Decide(
            Draft.Id, MigrationType.NewCustomers, facts, Guid.NewGuid, Given.Now)));
    }

    [Fact]
    public void A_patch_changes_what_it_names_and_sending_what_is_stored_changes_nothing()
    {
        var stored = With(Draft, Thousand with { DependencyFeatureId = new(Given.Seats) }).CreditEntitlements[0];
        var later = Given.Now + NodaTime.Duration.FromDays(1);
        var same = CreditEntitlementRules.Update(Draft, stored, Thousand, Features, later).Value;
        var cleared = CreditEntitlementRules.Update(
            Draft, stored, new(Ai) { DependencyFeatureId = new(null), Amount = new(7) }, Features, later).Value;

        Assert.Same(stored, same);
        Assert.Equal((7m, null, CreditCadence.Month, later),
            (cleared.Amount!.Value, cleared.DependencyFeatureId, cleared.Cadence, cleared.UpdatedAt));
    }

    [Fact]
    public void Differences_show_credits()
    {
        var before = With(Draft, Thousand);
        var changed = before with { CreditEntitlements = [before.CreditEntitlements[0] with { Amount = 2_000 }] };

        Assert.False(PackageContent.Same(before, changed));
        Assert.Equal(ChangeType.Modified, Assert.Single(PackageDiff.Of(before, changed).CreditEntitlements).Type);
        Assert.Equal(1, PackageDiff.Of(before, changed).TotalChanges);
        Assert.Equal(ChangeType.Added, Assert.Single(PackageDiff.Of(Draft, before).CreditEntitlements).Type);
        Assert.Equal(ChangeType.Deleted, Assert.Single(PackageDiff.Of(before, Draft).CreditEntitlements).Type);
    }

    [Fact]
    public void A_package_that_is_no_longer_custom_needs_the_amount()
    {
        var custom = With(CustomDraft, Thousand with { Amount = new(null), IsCustom = new(true) });

        Assert.Equal(ErrorCode.BadUserInput, Given.Code(PackageRules.Edit(
            custom, new() { PricingType = PricingType.Free }, BasePlanFacts.None, Given.Now)));
    }

    private static CreditEntitlementInput Depending(string feature) =>
        Thousand with { DependencyFeatureId = new(new FeatureId(feature)) };
}
