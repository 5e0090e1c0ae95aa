using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class DraftRulesTests
{
    private static readonly Instant Later = Given.Now + Duration.FromDays(1);
    private static readonly PackageVersion Latest = Given.ProPlan() with { Version = 3, Description = "third" };

    private static readonly ReferenceFacts NoReferences = new(_ => null, _ => []);

    private static Result<Change<PackageVersion>> RollBack(
        PackageVersion older, PackageVersion? draft = null, ReferenceFacts? facts = null) =>
        DraftRules.RollBack(Latest, draft, older, facts ?? NoReferences, Given.Uid(9), Later);

    [Fact]
    public void A_rollback_is_a_new_draft_with_the_content_of_the_older_version()
    {
        var older = Given.ProPlan() with { Version = 1, IsLatest = false, BasePlan = new(new("base"), 4), MaxQuantity = 2 };

        var change = RollBack(older).Value;

        Assert.Equal((4, PackageStatus.Draft, false), (change.Value.Version, change.Value.Status, change.Value.IsLatest));
        Assert.True(PackageContent.Same(older, change.Value));
        Assert.Equal(new BasePlan(new("base"), null), change.Value.BasePlan);
        Assert.Equal([EventType.PackageDraftCreated], change.Events.Select(e => e.Type));
        Assert.Equal(ErrorCode.DraftAlreadyExists, Given.Code(RollBack(older, change.Value)));
    }

    [Fact]
    public void A_rollback_that_would_close_a_circle_is_refused()
    {
        var inheriting = Given.ProPlan() with { BasePlan = new(new("base"), 1) };
        var depending = Given.ProPlan() with { Kind = PackageKind.Addon, Dependencies = [new("near")] };

        Assert.Equal(
            ErrorCode.PlansCircularDependencyError,
            Given.Code(RollBack(inheriting, facts: NoReferences with
            {
                BaseOf = id => id.Value == "base" ? new PackageId("pro") : null,
            })));
        Assert.Equal(
            ErrorCode.PlansCircularDependencyError,
            Given.Code(RollBack(depending, facts: NoReferences with
            {
                DependenciesOf = id => id.Value == "near" ? [new("pro")] : [],
            })));
        Assert.Null(RollBack(inheriting).Refusal);
        Assert.Null(RollBack(depending).Refusal);
    }

    [Fact]
    public void An_empty_draft_keeps_the_names_alone()
    {
        var full = Latest with
        {
            BillingId = "prod_1",
            BasePlan = new(new("base"), 1),
            Metadata = new Dictionary<string, string> { ["k"] = "v" },
            CompatibleAddonIds = [new("pack")],
        };

        var draft = DraftRules.OpenEmpty(full, null, Given.Uid(9), Later).Value.Value;

        Assert.Equal(("pro", "third", "prod_1", 4), (draft.DisplayName, draft.Description, draft.BillingId, draft.Version));
        Assert.True(PackageContent.Same(draft, full with
        {
            PricingType = null,
            Charges = [],
            BasePlan = null,
            Metadata = Metadata.Empty,
            CompatibleAddonIds = null,
        }));
        Assert.Equal(ErrorCode.DraftAlreadyExists, Given.Code(DraftRules.OpenEmpty(full, draft, Given.Uid(10), Later)));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(
            DraftRules.OpenEmpty(full with { Status = PackageStatus.Archived }, null, Given.Uid(10), Later)));
    }

    [Fact]
    public void Entitlements_are_rearranged_by_number_and_keep_their_place_otherwise()
    {
        PackageEntitlement Row(string id, decimal? order) => new()
        {
            FeatureId = new(id),
            UsageLimit = 1,
            Order = order,
            CreatedAt = Given.Now,
            UpdatedAt = Given.Now,
        };
        var draft = Given.ProPlan() with { Entitlements = [Row("a", 0), Row("b", 1), Row("c", null), Row("d", 2)] };

        var ordered = EntitlementOrdering.Apply(draft, [new("d", 0.5m), new("a", 0)], Later).Value;
        var unknown = EntitlementOrdering.Apply(draft, [new("z", 1)], Later);
        var twice = EntitlementOrdering.Apply(draft, [new("a", 1), new("a", 2)], Later);

        Assert.Equal(["a", "d", "b", "c"], ordered.Entitlements.Select(e => e.FeatureId.Value));
        Assert.Equal([Given.Now, Later, Given.Now, Given.Now], ordered.Entitlements.Select(e => e.UpdatedAt));
        Assert.Equal(ErrorCode.FeatureNotFound, Given.Code(unknown));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(twice));
    }
}
