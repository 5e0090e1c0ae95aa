using Tollgate.Storage;

namespace Tollgate.Stories.Tests.Usage;

/// <summary>Usage windows over many months, counted from their anchors (spec entitlements-and-usage 5).</summary>
public sealed class UsageWindowStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Monthly_usage_starts_again_on_the_clamped_day_for_fourteen_months(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2041-01-31T18:30:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/customers", new { id = "ann" });
        await story.ProvisionAsync(new { customerId = "ann", planId = "basic", billingPeriod = "MONTHLY" });

        // 2041 is no leap year; the anchor's day is cut to midnight, its month day to what the month has.
        string[] starts =
        [
            "2041-01-31", "2041-02-28", "2041-03-31", "2041-04-30", "2041-05-31", "2041-06-30", "2041-07-31", "2041-08-31",
            "2041-09-30", "2041-10-31", "2041-11-30", "2041-12-31", "2042-01-31", "2042-02-28", "2042-03-31",
        ];
        for (var month = 0; month < 14; month++)
        {
            if (month > 0)
            {
                // Just before midnight the old window still counts; at midnight it is over.
                await story.AdvanceAsync(new { to = $"{DayBefore(starts[month])}T23:59:59.999Z" });
                Assert.Equal(
                    $"granted {month}/100 {starts[month - 1]}..{starts[month]}", await story.SayAsync("ann", "calls", 100 - month));
                await story.AdvanceAsync(new { to = $"{starts[month]}T00:00:00Z" });
            }

            Assert.Equal($"granted 0/100 {starts[month]}..{starts[month + 1]}", await story.SayAsync("ann", "calls", 100));
            var report = await story.ReportAsync("ann", "calls", month + 1);
            Assert.Equal(month + 1, report.GetProperty("currentUsage").GetInt32());
            Assert.Equal($"{starts[month + 1]}T00:00:00.000Z", report.GetProperty("nextResetDate").GetString());
        }
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Late_reports_land_in_their_own_window_and_leave_the_current_one_alone(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-03-10T09:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/customers", new { id = "late" });
        await story.ProvisionAsync(new { customerId = "late", planId = "basic", billingPeriod = "ANNUALLY" });
        await story.ReportAsync("late", "calls", 40);
        await story.AdvanceAsync(new { to = "2040-04-12T00:00:00Z" });
        await story.ReportAsync("late", "calls", 5);

        var late = await story.ReportAsync("late", "calls", 30, "2040-03-20T00:00:00Z");

        Assert.Equal(5, late.GetProperty("currentUsage").GetInt32());
        Assert.Equal("2040-03-20T00:00:00.000Z", late.GetProperty("timestamp").GetString());
        Assert.Equal("2040-04-12T00:00:00.000Z", late.GetProperty("createdAt").GetString());
        Assert.Equal("granted 5/100 2040-04-10..2040-05-10", await story.SayAsync("late", "calls", 95));
        var history = await story.GetAsync(
            "/api/v1/usage/late/history/calls?startDate=2040-03-10T00:00:00Z&endDate=2040-04-12T00:00:00Z");
        var points = history.GetProperty("series")[0].GetProperty("points").EnumerateArray().ToDictionary(
            p => $"{p.GetProperty("timestamp").GetString()![..10]}{(p.GetProperty("isResetPoint").GetBoolean() ? " reset" : "")}",
            p => p.GetProperty("value").GetInt32());
        Assert.Equal(40, points["2040-03-19"]);
        Assert.Equal(70, points["2040-03-21"]);
        Assert.Equal(0, points["2040-04-10 reset"]);
        Assert.Equal(5, points["2040-04-12"]);
        Assert.Equal("PERIODIC_RESET", history.GetProperty("markers")[0].GetProperty("type").GetString());
        Assert.Equal("2040-04-10T00:00:00.000Z", history.GetProperty("markers")[0].GetProperty("timestamp").GetString());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Yearly_usage_bought_on_a_leap_day_resets_on_the_28th_until_the_next_one(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-02-29T12:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/plans/basic/draft", new { });
        await story.PatchAsync(
            "/api/v1/plans/basic/entitlements/calls", new { type = "FEATURE", usageLimit = 1000, resetPeriod = "YEAR" });
        await story.PostAsync("/api/v1/plans/basic/publish", new { migrationType = "NEW_CUSTOMERS" });
        await story.PostAsync("/api/v1/customers", new { id = "leap" });
        await story.ProvisionAsync(new { customerId = "leap", planId = "basic", billingPeriod = "MONTHLY" });

        await story.ReportAsync("leap", "calls", 900);
        await story.AdvanceAsync(new { to = "2041-02-27T23:59:00Z" });
        Assert.Equal("RequestedUsageExceedingLimit 900/1000 2040-02-29..2041-02-28", await story.SayAsync("leap", "calls", 101));
        await story.AdvanceAsync(new { to = "2041-02-28T00:00:00Z" });
        Assert.Equal("granted 0/1000 2041-02-28..2042-02-28", await story.SayAsync("leap", "calls", 1000));
        await story.AdvanceAsync(new { to = "2044-02-28T12:00:00Z" });
        Assert.Equal("granted 0/1000 2043-02-28..2044-02-29", await story.SayAsync("leap", "calls"));
        await story.AdvanceAsync(new { to = "2044-02-29T00:00:00Z" });
        Assert.Equal("granted 0/1000 2044-02-29..2045-02-28", await story.SayAsync("leap", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Upgrade_starts_usage_at_zero_and_history_says_why(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2041-03-01T10:00:00Z");
        await story.CatalogAsync();
        await story.PostAsync("/api/v1/customers", new { id = "c1" });
        await story.ProvisionAsync(new { customerId = "c1", planId = "free" });
        await story.ReportAsync("c1", "calls", 10);
        Assert.Equal("granted 10/10 2041-03-01..2041-04-01", await story.SayAsync("c1", "calls"));
        Assert.Equal("RequestedUsageExceedingLimit 10/10 2041-03-01..2041-04-01", await story.SayAsync("c1", "calls", 1));

        await story.AdvanceAsync(new { to = "2041-03-20T10:13:00Z" });
        await story.ProvisionAsync(new { customerId = "c1", planId = "basic", billingPeriod = "MONTHLY" });

        // The window starts at midnight of the day, the usage at the instant of the upgrade.
        Assert.Equal("granted 0/100 2041-03-20..2041-04-20", await story.SayAsync("c1", "calls", 100));
        await story.ReportAsync("c1", "calls", 3, "2041-03-20T10:12:59Z");
        Assert.Equal("granted 0/100 2041-03-20..2041-04-20", await story.SayAsync("c1", "calls"));
        await story.ReportAsync("c1", "calls", 4);
        Assert.Equal("granted 4/100 2041-03-20..2041-04-20", await story.SayAsync("c1", "calls"));
        var history = await story.GetAsync(
            "/api/v1/usage/c1/history/calls?startDate=2041-03-20T00:00:00Z&endDate=2041-03-21T00:00:00Z");
        Assert.Equal(
            ["2041-03-20T10:13:00.000Z SUBSCRIPTION_CHANGE_RESET"],
            history.GetProperty("markers").EnumerateArray()
                .Where(m => m.GetProperty("type").GetString() != "PERIODIC_RESET")
                .Select(m => $"{m.GetProperty("timestamp").GetString()} {m.GetProperty("type").GetString()}"));
    }

    private static string DayBefore(string day) =>
        DateOnly.ParseExact(day, "yyyy-MM-dd").AddDays(-1).ToString("yyyy-MM-dd");
}
