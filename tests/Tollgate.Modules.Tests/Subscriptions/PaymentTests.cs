using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Checkouts;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Billing.PaymentMethods;
using Tollgate.Modules.Billing.Settings;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions;

/// <summary>Access only to what was paid (spec subscriptions 5.4, 5.5, 8.4 and 15).</summary>
public sealed class PaymentTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Declined_first_payment_leaves_it_pending_until_it_is_paid(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, "pm_decline");
        await host.ProvisionAsync("c", "free");

        var pending = (await host.ProvisionAsync("c", "pro")).Subscription();
        var before = (await host.StoredAsync("c")).ToDictionary(s => s.PlanId.Value, s => s.Status);
        var invoice = await LatestAsync(host);
        await host.Get<InvoiceUseCases>().MarkAsPaidAsync(host.Scope(), invoice.Uid, Cancellation);

        Assert.Equal(SubscriptionStatus.PaymentPending, pending.Status);
        Assert.Equal(PaymentCollection.Failed, pending.PaymentCollection);
        Assert.Equal(InvoiceStatus.Open, invoice.Status);
        // The free plan goes on until the payment comes.
        Assert.Equal(SubscriptionStatus.Active, before["free"]);
        var after = (await host.StoredAsync("c")).ToDictionary(s => s.PlanId.Value);
        Assert.Equal(SubscriptionStatus.Active, after["pro"].Status);
        Assert.Equal(PaymentCollection.NotRequired, after["pro"].PaymentCollection);
        Assert.Equal(CancelReason.UpgradeOrDowngrade, after["free"].CancelReason);
        Assert.Equal(90, Assert.Single(after["pro"].RunningCharges).Net);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Unpaid_first_invoice_expires_after_23_hours_and_is_voided(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, "pm_action_required");
        var pending = (await host.ProvisionAsync("c", "pro")).Subscription();
        host.Time.Advance(TimeSpan.FromHours(23) - TimeSpan.FromSeconds(1));
        await host.RunDueAsync();
        var still = Assert.Single(await host.StoredAsync("c")).Status;

        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.RunDueAsync();

        Assert.Equal(PaymentCollection.ActionRequired, pending.PaymentCollection);
        Assert.Equal(SubscriptionStatus.PaymentPending, still);
        var stored = Assert.Single(await host.StoredAsync("c"));
        Assert.Equal(SubscriptionStatus.Canceled, stored.Status);
        Assert.Equal(CancelReason.PendingPaymentExpired, stored.CancelReason);
        Assert.Equal(InvoiceStatus.Void, (await LatestAsync(host)).Status);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Failed_renewal_keeps_access_until_the_attempts_end(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, "pm_ok");
        await host.ProvisionAsync("c", "pro");
        await AttachAsync(host, "pm_decline");

        host.Time.Advance(TimeSpan.FromDays(31));
        await host.RunDueAsync();
        var failed = Assert.Single(await host.StoredAsync("c"));
        // Retries 3, 5 and 7 days after each other.
        host.Time.Advance(TimeSpan.FromDays(16));
        await host.RunDueAsync();

        Assert.Equal((SubscriptionStatus.Active, PaymentCollection.Failed), (failed.Status, failed.PaymentCollection));
        var ended = Assert.Single(await host.StoredAsync("c"));
        Assert.Equal(
            (SubscriptionStatus.Canceled, CancelReason.CancelledByBilling), (ended.Status, ended.CancelReason));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Renewal_that_is_paid_in_the_end_clears_the_error(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, "pm_ok");
        await host.ProvisionAsync("c", "pro");
        await AttachAsync(host, "pm_decline");
        host.Time.Advance(TimeSpan.FromDays(31));
        await host.RunDueAsync();
        await AttachAsync(host, "pm_ok");

        host.Time.Advance(TimeSpan.FromDays(3));
        await host.RunDueAsync();

        var stored = Assert.Single(await host.StoredAsync("c"));
        Assert.Equal((SubscriptionStatus.Active, PaymentCollection.NotRequired), (stored.Status, stored.PaymentCollection));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Missing_method_opens_a_checkout_and_completing_it_provisions(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, null);
        await host.ProvisionAsync("c", "free");

        var answer = (await ProvisionAsync(host, new() { SuccessUrl = "https://example.com/ok" })).Value.Provisioned;
        var before = await host.StoredAsync("c");
        var session = host.Get<CheckoutSession>();
        var token = answer.Checkout!.Url.AbsolutePath.Split('/')[^1];
        var view = await session.FindAsync(token, Cancellation);
        var declined = await session.CompleteAsync(view!, new("pm_decline", false, 90, null), Cancellation);
        var unchanged = await host.StoredAsync("c");
        var paid = await session.CompleteAsync(view!, new("pm_ok", false, 90, null), Cancellation);

        Assert.Null(answer.Subscription);
        Assert.Equal(90, view!.Checkout.Order.Amounts.AmountDue);
        Assert.Equal("free", Assert.Single(before).PlanId.Value);
        Assert.Equal(CheckoutResult.Declined, declined.Result);
        Assert.Single(unchanged);
        Assert.Equal(CheckoutResult.Completed, paid.Result);
        var pro = (await host.StoredAsync("c")).Single(s => s.PlanId.Value == "pro");
        Assert.Equal((answer.Id, SubscriptionStatus.Active), (pro.Id, pro.Status));
        Assert.Equal(90, (await LatestAsync(host)).Amounts.Total);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Stored_card_is_charged_without_a_checkout(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, "pm_ok");

        var answer = (await ProvisionAsync(host, new())).Value.Provisioned;

        Assert.Null(answer.Checkout);
        Assert.Equal(SubscriptionStatus.Active, answer.Subscription!.Subscription.Status);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Faulty_address_of_a_checkout_is_refused(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, null);

        var refused = await ProvisionAsync(host, new() { SuccessUrl = "ftp://example.com" });

        Assert.Equal(ErrorCode.FailedToCreateCheckoutSessionError, refused.Refusal?.Code);
        Assert.Empty(await host.StoredAsync("c"));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite, null, SubscriptionStatus.Expired)]
    [InlineData(DatabaseKind.PostgreSql, null, SubscriptionStatus.Expired)]
    [InlineData(DatabaseKind.Sqlite, "pm_decline", SubscriptionStatus.PaymentPending)]
    [InlineData(DatabaseKind.PostgreSql, "pm_decline", SubscriptionStatus.PaymentPending)]
    [InlineData(DatabaseKind.Sqlite, "pm_ok", SubscriptionStatus.Active)]
    public async Task Trial_converts_when_it_is_paid_for(DatabaseKind kind, string? method, SubscriptionStatus status)
    {
        await using var host = await StartAsync(kind, method);
        await host.Get<BillingSettingsUseCases>().UpdateAsync(
            host.Scope(), new() { PaymentMethodRequired = true }, Cancellation);
        var end = Instant.FromDateTimeOffset(ModuleHost.Start) + Duration.FromDays(2);
        await host.ProvisionAsync("c", "pro", r => r with { Trial = new(true, end, TrialEndBehavior.ConvertToPaid) });

        host.Time.Advance(TimeSpan.FromDays(2));
        await host.RunDueAsync();

        Assert.Equal(status, Assert.Single(await host.StoredAsync("c")).Status);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Provisioning_again_replaces_what_waits_for_payment(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, "pm_decline");
        await host.ProvisionAsync("c", "pro");
        var first = await LatestAsync(host);
        await AttachAsync(host, "pm_ok");

        var second = (await host.ProvisionAsync("c", "pro")).Subscription();

        Assert.Equal(SubscriptionStatus.Active, second.Status);
        var replaced = (await host.StoredAsync("c")).Single(s => s.Uid != second.Uid);
        Assert.Equal(CancelReason.UpgradeOrDowngrade, replaced.CancelReason);
        Assert.Equal(InvoiceStatus.Void,
            (await host.Get<InvoiceUseCases>().RetrieveAsync(host.Scope(), first.Uid, Cancellation)).Value.Status);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Change_that_is_not_paid_for_waits_and_changes_nothing_until_then(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, "pm_ok");
        await host.PaidPlanAsync("max", 200);
        await host.ProvisionAsync("c", "pro");
        await AttachAsync(host, "pm_decline");
        var before = Assert.Single(await host.StoredAsync("c"));

        await host.ProvisionAsync("c", "max");
        var waiting = Assert.Single(await host.StoredAsync("c"));
        var invoice = await LatestAsync(host);
        await Task.WhenAll(
            host.Get<InvoiceUseCases>().MarkAsPaidAsync(host.Scope(), invoice.Uid, Cancellation),
            host.Get<InvoiceUseCases>().MarkAsPaidAsync(host.Scope(), invoice.Uid, Cancellation));

        // Nothing of the period has gone by: 200 less 90.
        Assert.Equal((110, InvoiceStatus.Open), (invoice.Amounts.Total, invoice.Status));
        Assert.Equal(
            (before.PlanId, before.PriceVersion, PaymentCollection.Failed, invoice.Uid),
            (waiting.PlanId, waiting.PriceVersion, waiting.PaymentCollection, waiting.LatestInvoiceUid!.Value));
        Assert.Equal(before.RunningCharges, waiting.RunningCharges);
        Assert.Equal(ScheduleStatus.PendingPayment, Assert.Single(waiting.FutureUpdates).Status);
        var paid = Assert.Single(await host.StoredAsync("c"));
        Assert.Equal(("max", PaymentCollection.NotRequired), (paid.PlanId.Value, paid.PaymentCollection));
        Assert.Equal(200, Assert.Single(paid.RunningCharges).Net);
        Assert.Null(paid.UnpaidChange);
        Assert.Equal(ScheduleStatus.Done, Assert.Single(paid.FutureUpdates).Status);
    }

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind, string? method)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FreePlanAsync("free");
        await host.PaidPlanAsync("pro", 90);
        await host.CustomerAsync("c");
        if (method is not null)
            await AttachAsync(host, method);
        return host;
    }

    private static async Task AttachAsync(ModuleHost host, string method) => Assert.Null(
        (await host.Get<PaymentMethodUseCases>().AttachAsync(
            host.Scope(), new("c"), new("builtin", method, null), Cancellation)).Refusal);

    private static Task<Result<EntitledSubscription>> ProvisionAsync(ModuleHost host, CheckoutOptions checkout) =>
        host.Get<ProvisionWithEntitlements>().ExecuteAsync(
            host.Scope(),
            new(new ProvisionRequest(new("c"), new("pro")) { BillingPeriod = BillingPeriod.Monthly })
            {
                Checkout = checkout,
            },
            Cancellation);

    private static async Task<Invoice> LatestAsync(ModuleHost host) => (await host.Get<InvoiceUseCases>().ListAsync(
        host.Scope(), new() { CustomerId = new("c") }, new(1, null, null), Cancellation)).Value.Items[0];
}
