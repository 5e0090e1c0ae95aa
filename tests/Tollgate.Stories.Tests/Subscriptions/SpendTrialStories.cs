using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Subscriptions;

/// <summary>Trials that last as long as their budget is not used up (spec catalog 11): 30 a month, a token costs 2.</summary>
public sealed class SpendTrialStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Trial_goes_on_for_months_until_it_is_bought(DatabaseKind database)
    {
        var story = await StartAsync(database, hasSoftLimit: false);
        var id = await story.SubscribeAsync("ann", "tried");
        Assert.Equal("IN_TRIAL tried 2040-06-01..", await story.StateAsync(id));
        await story.ReportAsync("ann", "tokens", 4);
        await story.AdvanceAsync(new { to = "2040-08-10T00:00:00Z" });
        Assert.StartsWith("granted", await story.SayAsync("ann", "tokens"), StringComparison.Ordinal);

        // 4 x 2 of June and 1 x 2 of August: 10 of 10. The trial stays a trial, and what is not charged by usage stays too.
        await story.ReportAsync("ann", "tokens", 1);
        Assert.StartsWith("BudgetExceeded", await story.SayAsync("ann", "tokens"), StringComparison.Ordinal);
        Assert.StartsWith("granted", await story.SayAsync("ann", "calls"), StringComparison.Ordinal);
        Assert.Equal("IN_TRIAL tried 2040-06-01..", await story.StateAsync(id));
        var next = await story.GetAsync($"/tollgate/v1/subscriptions/{id}/next-invoice");
        Assert.Equal(JsonValueKind.Null, next.GetProperty("invoice").ValueKind);

        var preview = await story.PostAsync("/api/v1/subscriptions/preview", Bought);
        Assert.Equal(
            "Tried - base fee 30.00 | subTotal 30.00 total 30.00",
            BillTelling.SayPreview(preview.GetProperty("immediateInvoice")));
        await story.PostAsync("/api/v1/subscriptions", Bought);

        Assert.Equal("ACTIVE tried 2040-08-10..2040-09-10", await story.StateAsync(id));
        Assert.StartsWith("granted", await story.SayAsync("ann", "tokens"), StringComparison.Ordinal);
        Assert.Equal(
            ["2040-08-10 #1 PAID SUBSCRIPTION_CREATION | Tried - base fee 30.00 | total 30.00 due 30.00"],
            await story.BillsAsync("ann"));
        Assert.Equal(
            [
                "2040-06-01T00:00:00Z SUBSCRIPTION_CREATED",
                "2040-06-01T00:00:00Z SUBSCRIPTION_TRIAL_STARTED",
                "2040-06-01T00:00:00Z SUBSCRIPTION_SPENT_LIMIT_EXCEEDED",
                "2040-08-10T00:00:00Z SUBSCRIPTION_SPENT_LIMIT_EXCEEDED",
                "2040-08-10T00:00:00Z SUBSCRIPTION_TRIAL_CONVERTED",
            ],
            (await story.EventsAsync("ann")).Where(e => e.Contains(" SUBSCRIPTION_", StringComparison.Ordinal)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Soft_one_is_given_an_end_and_expires_there(DatabaseKind database)
    {
        var story = await StartAsync(database, hasSoftLimit: true);
        var id = await story.SubscribeAsync("ann", "tried");
        await story.ReportAsync("ann", "tokens", 50);
        Assert.StartsWith("granted", await story.SayAsync("ann", "tokens"), StringComparison.Ordinal);
        Assert.Equal(
            "400 TrialMustBeCancelledImmediately",
            await story.RefusedAsync(
                HttpMethod.Post, $"/api/v1/subscriptions/{id}/cancel", new { cancellationTime = "END_OF_BILLING_PERIOD" }));
        Assert.Equal(
            "400 InvalidArgumentError",
            await story.RefusedAsync(HttpMethod.Patch, $"/api/v1/subscriptions/{id}", new { budget = (object?)null }));

        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });
        await story.UpdateAsync(id, new { trialEndDate = "2040-07-20T00:00:00Z" });
        Assert.Equal("IN_TRIAL tried 2040-06-01..2040-07-20 trial to 2040-07-20", await story.StateAsync(id));
        await story.AdvanceAsync(new { to = "2040-08-01T00:00:00Z" });

        Assert.Equal("EXPIRED tried 2040-06-01..2040-07-20 TRIAL_ENDED", await story.StateAsync(id));
        Assert.Equal(
            ["2040-07-13T00:00:00Z SUBSCRIPTION_TRIAL_ENDS_SOON"],
            await story.EventsAsync("ann", "SUBSCRIPTION_TRIAL_ENDS_SOON"));
        Assert.Empty(await story.BillsAsync("ann"));
        // One trial a customer and product: the next provisioning is bought.
        Assert.Equal("ACTIVE tried 2040-08-01..2040-09-01", await story.StateAsync(await story.SubscribeAsync("ann", "tried")));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task One_that_starts_later_is_followed_by_the_plan_bought_over_it(DatabaseKind database)
    {
        var story = await StartAsync(database, hasSoftLimit: false);
        await story.PlanAsync(new("other", Price.Flat(90)));
        var id = await story.SubscribeAsync("ann", "tried", with: new { startDate = "2040-06-10T00:00:00Z" });
        var again = await story.SubscribeAsync("ann", "tried", with: new { startDate = "2040-06-10T00:00:00Z" });
        Assert.Equal(id, again);
        await story.AdvanceAsync(new { to = "2040-06-15T00:00:00Z" });
        Assert.Equal("IN_TRIAL tried 2040-06-10..", await story.StateAsync(id));

        await story.SubscribeAsync("ann", "other");

        Assert.Equal(
            [
                "CANCELED tried 2040-06-10.. canceled at 2040-06-15 TRIAL_CONVERTED",
                "ACTIVE other 2040-06-15..2040-07-15",
            ],
            await story.StatesAsync("ann"));
    }

    private static object Bought => new
    {
        customerId = "ann",
        planId = "tried",
        billingPeriod = "MONTHLY",
        trialOverrideConfiguration = new { isTrial = false },
    };

    private async Task<Story> StartAsync(DatabaseKind database, bool hasSoftLimit)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("tokens");
        await story.MeterAsync("calls");
        await story.PlanAsync(new("tried", Price.Flat(30), Price.Usage("tokens", 2).Monthly())
        {
            Limits = [Included.Units("calls", 5, "MONTH")],
        });
        await story.PutAsync(
            "/tollgate/v1/plans/tried/trial", new { budget = new { limit = 10, hasSoftLimit } });
        await story.PublishAsync("plans", "tried");
        // The public contract has no trial without a duration.
        Assert.Equal(
            JsonValueKind.Null, (await story.GetAsync("/api/v1/plans/tried")).GetProperty("defaultTrialConfig").ValueKind);
        await story.CustomerAsync("ann");
        return story;
    }
}
