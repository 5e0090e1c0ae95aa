using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class FeatureGroupRulesTests
{
    private static readonly IReadOnlyDictionary<FeatureId, Feature> Features = Given.Features(
        Given.Feature(new("chat")),
        Given.Feature(new("calls")),
        Given.Feature(new("board")),
        Given.Feature(new("old")) with { Status = FeatureStatus.Suspended });

    private static Result<Change<FeatureGroup>> Create(params string[] members) => FeatureGroupRules.Create(
        new("team", "Team", Ids(members)), Features, idIsTaken: false, Given.Uid(7), Given.Now);

    private static Result<Change<FeatureGroup>> Members(params string[] members) => FeatureGroupRules.Update(
        Stored, new() { FeatureIds = Ids(members) }, Features, Given.Now);

    private static FeatureGroup Stored => Create("chat", "calls").Value.Value;

    private static IReadOnlyList<FeatureId> Ids(params string[] ids) => [.. ids.Select(id => new FeatureId(id))];

    [Fact]
    public void New_group_is_published_at_version_1()
    {
        var created = Create("chat", "calls").Value;
        Assert.Equal((1, false), (created.Value.Version, created.Value.IsArchived));
        Assert.Equal(EventType.FeatureGroupCreated, Assert.Single(created.Events).Type);
    }

    [Fact]
    public void Members_exist_are_live_and_are_listed_once()
    {
        Assert.Equal(ErrorCode.FeatureGroupMissingFeaturesError, Given.Code(Create()));
        Assert.Equal(ErrorCode.FeatureNotFound, Given.Code(Create("chat", "none")));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(Create("old")));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create("chat", "chat")));
        Assert.Equal(["featureIds[1]"], Create("chat", "none").Refusal!.Fields.Select(f => f.Path));
        Assert.Equal(ErrorCode.FeatureGroupMissingFeaturesError, Given.Code(Members()));
        Assert.Equal(ErrorCode.FeatureNotFound, Given.Code(Members("none")));
    }

    [Fact]
    public void Only_another_set_of_members_is_a_new_version()
    {
        Assert.Equal(2, Members("chat", "board").Value.Value.Version);
        Assert.Equal(2, Members("chat").Value.Value.Version);
        var reordered = Members("calls", "chat").Value;
        Assert.Equal((1, false), (reordered.Value.Version, reordered.IsNoChange));
        Assert.True(Members("chat", "calls").Value.IsNoChange);
        var renamed = FeatureGroupRules.Update(Stored, new() { DisplayName = "Together" }, Features, Given.Now).Value;
        Assert.Equal((1, "Together"), (renamed.Value.Version, renamed.Value.DisplayName));
        Assert.Equal(EventType.FeatureGroupUpdated, Assert.Single(renamed.Events).Type);
    }

    [Fact]
    public void Ids_and_texts_keep_their_limits()
    {
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(FeatureGroupRules.Create(
            new("team", "Team", Ids("chat")), Features, idIsTaken: true, Given.Uid(7), Given.Now)));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(FeatureGroupRules.Create(
            new("a b", "Team", Ids("chat")), Features, idIsTaken: false, Given.Uid(7), Given.Now)));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(
            FeatureGroupRules.Update(Stored, new() { DisplayName = "" }, Features, Given.Now)));
    }

    [Fact]
    public void Used_group_is_not_archived_and_an_archived_one_does_not_change()
    {
        var archived = FeatureGroupRules.Archive(Stored, [], Given.Now).Value;

        Assert.Equal(ErrorCode.CannotArchiveFeatureGroupError,
            Given.Code(FeatureGroupRules.Archive(Stored, [new("pro")], Given.Now)));
        Assert.Equal(EventType.FeatureGroupArchived, Assert.Single(archived.Events).Type);
        Assert.True(FeatureGroupRules.Archive(archived.Value, [new("pro")], Given.Now).Value.IsNoChange);
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(
            FeatureGroupRules.Update(archived.Value, new() { DisplayName = "x" }, Features, Given.Now)));
    }

    [Fact]
    public void Group_comes_back_once_all_its_members_are_live()
    {
        var archived = FeatureGroupRules.Archive(Stored, [], Given.Now).Value.Value;
        var back = FeatureGroupRules.Unarchive(archived, Features, Given.Now).Value;

        Assert.False(back.Value.IsArchived);
        Assert.Equal(EventType.FeatureGroupUnArchived, Assert.Single(back.Events).Type);
        Assert.True(FeatureGroupRules.Unarchive(back.Value, Features, Given.Now).Value.IsNoChange);
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(
            FeatureGroupRules.Unarchive(archived with { FeatureIds = Ids("chat", "old") }, Features, Given.Now)));
    }
}
