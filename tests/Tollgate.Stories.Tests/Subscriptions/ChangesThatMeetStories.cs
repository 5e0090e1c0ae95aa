using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Subscriptions;

/// <summary>Changes that meet one another, a planned end, or an edge of the calendar (spec subscriptions 3 to 9).</summary>
public sealed class ChangesThatMeetStories(StoryServers servers)
{
    private static readonly object AtEnd = new { cancellationTime = "END_OF_BILLING_PERIOD" };

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Fewer_seats_after_a_shorter_period_renew_as_one_bill(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.PlanAsync(new("team", Price.PerUnit("seats", 10, 100)));
        await story.PatchAsync("/tollgate/v1/products/product-default", new { downgradeAtEndOfBillingPeriod = true });
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "team", "ANNUALLY", new { charges = Committed.Units(("seats", 5)) });

        await story.UpdateAsync(id, new { billingPeriod = "MONTHLY" });
        await story.UpdateAsync(id, new { billingPeriod = "ANNUALLY" });
        Assert.Empty(await story.FutureAsync(id));
        await story.UpdateAsync(id, new { billingPeriod = "MONTHLY" });
        await story.UpdateAsync(id, new { charges = Committed.Units(("seats", 3)) });
        Assert.Equal(
            ["BILLING_PERIOD SCHEDULED 2041-06-01", "UNIT_AMOUNT SCHEDULED 2041-06-01"], await story.FutureAsync(id));
        await story.AdvanceAsync(new { to = "2041-06-01T00:00:00Z" });

        Assert.Equal("ACTIVE team 2041-06-01..2041-07-01", await story.StateAsync(id));
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Team - Seats 5 x 100 = 500.00 | total 500.00 due 500.00",
                "2041-06-01 #2 PAID BILLING_CYCLE | Team - Seats 3 x 10 = 30.00 | total 30.00 due 30.00",
            ],
            await story.BillsAsync("ann"));
    }

    /// <summary>June 1 to July 1 is half over; the year that is bought brings its own minimum and its own end.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Year_bought_while_the_end_is_planned_is_used_up_at_its_own_minimum(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PlanAsync(new("pro", Price.Flat(30, 300))
        {
            MinimumSpend = [("MONTHLY", 100), ("ANNUALLY", 1000)],
        });
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "pro");
        await story.CancelAsync(id, AtEnd);
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        await story.UpdateAsync(id, new { billingPeriod = "ANNUALLY" });
        Assert.Equal("ACTIVE pro 2040-06-16..2041-06-16 canceled at 2041-06-16", await story.StateAsync(id));
        await story.AdvanceAsync(new { to = "2041-07-01T00:00:00Z" });

        Assert.Equal(
            "CANCELED pro 2040-06-16..2041-06-16 canceled at 2041-06-16 ScheduledCancellation", await story.StateAsync(id));
        var bills = await story.BillsAsync("ann");
        Assert.Equal(2, bills.Count);
        // 300 + 1000 - 15 unused.
        Assert.EndsWith("total 1285.00 due 1285.00", bills[1], StringComparison.Ordinal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Trial_ended_by_call_needs_the_means_to_pay_as_at_its_end(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.PatchAsync("/tollgate/v1/billing", new { paymentMethodRequired = true });
        await story.PlanAsync(new("pro", Price.Flat(30))
        {
            Trial = new
            {
                duration = 14,
                units = "DAY",
                budget = new { limit = 10, hasSoftLimit = false },
                trialEndBehavior = "CONVERT_TO_PAID",
            },
        });
        await story.CustomerAsync("ann");
        await story.CustomerAsync("ben");
        await story.PayWithAsync("ben", "pm_ok");
        var without = await story.SubscribeAsync("ann", "pro");
        var with = await story.SubscribeAsync("ben", "pro");

        await story.UpdateAsync(without, new { trialEndDate = "2040-05-01T00:00:00Z" });
        var paid = await story.UpdateAsync(with, new { trialEndDate = "2040-05-01T00:00:00Z" });

        Assert.StartsWith("EXPIRED pro", await story.StateAsync(without), StringComparison.Ordinal);
        Assert.Empty(await story.BillsAsync("ann"));
        Assert.Equal("ACTIVE pro 2040-06-01..2040-07-01", await story.StateAsync(with));
        // The budget was the trial's.
        Assert.Equal(System.Text.Json.JsonValueKind.Null, paid.GetProperty("budget").ValueKind);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Backdated_start_on_a_plan_with_a_trial_is_no_trial(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-16T00:00:00Z");
        await story.PlanAsync(new("pro", Price.Flat(30)) { Trial = new { duration = 14, units = "DAY" } });
        await story.CustomerAsync("ann");
        await story.CustomerAsync("ben");
        var id = await story.SubscribeAsync("ann", "pro", with: new { startDate = "2040-05-01T00:00:00Z" });
        var yesterday = await story.SubscribeAsync("ben", "pro", with: new
        {
            startDate = "2040-06-15T00:00:00Z",
            billingInformation = new { isBackdated = true },
        });

        Assert.Equal("ACTIVE pro 2040-06-01..2040-07-01", await story.StateAsync(id));
        Assert.Equal("ACTIVE pro 2040-06-15..2040-07-15", await story.StateAsync(yesterday));
        Assert.Empty(await story.BillsAsync("ann"));
        Assert.Empty(await story.BillsAsync("ben"));
    }

    /// <summary>Whatever is refused, lists and the log can be read afterwards.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Dates_and_sizes_beyond_all_bounds_are_refused_and_break_nothing(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("seats", "FLUCTUATING");
        await story.PlanAsync(new("pro", Price.PerUnit("seats", 10)));
        await story.CustomerAsync("ann");
        var id = await story.SubscribeAsync("ann", "pro");
        var path = $"/api/v1/subscriptions/{id}";

        Assert.Equal("400 BadUserInput", await ChangeAsync(new { appliedCoupon = Discount(12, "9999-06-01T00:00:00Z") }));
        Assert.Equal("400 BadUserInput", await ChangeAsync(new
        {
            appliedCoupon = Discount(3_000_000_000, "2040-06-01T00:00:00Z"),
        }));
        Assert.Equal("400 InvalidQuantity", await ChangeAsync(new
        {
            charges = new[] { new { type = "FEATURE", id = "seats", quantity = 1e20m } },
        }));
        Assert.Equal("400 InvalidArgumentError", await story.RefusedAsync(
            HttpMethod.Patch, "/api/v1/plans/pro", new { defaultTrialConfig = new { duration = 1e27m, units = "MONTH" } }));
        // In the calendar to its last day.
        await story.UpdateAsync(id, new { appliedCoupon = Discount(6, "9999-06-01T00:00:00Z") });
        await story.CustomerAsync("ben");
        var last = await story.SubscribeAsync("ben", "pro", with: new { startDate = "9999-12-31T00:00:00Z" });
        await story.CancelAsync(last, AtEnd);

        Assert.Equal(2, (await story.GetAsync("/api/v1/subscriptions")).GetArrayLength());
        Assert.Equal("ACTIVE pro 2040-06-01..2040-07-01", await story.StateAsync(id));
        Assert.NotEmpty(await story.EventsAsync("ben"));

        Task<string> ChangeAsync(object change) => story.RefusedAsync(HttpMethod.Patch, path, change);
        static object Discount(long months, string start) => new
        {
            discount = new { percentOff = 10, durationInMonths = months },
            configuration = new { startDate = start },
        };
    }
}
