using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog.FeatureGroups;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Rows;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class FeatureGroupTests
{
    private static readonly PackageRef Plan = new(PackageKind.Plan, new("free"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Group_lives_from_its_creation_to_its_return(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = await TeamAsync(host);
        var groups = host.Get<FeatureGroupUseCases>();

        var again = await groups.CreateAsync(host.Scope(), new("team", "Team", [new("chat")]), Cancellation);
        var second = (await groups.UpdateAsync(
            host.Scope(), "team", new() { FeatureIds = [new("chat"), new("board")] }, Cancellation)).Value;
        await groups.ArchiveAsync(host.Scope(), "team", Cancellation);
        var live = (await groups.ListAsync(host.Scope(), new(), PageRequest.First, Cancellation)).Value;
        var archived = (await groups.ListAsync(
            host.Scope(), new() { Archived = [true] }, PageRequest.First, Cancellation)).Value;
        await groups.UnarchiveAsync(host.Scope(), "team", Cancellation);
        var read = (await groups.RetrieveAsync(host.Scope(), "team", Cancellation)).Value;

        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, again.Refusal?.Code);
        Assert.Equal(2, second.Version);
        Assert.Empty(live.Items);
        Assert.Equal(["team"], archived.Items.Select(g => g.Id));
        Assert.Equal(["chat", "board"], read.FeatureIds.Select(id => id.Value));
        Assert.Equal(
            [
                EventType.FeatureGroupCreated, EventType.FeatureGroupUpdated, EventType.FeatureGroupArchived,
                EventType.FeatureGroupUnArchived,
            ],
            await catalog.EventsOfAsync(EntityKind.FeatureGroup, "team"));
        foreach (var unknown in new[]
        {
            await groups.RetrieveAsync(host.Scope(), "none", Cancellation),
            await groups.UpdateAsync(host.Scope(), "none", new(), Cancellation),
            await groups.ArchiveAsync(host.Scope(), "none", Cancellation),
        })
        {
            Assert.Equal(ErrorCode.FeatureGroupNotFoundError, unknown.Refusal?.Code);
        }
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Draft_uses_a_group_and_publishes_its_entitlements(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = await TeamAsync(host);
        await catalog.DraftAsync("free");

        var incomplete = await AddAsync(host, "team", Limit("chat", 5));
        var added = (await AddAsync(host, "team", Limit("chat", 5), Limit("calls", 7))).Value;
        var deleted = await catalog.Entitlements.DeleteAsync(host.Scope(), Plan.Id, new("chat"), Cancellation);
        await catalog.PublishAsync("free");
        var published = await catalog.LatestAsync("free");
        var noDraft = await AddAsync(host, "team");

        Assert.Equal(ErrorCode.FeatureGroupMissingFeaturesError, incomplete.Refusal?.Code);
        Assert.All(added, e => Assert.Equal(["team"], e.FeatureGroupIds));
        Assert.Equal(ErrorCode.EntitlementBelongsToFeatureGroupError, deleted.Refusal?.Code);
        Assert.Equal([5m, 7m], published.Entitlements.Select(e => e.UsageLimit!.Value));
        Assert.Equal(ErrorCode.EditAllowedOnDraftPackageOnlyError, noDraft.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Group_and_its_members_are_not_archived_while_in_use(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = await TeamAsync(host);
        await catalog.DraftAsync("free");
        await AddAsync(host, "team", Limit("chat", 5), Limit("calls", 7));
        var groups = host.Get<FeatureGroupUseCases>();
        var features = host.Get<FeatureUseCases>();

        var inDraft = await groups.ArchiveAsync(host.Scope(), "team", Cancellation);
        await catalog.PublishAsync("free");
        var inVersion = await groups.ArchiveAsync(host.Scope(), "team", Cancellation);
        await catalog.EditAsync("free", new() { Description = "v2" });
        await RemoveAsync(host, "team");
        var beforePublishing = await groups.ArchiveAsync(host.Scope(), "team", Cancellation);
        await catalog.PublishAsync("free");
        var member = await features.ArchiveAsync(host.Scope(), new("chat"), Cancellation);
        var deletedMember = await host.Get<DeleteFeature>().ExecuteAsync(host.Scope(), new("board"), Cancellation);
        var archived = await groups.ArchiveAsync(host.Scope(), "team", Cancellation);
        var freeMember = await features.ArchiveAsync(host.Scope(), new("chat"), Cancellation);
        var usedAgain = await groups.UnarchiveAsync(host.Scope(), "team", Cancellation);

        Assert.Equal(ErrorCode.CannotArchiveFeatureGroupError, inDraft.Refusal?.Code);
        Assert.Equal(ErrorCode.CannotArchiveFeatureGroupError, inVersion.Refusal?.Code);
        Assert.Equal(ErrorCode.CannotArchiveFeatureGroupError, beforePublishing.Refusal?.Code);
        Assert.Equal(ErrorCode.CannotArchiveFeatureError, member.Refusal?.Code);
        Assert.Null(deletedMember.Refusal);
        Assert.True(archived.Value.IsArchived);
        Assert.Null(freeMember.Refusal);
        Assert.Equal(ErrorCode.EntityIsArchivedError, usedAgain.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Draft_follows_a_group_only_when_it_is_migrated(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = await TeamAsync(host);
        await catalog.DraftAsync("free");
        await AddAsync(host, "team", Limit("chat", 5), Limit("calls", 7));
        await host.Get<FeatureGroupUseCases>().UpdateAsync(
            host.Scope(), "team", new() { FeatureIds = [new("chat"), new("board")] }, Cancellation);
        var on = host.Get<GroupsOnPackages>();

        var before = (await catalog.LatestAsync("free")).Entitlements;
        var incomplete = await on.MigrateAsync(host.Scope(), Plan, [], Cancellation);
        var migrated = (await on.MigrateAsync(host.Scope(), Plan, [Limit("board", 1)], Cancellation)).Value;
        var unlinked = (await on.UnlinkAsync(host.Scope(), Plan, "team", Cancellation)).Value;

        Assert.Equal(["chat", "calls"], before.Select(e => e.FeatureId.Value));
        Assert.Equal(ErrorCode.FeatureGroupMissingFeaturesError, incomplete.Refusal?.Code);
        Assert.Equal(["chat", "board"], migrated.Select(e => e.FeatureId.Value));
        Assert.All(unlinked, e => Assert.Empty(e.FeatureGroupIds));
        Assert.Equal(
            ErrorCode.PlanNotFound,
            (await on.MigrateAsync(host.Scope(), Plan with { Id = new("none") }, [], Cancellation)).Refusal?.Code);
        Assert.Equal(ErrorCode.FeatureGroupNotFoundError, (await AddAsync(host, "none")).Refusal?.Code);
        Assert.Equal(ErrorCode.FeatureGroupNotFoundError, (await RemoveAsync(host, "team")).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Member_of_a_group_is_not_deleted_even_when_the_group_is_archived(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await TeamAsync(host);
        await host.Get<FeatureGroupUseCases>().ArchiveAsync(host.Scope(), "team", Cancellation);

        var refused = await host.Get<DeleteFeature>().ExecuteAsync(host.Scope(), new("chat"), Cancellation);

        Assert.Equal(ErrorCode.CannotDeleteFeatureError, refused.Refusal?.Code);
    }

    /// <summary>The features chat, calls and board, and a group of the first two.</summary>
    private static async Task<CatalogDriver> TeamAsync(ModuleHost host)
    {
        var catalog = new CatalogDriver(host);
        foreach (var feature in (string[])["chat", "calls", "board"])
            await catalog.MeteredFeatureAsync(feature);
        Assert.Null((await host.Get<FeatureGroupUseCases>().CreateAsync(
            host.Scope(), new("team", "Team", [new("chat"), new("calls")]), Cancellation)).Refusal);
        return catalog;
    }

    private static EntitlementInput Limit(string feature, decimal limit) => new(new FeatureId(feature)) { UsageLimit = limit };

    private static Task<Result<IReadOnlyList<PackageEntitlement>>> AddAsync(
        ModuleHost host, string group, params EntitlementInput[] rows) =>
        host.Get<GroupsOnPackages>().AddAsync(host.Scope(), Plan, group, rows, Cancellation);

    private static Task<Result<IReadOnlyList<PackageEntitlement>>> RemoveAsync(ModuleHost host, string group) =>
        host.Get<GroupsOnPackages>().RemoveAsync(host.Scope(), Plan, group, Cancellation);
}
