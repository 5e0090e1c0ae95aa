using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class GroupedEntitlementsTests
{
    private static readonly IReadOnlyDictionary<FeatureId, Feature> Features = Given.Features(
        Given.Feature(new("chat")), Given.Feature(new("calls")), Given.Feature(new("board")));

    private static readonly PackageVersion Empty = Given.FreePlan() with { Status = PackageStatus.Draft };

    private static FeatureGroup Group(string id, params string[] members) => new()
    {
        Uid = Given.Uid(7),
        Id = id,
        DisplayName = id,
        FeatureIds = [.. members.Select(member => new FeatureId(member))],
        Version = 1,
        CreatedAt = Given.Now,
        UpdatedAt = Given.Now,
    };

    private static EntitlementInput Limit(string feature, decimal limit) => new(new FeatureId(feature)) { UsageLimit = limit };

    private static Result<IReadOnlyList<PackageEntitlement>> Add(
        PackageVersion draft, FeatureGroup group, params EntitlementInput[] rows) =>
        GroupedEntitlements.Add(draft, group, rows, Features, Given.Now);

    private static PackageVersion With(PackageVersion draft, Result<IReadOnlyList<PackageEntitlement>> entitlements) =>
        draft with { Entitlements = entitlements.Value };

    /// <summary>A plan with chat 5 granted directly.</summary>
    private static PackageVersion WithChat => With(
        Empty, EntitlementRules.Add(Empty, [Limit("chat", 5)], Features, Given.Now));

    private static string Shown(PackageVersion draft) => string.Join("; ", draft.Entitlements.Select(
        e => $"{e.FeatureId}={e.UsageLimit} [{string.Join(',', e.FeatureGroupIds)}]"));

    [Fact]
    public void Group_makes_one_tagged_entitlement_a_member()
    {
        var draft = With(Empty, Add(Empty, Group("team", "chat", "calls"), Limit("chat", 5), Limit("calls", 7)));
        Assert.Equal("chat=5 [team]; calls=7 [team]", Shown(draft));
        Assert.Equal(["team"], GroupedEntitlements.GroupsOf(draft));
    }

    [Fact]
    public void Member_that_is_there_already_keeps_its_value_and_gets_the_tag()
    {
        var draft = With(WithChat, Add(WithChat, Group("team", "chat", "calls"), Limit("calls", 7)));
        Assert.Equal("chat=5 [team]; calls=7 [team]", Shown(draft));
        var second = With(draft, Add(draft, Group("more", "calls", "board"), Limit("board", 1), Limit("calls", 9)));
        Assert.Equal("chat=5 [team]; calls=9 [team,more]; board=1 [more]", Shown(second));
    }

    [Fact]
    public void All_members_need_a_value_and_rows_name_members_only()
    {
        var missing = Add(Empty, Group("team", "chat", "calls"), Limit("chat", 5)).Refusal!;

        Assert.Equal(ErrorCode.FeatureGroupMissingFeaturesError, missing.Code);
        Assert.Contains("'calls'", missing.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.FeatureNotBelongToFeatureGroupError,
            Given.Code(Add(Empty, Group("team", "chat"), Limit("chat", 5), Limit("calls", 7))));
        Assert.Equal(ErrorCode.BadUserInput,
            Given.Code(Add(Empty, Group("team", "chat"), Limit("chat", 5), Limit("chat", 6))));
        // The faults of a row are told under its place in the request.
        Assert.Equal(["entitlements[0].usageLimit"],
            Add(Empty, Group("team", "chat"), Limit("chat", -1)).Refusal!.Fields.Select(f => f.Path));
    }

    [Fact]
    public void Group_is_put_on_once_and_only_while_it_is_live()
    {
        var draft = With(Empty, Add(Empty, Group("team", "chat"), Limit("chat", 5)));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(Add(draft, Group("team", "chat"))));
        Assert.Equal(ErrorCode.EntityIsArchivedError,
            Given.Code(Add(WithChat, Group("team", "chat") with { IsArchived = true })));
    }

    [Fact]
    public void Unlinking_takes_the_tag_and_leaves_rows_that_stay_from_then_on()
    {
        var team = With(Empty, Add(Empty, Group("team", "chat"), Limit("chat", 5)));
        var unlinked = With(team, GroupedEntitlements.Unlink(team, "team", Given.Now));
        Assert.Equal("chat=5 []", Shown(unlinked));

        var again = With(unlinked, Add(unlinked, Group("team", "chat")));
        Assert.Equal("chat=5 []", Shown(With(again, GroupedEntitlements.Remove(again, "team", Given.Now))));
        Assert.Equal(ErrorCode.FeatureGroupNotFoundError,
            Given.Code(GroupedEntitlements.Unlink(unlinked, "team", Given.Now)));
    }

    [Fact]
    public void Removing_takes_what_only_that_group_provided()
    {
        var one = With(WithChat, Add(WithChat, Group("team", "chat", "calls"), Limit("calls", 7)));
        var two = With(one, Add(one, Group("more", "calls", "board"), Limit("board", 1)));

        // chat was granted before the group came, calls is provided by the other group too.
        var left = With(two, GroupedEntitlements.Remove(two, "team", Given.Now));
        Assert.Equal("chat=5 []; calls=7 [more]; board=1 [more]", Shown(left));
        Assert.Equal("chat=5 []", Shown(With(left, GroupedEntitlements.Remove(left, "more", Given.Now))));
        Assert.Equal(ErrorCode.FeatureGroupNotFoundError,
            Given.Code(GroupedEntitlements.Remove(two, "none", Given.Now)));
    }

    [Fact]
    public void Migrating_adds_new_members_and_drops_what_nothing_keeps()
    {
        var one = With(WithChat, Add(WithChat, Group("team", "chat", "calls"), Limit("calls", 7)));
        Result<IReadOnlyList<PackageEntitlement>> Migrate(FeatureGroup latest, params EntitlementInput[] rows) =>
            GroupedEntitlements.Migrate(one, [latest], rows, Features, Given.Now);

        // calls left the group and goes; chat left too, but was granted by itself.
        Assert.Equal("chat=5 []; board=2 [team]", Shown(With(one, Migrate(Group("team", "board"), Limit("board", 2)))));
        Assert.Equal("chat=5 [team]; calls=7 [team]; board=2 [team]",
            Shown(With(one, Migrate(Group("team", "chat", "calls", "board"), Limit("board", 2)))));
        Assert.Equal(Shown(one), Shown(With(one, Migrate(Group("team", "chat", "calls")))));
        Assert.Equal(ErrorCode.FeatureGroupMissingFeaturesError, Given.Code(Migrate(Group("team", "chat", "board"))));
        Assert.Equal(ErrorCode.FeatureNotBelongToFeatureGroupError,
            Given.Code(Migrate(Group("team", "chat", "calls"), Limit("board", 2))));
    }

    [Fact]
    public void Tagged_row_is_neither_taken_off_nor_retagged_by_itself()
    {
        var draft = With(Empty, Add(Empty, Group("team", "chat"), Limit("chat", 5)));
        var row = draft.Entitlements[0];
        Result<PackageEntitlement> Retag(params string[] groups) => EntitlementRules.Update(
            draft, row, new(row.FeatureId) { FeatureGroupIds = groups }, Features[row.FeatureId], Given.Now);

        Assert.Equal(ErrorCode.EntitlementBelongsToFeatureGroupError,
            GroupedEntitlements.CheckDeletable(draft, row)?.Code);
        Assert.Null(GroupedEntitlements.CheckDeletable(WithChat, WithChat.Entitlements[0]));
        Assert.Equal(ErrorCode.CanNotUpdateEntitlementsFeatureGroup, Given.Code(Retag()));
        Assert.Equal(ErrorCode.CanNotUpdateEntitlementsFeatureGroup, Given.Code(Retag("team", "more")));
        Assert.Null(Retag("team").Refusal);
    }
}
