using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Billing.PaymentMethods;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Modules.Tests.Billing;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions;

/// <summary>
/// Calls that do not wait for their payment (spec subscriptions 5.5): the charge follows the commit. Plans: pro 90, max 200.
/// </summary>
public sealed class LaterChargeTests
{
    private static readonly BillingChoices Later = new() { AwaitsPayment = false };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Call_takes_no_money_and_what_follows_it_does(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, "pm_ok");
        await host.ProvisionAsync("c", "free");

        var pending = (await LaterAsync(host, "pro")).Subscription();
        var (before, invoice) = (await StatusesAsync(host), Assert.Single(await InvoicesAsync(host)));
        await host.RunDueAsync();

        Assert.Equal(
            (SubscriptionStatus.PaymentPending, PaymentCollection.Processing), (pending.Status, pending.PaymentCollection));
        Assert.Equal("free Active, pro PaymentPending", before);
        Assert.Equal((InvoiceStatus.Open, 0, 90m), (invoice.Status, invoice.AttemptCount, invoice.Amounts.AmountDue));
        Assert.Equal("free Canceled, pro Active", await StatusesAsync(host));
        var paid = Assert.Single(await InvoicesAsync(host));
        Assert.Equal((InvoiceStatus.Paid, 1, (Instant?)null), (paid.Status, paid.AttemptCount, paid.NextAttemptAt));
        var live = (await host.StoredAsync("c")).Single(s => s.Uid == pending.Uid);
        Assert.Equal(PaymentCollection.NotRequired, live.PaymentCollection);
        Assert.Equal(90, Assert.Single(live.RunningCharges).Net);
        // Everything is as if the call had waited: the period is that of the call.
        Assert.Equal((pending.StartDate, pending.StartDate), (live.CurrentBillingPeriodStart, live.BillingCycleAnchor));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Declined_it_waits_for_its_payer_as_after_a_call_that_waited(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, "pm_decline");
        await LaterAsync(host, "pro");

        await host.RunDueAsync();
        await host.RunDueAsync();
        var declined = Assert.Single(await host.StoredAsync("c"));
        var invoice = Assert.Single(await InvoicesAsync(host));
        host.Time.Advance(TimeSpan.FromHours(23));
        await host.RunDueAsync();

        Assert.Equal(
            (SubscriptionStatus.PaymentPending, PaymentCollection.Failed), (declined.Status, declined.PaymentCollection));
        // One attempt: it is no renewal, which would be tried again.
        Assert.Equal((InvoiceStatus.Open, 1, (Instant?)null), (invoice.Status, invoice.AttemptCount, invoice.NextAttemptAt));
        Assert.Single(await host.EventsOfAsync(EventType.CustomerPaymentFailed));
        var expired = Assert.Single(await host.StoredAsync("c"));
        Assert.Equal(
            (SubscriptionStatus.Canceled, CancelReason.PendingPaymentExpired), (expired.Status, expired.CancelReason));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Change_waits_for_its_charge_and_another_takes_its_place(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, "pm_ok");
        await host.ProvisionAsync("c", "pro");

        var dropped = (await LaterAsync(host, "max")).Subscription();
        await UpdateAsync(host, dropped, new() { BillingPeriod = BillingPeriod.Annually });
        var waiting = Assert.Single(await host.StoredAsync("c"));
        await host.RunDueAsync();

