using Tollgate.Storage;

namespace Tollgate.Stories.Tests.Usage;

/// <summary>Usage reports as events (spec webhooks 8).</summary>
public sealed class MeasurementEventStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Every_report_is_an_event_with_what_it_did(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.CatalogAsync();
        foreach (var customer in (string[])["ann", "ben"])
        {
            await story.PostAsync("/api/v1/customers", new { id = customer });
            await story.ProvisionAsync(new { customerId = customer, planId = "free" });
        }

        var first = await story.ReportAsync("ann", "calls", 4);
        await story.ReportAsync("ben", "calls", 9);
        await story.AdvanceAsync(new { by = "PT1H" });
        await story.ReportAsync("ann", "calls", 2, "2040-06-01T00:30:00Z", "SET");

        var events = await story.GetAsync("/tollgate/v1/events?type=MEASUREMENT_REPORTED&customerId=ann");
        Assert.Equal(
            [
                "2040-06-01T01:00:00.000Z SET 2 at 2040-06-01T00:30:00Z -> 2",
                "2040-06-01T00:00:00.000Z DELTA 4 at 2040-06-01T00:00:00Z -> 4",
            ],
            events.EnumerateArray().Select(e =>
                $"{e.GetProperty("occurredAt").GetString()} {Fact(e, "updateBehavior")} {Fact(e, "value")} at "
                + $"{Fact(e, "timestamp")} -> {Fact(e, "currentUsage")}"));
        Assert.Equal("APP_SERVER", events[0].GetProperty("actor").GetProperty("type").GetString());
        Assert.Equal(first.GetProperty("id").GetString(), events[1].GetProperty("entityId").GetString());

        var trace = events[1].GetProperty("traceId").GetString();
        var traced = await story.GetAsync($"/tollgate/v1/events?type=MEASUREMENT_REPORTED&traceId={trace}");
        Assert.Equal([events[1].GetProperty("id").GetString()], traced.EnumerateArray().Select(e => e.GetProperty("id").GetString()));
        Assert.DoesNotContain("MEASUREMENT_REPORTED", string.Join(' ', await story.EventsAsync("ann")));

        static string? Fact(System.Text.Json.JsonElement e, string name) => e.GetProperty("facts").GetProperty(name).GetString();
    }
}
