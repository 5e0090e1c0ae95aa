using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using static Tollgate.Domain.Tests.Entitlements.Given;

namespace Tollgate.Domain.Tests.Entitlements;

/// <summary>Feature groups as promotional grants (spec entitlements-and-usage 14.2).</summary>
public sealed class PromotionGroupRulesTests
{
    private static readonly Customer Ada = new() { Uid = Guid.Empty, Id = new("ada"), CreatedAt = Start, UpdatedAt = Start };

    private static readonly FeatureGroup Group = new()
    {
        Uid = Guid.Empty,
        Id = "team",
        DisplayName = "Team",
        FeatureIds = [new("chat"), new("video")],
        Version = 1,
        CreatedAt = Start,
        UpdatedAt = Start,
    };

    [Fact]
    public void Every_member_is_granted_with_its_value_and_tagged()
    {
        var changes = Grant(Group, [], Row("chat", 3), Row("video", 5)).Value;

        Assert.Equal(
            [("chat", 3m, "team"), ("video", 5m, "team")],
            changes.Select(c => (c.Value.FeatureId.Value, c.Value.UsageLimit!.Value, c.Value.FeatureGroupIds.Single())));
        Assert.All(changes, c => Assert.Equal(EventType.PromotionalEntitlementGranted, c.Events[0].Type));
    }

    [Fact]
    public void Rows_name_all_members_and_nobody_else_and_all_faults_are_told()
    {
        var refusal = Grant(Group, [], Row("chat", 3), Row("seats", 1)).Refusal!;

        Assert.Equal(ErrorCode.FeatureNotBelongToFeatureGroupError, refusal.Code);
        Assert.Equal(
            ["promotionalEntitlements[1].featureId", "promotionalEntitlements"], refusal.Fields.Select(f => f.Path));
        Assert.Equal(ErrorCode.FeatureGroupMissingFeaturesError, Grant(Group, [], Row("chat", 3)).Refusal!.Code);
        Assert.Contains("'video'", refusal.Fields[1].Message, StringComparison.Ordinal);
        Assert.Equal(
            ErrorCode.DuplicatedEntityNotAllowed,
            Grant(Group, [], Row("chat", 3), Row("video", 1), Row("video", 2)).Refusal!.Code);
        Assert.Equal(ErrorCode.FeatureGroupMissingFeaturesError, Grant(Group, []).Refusal!.Code);
        Assert.Equal(
            ErrorCode.InvalidArgumentError, Grant(Group, [], Row("chat", null), Row("video", 1)).Refusal!.Code);
        Assert.Equal(
            ErrorCode.FeatureNotFound,
            Grant(Group with { FeatureIds = [new("chat"), new("gone")] }, [], Row("chat", 1), Row("gone", 1)).Refusal!.Code);
    }

    [Fact]
    public void Archived_group_and_archived_customer_are_refused()
    {
        var archived = Ada with { ArchivedAt = Now };

        Assert.Equal(
            ErrorCode.EntityIsArchivedError,
            Grant(Group with { IsArchived = true }, [], Row("chat", 3), Row("video", 5)).Refusal!.Code);
        Assert.Equal(
            ErrorCode.EntityIsArchivedError,
            PromotionGroupRules.Grant(Group, [], new(archived, Features(), []), Guid.NewGuid, Now).Refusal!.Code);
        Assert.Equal(
            ErrorCode.EntityIsArchivedError, PromotionGroupRules.Revoke(archived, "team", Held("team"), Now).Refusal!.Code);
        Assert.Equal(
            ErrorCode.EntityIsArchivedError, PromotionGroupRules.Unlink(archived, "team", Held("team"), Now).Refusal!.Code);
    }

