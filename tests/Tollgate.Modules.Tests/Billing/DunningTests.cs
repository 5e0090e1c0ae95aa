using Tollgate.Domain.Billing;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

/// <summary>The clock starts on 2025-01-15 at 12:00; retries come 3, 5 and 7 days after one another.</summary>
public sealed class DunningTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Failed_renewal_is_retried_on_schedule_and_then_given_up(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        var failed = await FailedRenewalAsync(host);

        host.Time.Advance(TimeSpan.FromDays(40));
        var done = await host.RunDueAsync();
        var over = await host.ReadAsync(failed);

        // Three retries and the end.
        Assert.Equal(4, done);
        Assert.Equal((InvoiceStatus.Uncollectible, 4, 3), (over.Status, over.AttemptCount, over.RetryCount));
        Assert.Null(over.NextAttemptAt);
        Assert.Equal(
            [
                "2025-01-15T12:00:00Z InvoiceIssued",
                "2025-01-15T12:00:00Z CustomerPaymentFailed",
                "2025-01-18T12:00:00Z CustomerPaymentFailed",
                "2025-01-23T12:00:00Z CustomerPaymentFailed",
                "2025-01-30T12:00:00Z CustomerPaymentFailed",
                "2025-01-30T12:00:00Z InvoiceUncollectible",
            ],
            await host.BillingEventsAsync());
        Assert.Equal(
            [
                "failed INV-000001 Open", "failed INV-000001 Open", "failed INV-000001 Open",
                "exhausted Cancel INV-000001 Uncollectible",
            ],
            settled.Told);
        Assert.Equal(0, await host.RunDueAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Retry_with_a_better_method_settles_and_ends_the_schedule(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        var failed = await FailedRenewalAsync(host);

        host.Time.Advance(TimeSpan.FromDays(3));
        await host.RunDueAsync();
        await host.AttachAsync("c", "pm_ok");
        Assert.Equal(0, await host.RunDueAsync());
        host.Time.Advance(TimeSpan.FromDays(5));
        await host.RunDueAsync();
        var paid = await host.ReadAsync(failed);

        Assert.Equal((InvoiceStatus.Paid, 3, null), (paid.Status, paid.AttemptCount, paid.NextAttemptAt));
        Assert.Equal(["failed INV-000001 Open", "paid INV-000001 Paid"], settled.Told);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Kept_subscription_keeps_its_open_invoice(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        await host.SettleAsync(new() { RetryAfterDays = [], FinalAction = DunningFinalAction.Keep });
        var failed = await FailedRenewalAsync(host);

        // Without retries the first failure is the last one, worked off at once.
        Assert.Equal(failed.IssuedAt, failed.NextAttemptAt);
        Assert.Equal(1, await host.RunDueAsync());
        var kept = await host.ReadAsync(failed);

        Assert.Equal((InvoiceStatus.Open, null), (kept.Status, kept.NextAttemptAt));
        Assert.NotNull(kept.ErrorMessage);
        Assert.Equal(["exhausted Keep INV-000001 Open"], settled.Told);
        Assert.Equal(InvoiceStatus.Paid, (await host.Get<InvoiceUseCases>().MarkAsPaidAsync(
            host.Scope(), failed.Uid, Cancellation)).Value.Status);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Two_workers_make_every_attempt_once(DatabaseKind kind)
    {
        var (host, _) = await BillingDriver.StartAsync(kind);
        await using var _1 = host;
        foreach (var customer in (string[])["a", "b", "c", "d"])
        {
            await host.CustomerAsync(customer);
            await host.AttachAsync(customer, "pm_decline");
            await host.IssueAsync(host.Renewal(customer, new($"s-{customer}"), 10));
        }

        host.Time.Advance(TimeSpan.FromDays(8));
        var done = await Task.WhenAll(host.RunDueAsync(), host.RunDueAsync(), host.RunDueAsync());

        // Two retries each by the eighth day, beside the first attempt.
        Assert.Equal(8, done.Sum());
        Assert.Equal(
            12, (await host.BillingEventsAsync()).Count(e => e.EndsWith("CustomerPaymentFailed", StringComparison.Ordinal)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Process_that_dies_between_attempts_loses_none(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        var failed = await FailedRenewalAsync(host);
        host.Time.Advance(TimeSpan.FromDays(3));
        await host.RunDueAsync();

        await host.RestartAsync();
        host.Time.Advance(TimeSpan.FromDays(20));
        await host.RunDueAsync();

        Assert.Equal(4, (await host.ReadAsync(failed)).AttemptCount);
        Assert.Equal(4, settled.Told.Count);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Attempt_by_hand_leaves_the_schedule_as_it_is(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var failed = await FailedRenewalAsync(host);

        host.Time.Advance(TimeSpan.FromDays(1));
        var tried = (await host.Get<InvoiceUseCases>().PayNowAsync(host.Scope(), failed.Uid, Cancellation)).Value;

        Assert.Equal((2, 0), (tried.AttemptCount, tried.RetryCount));
        Assert.Equal(failed.NextAttemptAt, tried.NextAttemptAt);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Invoice_that_was_sent_is_overdue_once_and_stays_open(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        await host.CustomerAsync("c");
        var sent = await host.IssueAsync(
            host.Renewal("c", new("s"), 10) with { Method = PaymentCollectionMethod.Invoice });

        host.Time.Advance(TimeSpan.FromDays(29));
        Assert.Equal(0, await host.RunDueAsync());
        host.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, await host.RunDueAsync());
        var overdue = await host.ReadAsync(sent);

        Assert.Equal(InvoiceStatus.Open, overdue.Status);
        Assert.Contains("due date", overdue.ErrorMessage!, StringComparison.Ordinal);
        Assert.Equal(["failed INV-000001 Open"], settled.Told);
        host.Time.Advance(TimeSpan.FromDays(100));
        Assert.Equal(0, await host.RunDueAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Settings_changed_between_attempts_rule_what_is_left(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        var failed = await FailedRenewalAsync(host);

        await host.SettleAsync(new() { RetryAfterDays = [], FinalAction = DunningFinalAction.Keep });
        host.Time.Advance(TimeSpan.FromDays(3));
        await host.RunDueAsync();

        // The retry that was planned no longer is; its instant is the end.
        Assert.Equal(["exhausted Keep INV-000001 Open"], settled.Told);
        Assert.Equal(1, (await host.ReadAsync(failed)).AttemptCount);
    }

    private static async Task<Invoice> FailedRenewalAsync(ModuleHost host)
    {
        await host.CustomerAsync("c");
        await host.AttachAsync("c", "pm_decline");
        return await host.IssueAsync(host.Renewal("c", new("s"), 10));
    }
}
