using System.Text.Json;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Pages;

/// <summary>
/// Every list in both directions, with all its entities created at the same instant of a frozen clock, so that nothing but the
/// order of creation can tell them apart.
/// </summary>
public sealed class PaginationTests(SharedServers servers)
{
    private const int Count = 57;
    private const int Limit = 10;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Features_come_once_newest_first_in_both_directions(DatabaseKind database)
    {
        using var client = await FrozenEnvironmentAsync(database);
        await CreateAsync(client, "/api/v1/features", id => new { id, displayName = "x", featureType = "BOOLEAN" });
        await AssertPagesAsync(client, "/api/v1/features", Newest("item"));
        await AssertPagesAsync(client, "/api/v1/features?status=ACTIVE&featureType=BOOLEAN", Newest("item"));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Products_and_plans_come_once_newest_first_in_both_directions(DatabaseKind database)
    {
        using var client = await FrozenEnvironmentAsync(database);
        var older = await IdsAsync(client, "/api/v1/products");
        await CreateAsync(client, "/api/v1/products", id => new { id, displayName = "x" });
        await AssertPagesAsync(client, "/api/v1/products", [.. Newest("item"), .. older]);

        await CreateAsync(client, "/api/v1/plans", id => new { id, displayName = "x", productId = "item-3" });
        await AssertPagesAsync(client, "/api/v1/plans?productId=item-3", Newest("item"));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Customers_subscriptions_and_resources_come_once_newest_first_in_both_directions(DatabaseKind database)
    {
        using var client = await FrozenEnvironmentAsync(database);
        await CreateAsync(client, "/api/v1/customers", id => new { id });
        await AssertPagesAsync(client, "/api/v1/customers", Newest("item"));

        await MustAsync(client, "/api/v1/products", new { id = "sites", displayName = "Sites", multipleSubscriptions = true });
        await MustAsync(client, "/api/v1/plans", new { id = "site", displayName = "Site", productId = "sites", pricingType = "FREE" });
        await MustAsync(client, "/api/v1/plans/site/publish", new { migrationType = "NEW_CUSTOMERS" });
        await CreateAsync(
            client, "/api/v1/subscriptions", id => new { id, customerId = "item-7", planId = "site", resourceId = "for-" + id });
        await AssertPagesAsync(client, "/api/v1/subscriptions?customerId=item-7&status=ACTIVE", Newest("item"));
        await AssertPagesAsync(client, "/api/v1/customers/item-7/resources", Newest("for-item"));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Events_come_once_newest_first_in_both_directions(DatabaseKind database)
    {
        using var client = await FrozenEnvironmentAsync(database);
        await CreateAsync(client, "/api/v1/customers", id => new { id });
        var all = (await client.ReadAsync("/tollgate/v1/events?limit=100", Cancellation)).Data.EnumerateArray()
            .Select(item => item.GetProperty("id").GetString()!)
            .ToList();
        Assert.True(all.Count >= Count);
        Assert.Equal(all.Count, all.Distinct(StringComparer.Ordinal).Count());
        await AssertPagesAsync(client, "/tollgate/v1/events", all);
    }

    [Fact]
    public async Task A_list_that_fits_one_page_has_no_cursors_and_an_empty_one_neither()
    {
        using var client = await FrozenEnvironmentAsync(DatabaseKind.Sqlite);
        AssertCursors(await client.ReadAsync("/api/v1/customers", Cancellation), next: false, previous: false);
        await MustAsync(client, "/api/v1/customers", new { id = "only" });
        AssertCursors(await client.ReadAsync("/api/v1/customers?limit=1", Cancellation), next: false, previous: false);
    }

    [Fact]
    public async Task Default_page_has_20_and_the_largest_100()
    {
        using var client = await FrozenEnvironmentAsync(DatabaseKind.Sqlite);
        await CreateAsync(client, "/api/v1/customers", id => new { id });
        Assert.Equal(20, (await IdsAsync(client, "/api/v1/customers")).Count);
        Assert.Equal(Count, (await IdsAsync(client, "/api/v1/customers?limit=100")).Count);
    }

    [Fact]
    public async Task Rows_created_while_walking_neither_hide_nor_repeat_others()
    {
        using var client = await FrozenEnvironmentAsync(DatabaseKind.Sqlite);
        await CreateAsync(client, "/api/v1/customers", id => new { id });
        var first = await client.ReadAsync($"/api/v1/customers?limit={Limit}", Cancellation);
        await MustAsync(client, "/api/v1/customers", new { id = "late" });
        var rest = await WalkAsync(client, "/api/v1/customers", "after", "next", Cursor(first, "next"));
        Assert.Equal(Newest("item"), [.. Ids(first), .. rest]);

        // The page before the second one is still the first, not the newcomer.
        var second = await PageAsync(client, "/api/v1/customers", "after", Cursor(first, "next"));
        Assert.Equal(Ids(first), Ids(await PageAsync(client, "/api/v1/customers", "before", Cursor(second, "prev"))));
    }

    private async Task<HttpClient> FrozenEnvironmentAsync(DatabaseKind database)
    {
        var client = await servers.NewEnvironmentAsync(database, Cancellation);
        var frozen = await client.CallAsync(
            HttpMethod.Post, "/tollgate/v1/test-clock/advance", new { by = "P1D", frozen = true }, Cancellation);
        Assert.True(frozen.Data.GetProperty("frozen").GetBoolean());
        return client;
    }

    private static async Task CreateAsync(HttpClient client, string path, Func<string, object> body)
    {
        for (var i = 1; i <= Count; i++)
            await MustAsync(client, path, body($"item-{i}"));
    }

    private static async Task MustAsync(HttpClient client, string path, object body)
    {
        var answer = await client.CallAsync(HttpMethod.Post, path, body, Cancellation);
        Assert.True(answer.Status is 200 or 201, $"{path}: {answer.Text}");
    }

    private static List<string> Newest(string prefix) =>
        [.. Enumerable.Range(1, Count).Reverse().Select(i => $"{prefix}-{i}")];

    private static async Task AssertPagesAsync(HttpClient client, string list, IReadOnlyList<string> expected)
    {
        Assert.Equal(expected, await WalkAsync(client, list, "after", "next", null));

        // Backwards from the last row: its own page is not part of the walk, the rest comes page by page in reading order.
        var last = await LastPageAsync(client, list);
        var backwards = await WalkBackAsync(client, list, Cursor(last, "prev"));
        Assert.Equal(expected, [.. backwards, .. Ids(last)]);
    }

    /// <summary>All ids from the start, page by page; checks the ends' cursors on the way.</summary>
    private static async Task<List<string>> WalkAsync(
        HttpClient client, string list, string parameter, string follow, string? cursor)
    {
        var ids = new List<string>();
        var isStart = cursor is null;
        do
        {
            var page = await PageAsync(client, list, parameter, cursor);
            Assert.Equal(isStart, Cursor(page, "prev") is null);
            isStart = false;
            Assert.InRange(Ids(page).Count, 1, Limit);
            ids.AddRange(Ids(page));
            cursor = Cursor(page, follow);
        }
        while (cursor is not null && ids.Count <= 2 * Count);
        return ids;
    }

    private static async Task<Answer> LastPageAsync(HttpClient client, string list)
    {
        var page = await PageAsync(client, list, "after", null);
        while (Cursor(page, "next") is { } cursor)
            page = await PageAsync(client, list, "after", cursor);
        return page;
    }

    private static async Task<List<string>> WalkBackAsync(HttpClient client, string list, string? cursor)
    {
        var ids = new List<string>();
        while (cursor is not null && ids.Count <= 2 * Count)
        {
            var page = await PageAsync(client, list, "before", cursor);
            Assert.NotNull(Cursor(page, "next"));
            ids.InsertRange(0, Ids(page));
            cursor = Cursor(page, "prev");
        }

        return ids;
    }

    private static async Task<Answer> PageAsync(HttpClient client, string list, string parameter, string? cursor)
    {
        var separator = list.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        var answer = await client.ReadAsync(
            $"{list}{separator}limit={Limit}{(cursor is null ? "" : $"&{parameter}={cursor}")}", Cancellation);
        Assert.True(answer.Status == 200, $"{list}: {answer.Text}");
        return answer;
    }

    private static async Task<List<string>> IdsAsync(HttpClient client, string path) =>
        Ids(await client.ReadAsync(path, Cancellation));

    private static List<string> Ids(Answer page) =>
        [.. page.Data.EnumerateArray().Select(item => item.GetProperty("id").GetString()!)];

    private static string? Cursor(Answer page, string name)
    {
        var cursor = page.Json.GetProperty("pagination").GetProperty(name);
        return cursor.ValueKind == JsonValueKind.Null ? null : cursor.GetString();
    }

    private static void AssertCursors(Answer page, bool next, bool previous)
    {
        Assert.Equal(next, Cursor(page, "next") is not null);
        Assert.Equal(previous, Cursor(page, "prev") is not null);
    }
}
