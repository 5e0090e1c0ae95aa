using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage;

/// <summary>Which counter a scope fills and reads (spec entitlements-and-usage 6).</summary>
public sealed class ResourceScopeTests
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Feature_of_the_resources_own_subscription_is_counted_by_resource(DatabaseKind kind)
    {
        await using var host = await SitesAsync(kind);

        Assert.Equal([3], await host.UsagesAsync(Delta("c", "pages", 3, resource: "r1")));
        Assert.Equal([4], await host.UsagesAsync(Delta("c", "pages", 4, resource: "r2")));
        Assert.Equal([2], await host.UsagesAsync(Delta("c", "pages", 2)));

        Assert.Equal(3, await host.UsageAsync("c", "pages", "r1"));
        Assert.Equal(4, await host.UsageAsync("c", "pages", "r2"));
        // Without a resource nobody may use pages, but what was reported is kept.
        Assert.NotNull(await host.ReasonAsync("c", "pages"));
        var history = await host.HistoryAsync("c", "pages", "2025-01-15T00:00:00Z");
        Assert.Equal(2, history.Series[0].Points[^1].Value);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Feature_of_a_global_subscription_is_counted_for_the_customer_wherever_it_is_used(DatabaseKind kind)
    {
        await using var host = await SitesAsync(kind);

        Assert.Equal([3], await host.UsagesAsync(Delta("c", "exports", 3, resource: "r1")));
        Assert.Equal([7], await host.UsagesAsync(Delta("c", "exports", 4, resource: "r2")));
        Assert.Equal([8], await host.UsagesAsync(Delta("c", "exports", 1)));

        Assert.Equal(8, await host.UsageAsync("c", "exports", "r1"));
        Assert.Equal(8, await host.UsageAsync("c", "exports", "r2"));
        Assert.Equal(8, await host.UsageAsync("c", "exports"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Resource_that_comes_to_grant_a_feature_has_what_was_reported_for_it(DatabaseKind kind)
    {
        await using var host = await SitesAsync(kind);
        await host.ReportAsync(
            Delta("c", "exports", 3, resource: "r1"), Delta("c", "exports", 4, resource: "r2"), Delta("c", "exports", 1));

        Accepted(await host.ProvisionAsync("c", "lab", r => r with { ResourceId = new("r1") }));

        Assert.Equal(3, await host.UsageAsync("c", "exports", "r1"));
        Assert.Equal([8], await host.UsagesAsync(Delta("c", "exports", 5, resource: "r1")));
        Assert.Equal(8, await host.UsageAsync("c", "exports", "r1"));
        // From then on it counts there only; what counted for the customer before stays.
        Assert.Equal(8, await host.UsageAsync("c", "exports"));
        Assert.Equal(8, await host.UsageAsync("c", "exports", "r2"));
        await host.ReportAsync(Delta("c", "exports", 2));
        Assert.Equal(8, await host.UsageAsync("c", "exports", "r1"));
        Assert.Equal(10, await host.UsageAsync("c", "exports"));
        await host.RestartAsync();
        Assert.Equal(8, await host.UsageAsync("c", "exports", "r1"));
        Assert.Equal(10, await host.UsageAsync("c", "exports"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Key_belongs_to_the_resource_it_was_sent_with(DatabaseKind kind)
    {
        await using var host = await SitesAsync(kind);

        Assert.Equal([3], await host.UsagesAsync(Delta("c", "exports", 3, key: "k", resource: "r1")));
        Assert.Equal([3], await host.UsagesAsync(Delta("c", "exports", 3, key: "k", resource: "r1")));
        Assert.Equal([8], await host.UsagesAsync(Delta("c", "exports", 5, key: "k")));
        Assert.Equal([15], await host.UsagesAsync(Delta("c", "exports", 7, key: "k", resource: "r2")));
    }

    /// <summary>Customer c: exports for everybody, pages on the sites r1 and r2; "lab" would grant exports to a resource.</summary>
    private static async Task<ModuleHost> SitesAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("exports");
        await host.FeatureAsync("pages");
        await host.ProductAsync("sites", isMultiple: true);
        await host.ProductAsync("labs", isMultiple: true);
        await host.PlanAsync("free", Limit("exports", 10));
        await host.PlanAsync("site", "sites", Limit("pages", 10, Monthly));
        await host.PlanAsync("lab", "labs", Limit("exports", 10));
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        Accepted(await host.ProvisionAsync("c", "site", r => r with { ResourceId = new("r1") }));
        Accepted(await host.ProvisionAsync("c", "site", r => r with { ResourceId = new("r2") }));
        return host;
    }
}