    [Fact]
    public void Granted_again_it_is_the_same_one_with_the_tags_of_both_groups()
    {
        var held = Held("other");

        var changes = Grant(Group, held, Row("chat", 9), Row("video", 1)).Value;

        Assert.Equal(held[0].Uid, changes[0].Value.Uid);
        Assert.Equal(["other", "team"], changes[0].Value.FeatureGroupIds);
        Assert.Equal(EventType.PromotionalEntitlementUpdated, changes[0].Events[0].Type);
        var again = Grant(Group, [.. changes.Select(c => c.Value)], Row("chat", 1), Row("video", 1)).Value;
        Assert.Equal(["other", "team"], again[0].Value.FeatureGroupIds);
    }

    [Fact]
    public void Revoking_ends_what_only_this_group_granted()
    {
        var live = Held("team", "team+other", "other", "");

        var changes = PromotionGroupRules.Revoke(Ada, "team", live, Now).Value;

        Assert.Equal(
            [
                (live[0].Uid, PromotionStatus.Revoked, EventType.PromotionalEntitlementRevoked, "team"),
                (live[1].Uid, PromotionStatus.Active, EventType.PromotionalEntitlementUpdated, "other"),
            ],
            changes.Select(c => (c.Value.Uid, c.Value.Status, c.Events[0].Type, c.Value.FeatureGroupIds.Single())));
    }

    [Fact]
    public void Unlinking_takes_the_tag_off_and_ends_nothing()
    {
        var live = Held("team", "team+other", "other");

        var changes = PromotionGroupRules.Unlink(Ada, "team", live, Now).Value;

        Assert.Equal(
            [(live[0].Uid, ""), (live[1].Uid, "other")],
            changes.Select(c => (c.Value.Uid, string.Join("+", c.Value.FeatureGroupIds))));
        Assert.All(changes, c => Assert.Equal(
            (PromotionStatus.Active, EventType.PromotionalEntitlementUpdated), (c.Value.Status, c.Events[0].Type)));
        // By itself again, so it can be revoked by itself.
        Assert.Null(PromotionRules.Revoke(Ada, changes[0].Value, changes[0].Value.FeatureId, Now).Refusal);
    }

    [Fact]
    public void Nothing_of_the_group_is_refused()
    {
        foreach (var result in (Result<IReadOnlyList<Change<PromotionalEntitlement>>>[])
            [PromotionGroupRules.Revoke(Ada, "team", Held("other"), Now), PromotionGroupRules.Unlink(Ada, "team", [], Now)])
        {
            Assert.Equal(ErrorCode.PromotionalEntitlementNotFoundError, result.Refusal?.Code);
        }
    }

    private static Result<IReadOnlyList<Change<PromotionalEntitlement>>> Grant(
        FeatureGroup group, IReadOnlyList<PromotionalEntitlement> live, params PromotionInput[] rows) =>
        PromotionGroupRules.Grant(group, rows, new(Ada, Features(), live), Guid.NewGuid, Now);

    private static PromotionInput Row(string feature, decimal? limit) =>
        new(new(feature), PromotionPeriod.Lifetime) { UsageLimit = limit };

    private static Dictionary<FeatureId, Feature> Features() =>
        ((string[])["chat", "video", "seats"]).Select(id => new Feature
        {
            Uid = Guid.NewGuid(),
            Id = new(id),
            DisplayName = id,
            Type = FeatureType.Number,
            MeterType = MeterType.Fluctuating,
            CreatedAt = Start,
            UpdatedAt = Start,
        }).ToDictionary(feature => feature.Id);

    /// <summary>One a text of tags; the first is of chat.</summary>
    private static IReadOnlyList<PromotionalEntitlement> Held(params string[] tags) =>
    [
        .. tags.Select((groups, i) => new PromotionalEntitlement
        {
            Uid = Guid.NewGuid(),
            CustomerId = Ada.Id,
            FeatureId = new(i == 0 ? "chat" : $"feature-{i}"),
            FeatureUid = Guid.NewGuid(),
            UsageLimit = 2,
            Period = PromotionPeriod.Lifetime,
            StartDate = Start,
            FeatureGroupIds = groups.Split('+', StringSplitOptions.RemoveEmptyEntries),
            CreatedAt = Start,
            UpdatedAt = Start,
        }),
    ];
}