        Assert.Equal(("pro", PaymentCollection.Processing), (dropped.PlanId.Value, dropped.PaymentCollection));
        Assert.Equal(ScheduleStatus.PendingPayment, Assert.Single(dropped.FutureUpdates).Status);
        Assert.Equal((BillingPeriod.Monthly, PaymentCollection.Processing), (waiting.BillingPeriod, waiting.PaymentCollection));
        var paid = Assert.Single(await host.StoredAsync("c"));
        Assert.Equal(
            ("pro", BillingPeriod.Annually, PaymentCollection.NotRequired),
            (paid.PlanId.Value, paid.BillingPeriod, paid.PaymentCollection));
        Assert.Null(paid.UnpaidChange);
        // 90 at first; 200 - 90 for the plan that was given up; 900 - 90 for the year.
        Assert.Equal(
            ["90 Paid 1", "110 Void 0", "810 Paid 1"],
            (await InvoicesAsync(host)).Select(i => $"{i.Amounts.Total:0} {i.Status} {i.AttemptCount}"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_is_on_its_way_is_no_failure_and_hides_none(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, "pm_ok");
        var id = (await host.ProvisionAsync("c", "pro")).Subscription().Id;
        await AttachAsync(host, "pm_decline");
        host.Time.Advance(TimeSpan.FromDays(31));
        await host.RunDueAsync();
        await AttachAsync(host, "pm_ok");

        await LaterAsync(host, "max");
        var renewal = (await InvoicesAsync(host))[1];
        await host.Get<InvoiceUseCases>().MarkAsPaidAsync(host.Scope(), renewal.Uid, Cancellation);
        var processing = Assert.Single(await host.StoredAsync("c"));
        await host.RunDueAsync();

        Assert.Equal(PaymentCollection.Processing, processing.PaymentCollection);
        var paid = Assert.Single(await host.StoredAsync("c"));
        Assert.Equal((id, "max", PaymentCollection.NotRequired), (paid.Id, paid.PlanId.Value, paid.PaymentCollection));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Workers_that_race_and_those_that_die_charge_once(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var charges = 0;
        remote.Charging = _ =>
        {
            Interlocked.Increment(ref charges);
            return PaymentAttempt.Succeeded;
        };
        Assert.Equal(PaymentCollection.Processing, (await LaterAsync(host, "pro")).Subscription().PaymentCollection);
        Assert.Equal(0, charges);
        // The process ends between the commit and the charge.
        await host.RestartAsync();
        // A file of SQLite belongs to one process.
        await using var other = kind == DatabaseKind.PostgreSql ? await host.JoinAsync(remote) : null;

        await Task.WhenAll(ChargeAsync(host), ChargeAsync(other ?? host), ChargeAsync(host), ChargeAsync(other ?? host));

        Assert.Equal(1, charges);
        Assert.Equal(90, Assert.Single(remote.Collected).Value);
        Assert.Equal(1, Assert.Single(await InvoicesAsync(host)).AttemptCount);
        Assert.Equal(SubscriptionStatus.Active, Assert.Single(await host.StoredAsync("c")).Status);
        Assert.Single(await host.EventsOfAsync(EventType.InvoicePaid));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Where_nothing_is_charged_nothing_is_waited_for(DatabaseKind kind)
    {
        // Without a method nothing is collected here; the bill is only recorded.
        await using var host = await StartAsync(kind, null);
        Assert.Equal(SubscriptionStatus.Active, (await LaterAsync(host, "pro")).Subscription().Status);
        // What is sent is active at once; its first bill is not charged even when there is a card.
        await host.CustomerAsync("d");
        await host.Get<CustomerUseCases>().UpdateAsync(host.Scope(), new("d"), new() { Email = "d@example.com" }, Cancellation);
        await AttachAsync(host, "pm_ok", "d");
        var sent = (await LaterAsync(
            host, "pro", r => r with { PaymentCollectionMethod = PaymentCollectionMethod.Invoice }, "d")).Subscription();

        // The bill of its change is, but not by the call.
        await UpdateAsync(host, sent, new() { BillingPeriod = BillingPeriod.Annually });
        var before = (await InvoicesAsync(host, "d"))[1];
        await host.RunDueAsync();

        Assert.Equal(SubscriptionStatus.Active, sent.Status);
        Assert.Equal((InvoiceStatus.Open, 0), (before.Status, before.AttemptCount));
        Assert.Equal(
            ["90 Open 0", "810 Paid 1"],
            (await InvoicesAsync(host, "d")).Select(i => $"{i.Amounts.Total:0} {i.Status} {i.AttemptCount}"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Sent_bill_that_is_declined_keeps_its_due_date(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, "pm_decline");
        await host.Get<CustomerUseCases>().UpdateAsync(host.Scope(), new("c"), new() { Email = "c@example.com" }, Cancellation);
        var sent = (await host.ProvisionAsync(
            "c", "pro", r => r with { PaymentCollectionMethod = PaymentCollectionMethod.Invoice })).Subscription();
        await UpdateAsync(host, sent, new() { BillingPeriod = BillingPeriod.Annually });

        await host.RunDueAsync();
        await host.RunDueAsync();

        var declined = (await InvoicesAsync(host))[1];
        Assert.Equal((InvoiceStatus.Open, 1, declined.DueDate), (declined.Status, declined.AttemptCount, declined.NextAttemptAt));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_is_what_is_charged_in_the_end(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, "pm_ok");
        var held = (await host.ProvisionAsync("c", "pro")).Subscription();
        host.Time.Advance(TimeSpan.FromDays(10));
        var change = new UpdateInput(new UpdateRequest { BillingPeriod = BillingPeriod.Annually }) { Billing = Later };

        var preview = (await host.Get<SubscriptionUseCases>().PreviewUpdateAsync(
            host.Scope(), held.Id, change, Cancellation)).Value;
        await host.Get<SubscriptionUseCases>().UpdateAsync(host.Scope(), held.Id, change, Cancellation);
        var waiting = (await InvoicesAsync(host))[1];
        await host.RunDueAsync();

        // January 15 to February 15 has 31 days, 21 are left: 900 - 90 x 21 / 31 = 900 - 60.97 (60.9677).
        Assert.Equal(839.03m, preview.Immediate.Amounts.AmountDue);
        Assert.Equal(preview.Immediate.Lines.Select(Say), waiting.Lines.Select(Say));
        var paid = (await InvoicesAsync(host))[1];
        Assert.Equal((839.03m, InvoiceStatus.Paid), (paid.Amounts.Total, paid.Status));

        static string Say(InvoiceLine line) => $"{line.Description} {line.Amount} {line.PeriodStart} {line.PeriodEnd}";
    }

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind, string? method)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FreePlanAsync("free");
        await host.TwoPeriodPlanAsync("pro", 90, 900);
        await host.TwoPeriodPlanAsync("max", 200, 2000);
        await host.CustomerAsync("c");
        if (method is not null)
            await AttachAsync(host, method);
        return host;
    }

    private static async Task AttachAsync(ModuleHost host, string method, string customer = "c") => Assert.Null(
        (await host.Get<PaymentMethodUseCases>().AttachAsync(
            host.Scope(), new(customer), new("builtin", method, null), Cancellation)).Refusal);

    private static Task<Result<EntitledSubscription>> LaterAsync(
        ModuleHost host, string plan, Func<ProvisionRequest, ProvisionRequest>? with = null, string customer = "c")
    {
        var request = new ProvisionRequest(new(customer), new(plan)) { BillingPeriod = BillingPeriod.Monthly };
        return host.Get<ProvisionWithEntitlements>().ExecuteAsync(
            host.Scope(), new(with?.Invoke(request) ?? request) { Billing = Later }, Cancellation);
    }

    private static async Task UpdateAsync(ModuleHost host, Subscription subscription, UpdateRequest request) => Assert.Null(
        (await host.Get<SubscriptionUseCases>().UpdateAsync(
            host.Scope(), subscription.Id, new(request) { Billing = Later }, Cancellation)).Refusal);

    private static Task<int> ChargeAsync(ModuleHost host)
    {
        var scope = host.Scope();
        return host.Get<CollectDueInvoices>().RunDueAsync(scope.Environment, scope.Now, Cancellation);
    }

    private static async Task<string> StatusesAsync(ModuleHost host) => string.Join(
        ", ", (await host.StoredAsync("c")).Select(s => $"{s.PlanId} {s.Status}").Order(StringComparer.Ordinal));

    /// <summary>The oldest first.</summary>
    private static async Task<IReadOnlyList<Invoice>> InvoicesAsync(ModuleHost host, string customer = "c") =>
        [.. (await host.Get<InvoiceUseCases>().ListAsync(
            host.Scope(), new() { CustomerId = new(customer) }, new(100, null, null), Cancellation)).Value.Items.Reverse()];
}
