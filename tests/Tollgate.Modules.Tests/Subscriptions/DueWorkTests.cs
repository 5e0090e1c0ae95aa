using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions;

/// <summary>The clock starts on 2025-01-15 at 12:00.</summary>
public sealed class DueWorkTests
{
    private static readonly TrialConfiguration TwoDays = new(2, TrialUnits.Day, null, null);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Work_of_several_customers_is_done_in_the_order_it_fell_due(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        await host.PaidPlanAsync("pro", 20, TwoDays);
        await host.CustomerAsync("renews");
        await host.CustomerAsync("tries");
        await host.ProvisionAsync("renews", "basic");
        await host.ProvisionAsync("tries", "pro");

        host.Time.Advance(TimeSpan.FromDays(40));
        var done = await host.RunDueAsync();

        Assert.Equal(4, done);
        Assert.Equal(
            [
                "2025-01-15T12:00:00Z SubscriptionTrialEndsSoon tries",
                "2025-01-17T12:00:00Z SubscriptionTrialExpired tries",
                "2025-02-15T11:00:00Z SubscriptionBillingMonthEndsSoon renews",
                "2025-02-15T12:00:00Z SubscriptionUpdated renews",
                "2025-02-15T12:00:00Z InvoiceIssued renews",
                "2025-02-15T12:00:00Z InvoicePaid renews",
            ],
            await host.EventsAsync(6));
        Assert.Equal(0, await host.RunDueAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Two_runs_at_once_do_every_change_once(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        foreach (var customer in (string[])["a", "b", "c"])
        {
            await host.CustomerAsync(customer);
            await host.ProvisionAsync(customer, "basic");
        }

        host.Time.Advance(TimeSpan.FromDays(31));
        var done = await Task.WhenAll(host.RunDueAsync(), host.RunDueAsync());

        Assert.Equal(6, done.Sum());
        // A notice, a renewal, an invoice issued and paid for each of three.
        Assert.Equal(12, (await host.EventsAsync(100)).Count(e => e.StartsWith("2025-02-15", StringComparison.Ordinal)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Reads_show_what_fell_due_before_any_worker_ran(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("pro", 20, TwoDays);
        await host.CustomerAsync("c");
        var id = (await host.ProvisionAsync("c", "pro")).Subscription().Id;
        var subscriptions = host.Get<SubscriptionUseCases>();

        host.Time.Advance(TimeSpan.FromDays(1));
        var trying = (await subscriptions.RetrieveAsync(host.Scope(), id, Cancellation)).Value;
        host.Time.Advance(TimeSpan.FromDays(1));
        var live = (await subscriptions.ListAsync(
            host.Scope(), new() { Statuses = [SubscriptionStatus.InTrial] }, new(20, null, null), Cancellation)).Value;
        var over = (await subscriptions.RetrieveAsync(host.Scope(), id, Cancellation)).Value;

        Assert.Equal(SubscriptionStatus.InTrial, trying.Subscription.Status);
        Assert.Empty(live.Items);
        Assert.Equal(SubscriptionStatus.Expired, over.Subscription.Status);
        Assert.Equal(CancelReason.TrialEnded, over.Subscription.CancelReason);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Write_after_a_due_change_sees_it_and_is_logged_after_it(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("pro", 20, TwoDays);
        await host.CustomerAsync("c");
        await host.ProvisionAsync("c", "pro");

        host.Time.Advance(TimeSpan.FromDays(3));
        var bought = (await host.ProvisionAsync("c", "pro")).Subscription();

        // Two days of trial are over and were the only ones: the plan is bought.
        Assert.Equal(SubscriptionStatus.Active, bought.Status);
        Assert.Equal(
            [
                "2025-01-15T12:00:00Z SubscriptionTrialEndsSoon c",
                "2025-01-17T12:00:00Z SubscriptionTrialExpired c",
                "2025-01-18T12:00:00Z SubscriptionCreated c",
                "2025-01-18T12:00:00Z InvoiceIssued c",
                "2025-01-18T12:00:00Z InvoicePaid c",
            ],
            await host.EventsAsync(5));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_long_night_is_done_some_customers_at_a_time(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        foreach (var customer in (string[])["a", "b", "c"])
        {
            await host.CustomerAsync(customer);
            await host.ProvisionAsync(customer, "basic");
        }

        // The month ends at noon of February 15; the notices are an hour old then.
        host.Time.Advance(TimeSpan.FromDays(31) - TimeSpan.FromMinutes(1));
        Assert.Equal(3, await host.RunDueAsync());
        host.Time.Advance(TimeSpan.FromMinutes(1));
        var advance = host.Get<AdvanceSubscriptions>();
        var scope = host.Scope();

        Assert.Equal(2, await advance.RunSomeDueAsync(scope.Environment, scope.Now, 2, Cancellation));
        Assert.Equal(scope.Now, await advance.NextDueAsync(scope.EnvironmentId, Cancellation));
        Assert.Equal(1, await advance.RunSomeDueAsync(scope.Environment, scope.Now, 2, Cancellation));
        Assert.Equal(0, await advance.RunSomeDueAsync(scope.Environment, scope.Now, 2, Cancellation));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_customer_whose_due_work_fails_takes_nothing_from_a_list(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("pro", 20, TwoDays);
        await host.CustomerAsync("fine");
        await host.CustomerAsync("broken");
        await host.ProvisionAsync("fine", "pro");
        await host.ProvisionAsync("broken", "pro");
        await host.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                await using var command = session.Connection.CreateCommand();
                command.Transaction = session.Transaction;
                command.CommandText = """
                    UPDATE subscriptions SET body = replace(body, '"ProductId":"product-default"', '"ProductId":"gone"')
                    WHERE customer_id = 'broken'
                    """;
                Assert.Equal(1, await command.ExecuteNonQueryAsync(Cancellation));
                return true;
            },
            Cancellation);

        host.Time.Advance(TimeSpan.FromDays(3));
        var listed = (await host.Get<SubscriptionUseCases>().ListAsync(
            host.Scope(), new(), new(20, null, null), Cancellation)).Value.Items;

        Assert.Equal(
            [("broken", SubscriptionStatus.InTrial), ("fine", SubscriptionStatus.Expired)],
            listed.Select(s => (s.Subscription.CustomerId.Value, s.Subscription.Status)).Order());
        await Assert.ThrowsAsync<AggregateException>(host.RunDueAsync);
    }
}
