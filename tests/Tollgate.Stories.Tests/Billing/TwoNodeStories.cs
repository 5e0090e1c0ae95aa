using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>Two processes on one PostgreSQL database that find the same work due.</summary>
public sealed class TwoNodeStories(StoryServers servers)
{
    [Fact]
    public async Task Period_rolls_once_and_is_billed_once_whoever_comes_first()
    {
        var (story, other) = await servers.NewStoryOnTwoNodesAsync("2040-01-31T00:00:00Z");
        await story.PlanAsync(new("pro", Price.Flat(49)));
        string[] customers = [.. Enumerable.Range(1, 8).Select(n => $"c{n}")];
        foreach (var customer in customers)
        {
            await story.CustomerAsync(customer);
            await story.SubscribeAsync(customer, "pro");
        }

        // Both are told to go to the same instant at the same time, month by month.
        foreach (var month in (string[])["2040-02-29", "2040-03-31", "2040-04-30", "2040-05-31"])
        {
            await Task.WhenAll(
                story.AdvanceAsync(new { to = $"{month}T00:00:00Z" }), other.AdvanceAsync(new { to = $"{month}T00:00:00Z" }));
        }

        var numbers = new List<int>();
        foreach (var customer in customers)
        {
            var bills = await other.BillsAsync(customer);
            Assert.Equal(
                ["2040-01-31", "2040-02-29", "2040-03-31", "2040-04-30", "2040-05-31"], bills.Select(bill => bill[..10]));
            numbers.AddRange(bills.Select(bill => int.Parse(bill.Split('#', ' ')[2], System.Globalization.CultureInfo.InvariantCulture)));
            Assert.Equal(4, (await story.EventsAsync(customer, "SUBSCRIPTION_UPDATED")).Count);
            Assert.Equal(["ACTIVE pro 2040-05-31..2040-06-30"], await story.StatesAsync(customer));
        }

        // Eight customers, five bills each, numbered without a gap.
        Assert.Equal(Enumerable.Range(1, 40), numbers.Order());
    }
}
