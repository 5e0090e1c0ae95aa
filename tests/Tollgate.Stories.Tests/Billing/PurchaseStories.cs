using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>Ways to buy, and not to pay (spec subscriptions 5.4, 6.2, 6.6 and 8.1).</summary>
public sealed class PurchaseStories(StoryServers servers)
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Hosted_checkout_sells_what_nobody_has_a_card_for(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.PatchAsync("/tollgate/v1/billing", new { paymentMethodRequired = true, taxPercentage = 10 });

        var asked = await story.PostAsync("/api/v1/subscriptions", new
        {
            customerId = "ann",
            planId = "pro",
            billingPeriod = "MONTHLY",
            id = "sub-ann",
            billingInformation = new { integrationId = "builtin" },
        });

        Assert.Equal("PAYMENT_REQUIRED", asked.GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, asked.GetProperty("subscription").ValueKind);
        Assert.Equal("sub-ann", asked.GetProperty("id").GetString());
        var page = asked.GetProperty("checkoutUrl").GetString()!;
        Assert.Contains("declined", await story.FillInAsync(page, Card("4000000000000002")), StringComparison.Ordinal);
        Assert.Equal("404 SubscriptionNotFound", await story.RefusedAsync(HttpMethod.Get, "/api/v1/subscriptions/sub-ann"));
        Assert.Empty(await story.BillsAsync("ann"));

        Assert.Contains("Thank you", await story.FillInAsync(page, Card("4242424242424242")), StringComparison.Ordinal);
        await story.FillInAsync(page, Card("4242424242424242"));
        Assert.Equal("ACTIVE pro 2040-06-01..2040-07-01", await story.StateAsync("sub-ann"));
        Assert.Equal("granted 0/5", Usage(await story.SayAsync("ann", "calls")));
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        // 90 and 10 % on top; the card is kept and pays the renewal.
        Assert.Equal(
            [
                "2040-06-01 #1 PAID SUBSCRIPTION_CREATION | Pro - base fee 90.00 | tax 9.00 total 99.00 due 99.00",
                "2040-07-01 #2 PAID BILLING_CYCLE | Pro - base fee 90.00 | tax 9.00 total 99.00 due 99.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Method_none_manages_access_and_bills_nothing(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.PatchAsync("/tollgate/v1/billing", new { paymentMethodRequired = true });
        var id = await story.SubscribeAsync("ann", "basic", with: new { paymentCollectionMethod = "NONE" });
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });

        await story.SubscribeAsync("ann", "pro");
        Assert.Equal("granted 0/5", Usage(await story.SayAsync("ann", "calls")));
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });
        Assert.Equal("ACTIVE pro 2040-07-01..2040-08-01", await story.StateAsync(id));
        await story.CancelAsync(id);

        Assert.Empty(await story.BillsAsync("ann"));
        Assert.Equal("", await story.BalanceAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Trial_budget_stops_pay_as_you_go_and_costs_nothing(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.PlanAsync(new("tried", Price.Flat(30), Price.Usage("tokens", 2).Monthly())
        {
            Trial = new
            {
                duration = 10,
                units = "DAY",
                budget = new { limit = 10, hasSoftLimit = false },
                trialEndBehavior = "CONVERT_TO_PAID",
            },
        });
        var id = await story.SubscribeAsync("ann", "tried");
        await story.ReportAsync("ann", "tokens", 4);
        Assert.StartsWith("granted", await story.SayAsync("ann", "tokens"), StringComparison.Ordinal);
        await story.ReportAsync("ann", "tokens", 1);

        // 5 x 2 = 10 of 10.
        Assert.StartsWith("BudgetExceeded", await story.SayAsync("ann", "tokens"), StringComparison.Ordinal);
        Assert.StartsWith("IN_TRIAL tried", await story.StateAsync(id), StringComparison.Ordinal);
        await story.AdvanceAsync(new { to = "2040-07-11T00:00:00Z" });

        Assert.Equal("ACTIVE tried 2040-07-11..2040-08-11", await story.StateAsync(id));
        Assert.Equal(
            [
                "2040-06-11 #1 PAID SUBSCRIPTION_CREATION | Tried - base fee 30.00 | total 30.00 due 30.00",
                "2040-07-11 #2 PAID BILLING_CYCLE | Tried - base fee 30.00 | Tried - Tokens 0 x 2 = 0.00 "
                    + "| total 30.00 due 30.00",
            ],
            await story.BillsAsync("ann"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Direction_goes_by_the_lowest_price_a_month(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.PlanAsync(new("ten", Price.Flat(10)));
        await story.PlanAsync(new("nine", Price.Flat(9, 84)));
        await story.PlanAsync(new("same", Price.Flat(10)));
        await story.PatchAsync("/tollgate/v1/products/product-default", new { downgradeAtEndOfBillingPeriod = true });
        var id = await story.SubscribeAsync("ann", "ten");

        // 84 / 12 = 7 a month is the start of nine: a downgrade, which waits. What costs the same is neither and is for now.
        await story.SubscribeAsync("ann", "nine");
        Assert.Equal(["DOWNGRADE SCHEDULED 2040-07-01"], await story.FutureAsync(id));
        await story.SubscribeAsync("ann", "same");
        Assert.Equal("ACTIVE same 2040-06-01..2040-07-01", await story.StateAsync(id));
        await story.SubscribeAsync("ann", "pro");

        Assert.Equal("ACTIVE pro 2040-06-01..2040-07-01", await story.StateAsync(id));
        Assert.Empty(await story.FutureAsync(id));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_starts_again_with_another_plan_as_the_product_says(DatabaseKind database)
    {
        (string Rule, string AfterPlan, string AfterPeriod)[] cases =
        [
            ("ALWAYS_RESET", "granted 0/5", "granted 0/5"),
            ("NEVER_RESET", "granted 1/5", "granted 1/5"),
            ("BILLING_PERIOD_CHANGE", "granted 1/5", "granted 0/5"),
        ];
        foreach (var (rule, plan, period) in cases)
        {
            var story = await StartAsync(database);
            await story.PatchAsync(
                "/api/v1/products/product-default", new { usageResetCutoffRule = new { behavior = rule } });
            var id = await story.SubscribeAsync("ann", "basic");
            await story.ReportAsync("ann", "calls", 1);
            await story.AdvanceAsync(new { to = "2040-06-02T00:00:00Z" });

            await story.SubscribeAsync("ann", "pro");
            Assert.Equal(plan, Usage(await story.SayAsync("ann", "calls")));
            await story.AdvanceAsync(new { to = "2040-06-03T00:00:00Z" });
            await story.UpdateAsync(id, new { billingPeriod = "ANNUALLY" });
            Assert.Equal(period, Usage(await story.SayAsync("ann", "calls")));
        }
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_of_the_instant_of_a_change_is_that_of_the_new_plan(DatabaseKind database)
    {
        var story = await StartAsync(database);
        await story.PlanAsync(new("one", Price.Flat(10), Price.Usage("tokens", 1).Monthly()));
        await story.PlanAsync(new("two", Price.Flat(10), Price.Usage("tokens", 2).Monthly()));
        await story.SubscribeAsync("ann", "one");
        await story.AdvanceAsync(new { to = "2040-06-15T23:59:59.999Z" });
        await story.ReportAsync("ann", "tokens", 3);
        await story.AdvanceAsync(new { to = "2040-06-16T00:00:00Z" });
        await story.ReportAsync("ann", "tokens", 5);

        await story.SubscribeAsync("ann", "two");
        await story.AdvanceAsync(new { to = "2040-07-01T00:00:00Z" });

        Assert.Equal(
            ["2040-07-01 #2 PAID BILLING_CYCLE | Two - base fee 10.00 | One - Tokens 3 x 1 = 3.00 | Two - Tokens 5 x 2 = 10.00 "
                + "| total 23.00 due 23.00"],
            await story.BillsFromAsync("ann", 2));
    }

    private async Task<Story> StartAsync(DatabaseKind database)
    {
        var story = await servers.NewStoryAsync(database, "2040-06-01T00:00:00Z");
        await story.MeterAsync("calls");
        await story.MeterAsync("tokens");
        await story.PlanAsync(new("basic", Price.Flat(30, 300)) { Limits = [Included.Units("calls", 1, "MONTH")] });
        await story.PlanAsync(new("pro", Price.Flat(90, 900)) { Limits = [Included.Units("calls", 5, "MONTH")] });
        await story.CustomerAsync("ann");
        return story;
    }

    private static string Usage(string check) => string.Join(' ', check.Split(' ').Take(2));

    private static Dictionary<string, string> Card(string number) => new()
    {
        ["cardNumber"] = number,
        ["amountDue"] = "99",
    };
}
