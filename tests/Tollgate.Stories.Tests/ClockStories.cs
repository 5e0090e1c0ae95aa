using Tollgate.Storage;

namespace Tollgate.Stories.Tests;

/// <summary>The clock of a development environment, moved, stopped and released.</summary>
public sealed class ClockStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Frozen_clock_stands_still_until_it_is_released(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-01T00:00:00Z");
        Assert.Equal("2040-01-01T00:00:00.000Z", await NowAsync(story));

        // Moved without a word about freezing it stays frozen; released it runs on from where it stood.
        await story.AdvanceAsync(new { by = "P1M" });
        Assert.Equal("2040-02-01T00:00:00.000Z", await NowAsync(story));
        Assert.Equal("2040-02-01T00:00:00.000Z", await NowAsync(story));
        var released = await story.PostAsync("/tollgate/v1/test-clock/advance", new { frozen = false });
        Assert.False(released.GetProperty("frozen").GetBoolean());
        Assert.Equal("2040-02-01T00:00:00.000Z", released.GetProperty("now").GetString());
        var running = await NowAsync(story);
        Assert.StartsWith("2040-02-01T00:", running, StringComparison.Ordinal);

        var stopped = await story.PostAsync("/tollgate/v1/test-clock/advance", new { frozen = true });
        Assert.True(stopped.GetProperty("frozen").GetBoolean());
        Assert.Equal(stopped.GetProperty("now").GetString(), await NowAsync(story));
    }

    private static async Task<string> NowAsync(Story story) =>
        (await story.GetAsync("/tollgate/v1/test-clock")).GetProperty("now").GetString()!;
}
