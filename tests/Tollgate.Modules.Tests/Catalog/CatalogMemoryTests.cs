using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

/// <summary>The catalog read from memory is the stored one, whoever changed it. A reader with its own memory is another node.</summary>
public sealed class CatalogMemoryTests
{
    private static readonly FeatureId Seats = new("seats");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Change_is_read_by_every_node_from_its_commit_on(DatabaseKind kind)
    {
        await using var host = await WithFeatureAsync(kind);
        var (here, there) = (host.Get<CatalogReader>(), new CatalogReader(new()));
        Assert.Equal("Seats", await NameAsync(host, here));
        Assert.Equal("Seats", await NameAsync(host, there));

        Assert.Null((await host.Get<FeatureUseCases>().UpdateAsync(
            host.Scope(), Seats, new() { DisplayName = new("Places") }, Cancellation)).Refusal);

        Assert.Equal("Places", await NameAsync(host, here));
        Assert.Equal("Places", await NameAsync(host, there));
        Assert.Equal("Places", await host.Database.ReadAsync(
            async (session, _) => (await there.FeaturesAsync(session, host.EnvironmentId))[Seats].DisplayName, Cancellation));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Transaction_reads_its_own_change_and_nobody_keeps_it_when_it_is_rolled_back(DatabaseKind kind)
    {
        await using var host = await WithFeatureAsync(kind);
        var reader = host.Get<CatalogReader>();
        var store = new FeatureStore();
        Assert.Equal("Seats", await NameAsync(host, reader));

        await host.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                Assert.Equal("Seats", (await reader.FeatureAsync(session, host.EnvironmentId, Seats))!.DisplayName);
                var row = (await store.FindAsync(session, host.EnvironmentId, Seats))!;
                await store.UpdateAsync(session, host.EnvironmentId, row, row.Value with { DisplayName = "Places" });
                Assert.Equal("Places", (await reader.FeatureAsync(session, host.EnvironmentId, Seats))!.DisplayName);
                Assert.Equal("Seats", await NameAsync(host, reader));
                return false;
            },
            Cancellation);

        Assert.Equal("Seats", await NameAsync(host, reader));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_did_not_exist_is_found_once_it_does(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var reader = host.Get<CatalogReader>();
        Assert.Null(await NameAsync(host, reader));

        await CreateAsync(host);

        Assert.Equal("Seats", await NameAsync(host, reader));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Session_that_began_before_a_change_does_not_bring_the_old_state_back(DatabaseKind kind)
    {
        await using var host = await WithFeatureAsync(kind);
        var reader = host.Get<CatalogReader>();

        await host.Database.ReadAsync(
            async (session, _) =>
            {
                // The session has the number from before the change.
                Assert.NotNull(await reader.ProductAsync(session, host.EnvironmentId, new("product-default")));
                await host.Get<FeatureUseCases>().UpdateAsync(
                    host.Scope(), Seats, new() { DisplayName = new("Places") }, Cancellation);
                Assert.Equal("Places", await NameAsync(host, reader));
                await reader.FeatureAsync(session, host.EnvironmentId, Seats);
                return true;
            },
            Cancellation);

        Assert.Equal("Places", await NameAsync(host, reader));
    }

    private static async Task<ModuleHost> WithFeatureAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await CreateAsync(host);
        return host;
    }

    private static async Task CreateAsync(ModuleHost host) =>
        Assert.Null((await host.Get<FeatureUseCases>().CreateAsync(
            host.Scope(),
            new() { Id = Seats, DisplayName = "Seats", Type = FeatureType.Boolean },
            Cancellation)).Refusal);

    private static Task<string?> NameAsync(ModuleHost host, CatalogReader reader) => host.Database.ReadAsync(
        async (session, _) => (await reader.FeatureAsync(session, host.EnvironmentId, Seats))?.DisplayName, Cancellation);
}
