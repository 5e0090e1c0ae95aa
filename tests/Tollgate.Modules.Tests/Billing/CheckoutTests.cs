using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Checkouts;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

public sealed class CheckoutTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Opened_checkout_has_an_address_nobody_can_guess_and_shows_the_bill(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.SettleAsync(new() { TaxPercentage = 10 });

        var opened = (await OpenAsync(host)).Value;
        var view = await ViewAsync(host, opened);
        var other = await OpenAsync(host);

        var token = opened.Url.Segments[^1];
        Assert.Equal($"http://127.0.0.1:8080/checkout/{token}", opened.Url.AbsoluteUri);
        // 24 random bytes as base64url.
        Assert.Equal(32, token.Length);
        Assert.NotEqual(opened.Url, other.Value.Url);
        Assert.StartsWith("cs_", opened.BillingId, StringComparison.Ordinal);
        Assert.DoesNotContain(token, opened.BillingId, StringComparison.Ordinal);
        Assert.Equal((20m, 2m, 22m), (view.Checkout.Order.Amounts.SubTotal, view.Checkout.Order.Amounts.Tax,
            view.Checkout.Order.Amounts.AmountDue));
        Assert.Equal(CheckoutStatus.Open, view.Checkout.Status);
        Assert.Null(await host.Get<CheckoutSession>().FindAsync("nothing", Cancellation));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Paid_checkout_attaches_the_method_and_buys_in_one(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var view = await ViewAsync(host, (await OpenAsync(host)).Value);

        var outcome = await PayAsync(host, view, "pm_ok");

        Assert.Equal(CheckoutResult.Completed, outcome.Result);
        Assert.Equal("bought", outcome.Checkout?.SubscriptionId?.Value);
        Assert.Equal("pm_ok", (await host.FindCustomerAsync("c")).DefaultPaymentMethod?.BillingId);
        Assert.Equal(InvoiceStatus.Paid, Assert.Single(await InvoicesAsync(host)).Status);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Declined_payment_leaves_nothing_behind_and_may_be_tried_again(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var view = await ViewAsync(host, (await OpenAsync(host)).Value);

        var declined = await PayAsync(host, view, "pm_decline");
        var expired = await PayAsync(host, view, "pm_expired");
        var after = await host.FindCustomerAsync("c");
        var invoices = await InvoicesAsync(host);
        var paid = await PayAsync(host, view, "pm_ok");

        Assert.Equal((CheckoutResult.Declined, CheckoutResult.Declined), (declined.Result, expired.Result));
        Assert.Contains("declined", declined.Message!, StringComparison.Ordinal);
        Assert.Contains("expired", expired.Message!, StringComparison.Ordinal);
        Assert.Null(after.DefaultPaymentMethod);
        Assert.Empty(invoices);
        Assert.Equal(CheckoutResult.Completed, paid.Result);
        // The numbers of what was rolled back are not lost.
        Assert.Equal("INV-000001", Assert.Single(await InvoicesAsync(host)).Number);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Payment_that_needs_a_confirmation_is_complete_once_it_is_given(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var view = await ViewAsync(host, (await OpenAsync(host)).Value);

        var asked = await PayAsync(host, view, "pm_action_required");
        var nothing = await InvoicesAsync(host);
        var confirmed = await PayAsync(host, view, "pm_action_required", isConfirmed: true);

        Assert.Equal(CheckoutResult.ActionRequired, asked.Result);
        Assert.Empty(nothing);
        Assert.Equal(CheckoutResult.Completed, confirmed.Result);
        Assert.Equal(InvoiceStatus.Paid, Assert.Single(await InvoicesAsync(host)).Status);
        // The confirmation was for that charge alone: the next one asks again.
        host.Time.Advance(TimeSpan.FromDays(31));
        Assert.True((await host.IssueAsync(host.Bill("c", 5))).RequiresAction);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Two_submits_at_once_and_a_later_one_buy_once(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var view = await ViewAsync(host, (await OpenAsync(host)).Value);

        var two = await Task.WhenAll(PayAsync(host, view, "pm_ok"), PayAsync(host, view, "pm_ok"));
        host.Time.Advance(TimeSpan.FromDays(2));
        var late = await PayAsync(host, view, "pm_decline");

        Assert.All([.. two, late], outcome => Assert.Equal(
            (CheckoutResult.Completed, "bought"), (outcome.Result, outcome.Checkout?.SubscriptionId?.Value)));
        Assert.Single(await InvoicesAsync(host));
        Assert.Equal("pm_ok", (await host.FindCustomerAsync("c")).DefaultPaymentMethod?.BillingId);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Expired_checkout_buys_nothing(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var opened = (await OpenAsync(host)).Value;

        host.Time.Advance(TimeSpan.FromHours(23) - TimeSpan.FromMilliseconds(1));
        Assert.False((await ViewAsync(host, opened)).IsExpired);
        host.Time.Advance(TimeSpan.FromMilliseconds(1));
        var view = await ViewAsync(host, opened);
        var outcome = await PayAsync(host, view, "pm_ok");

        Assert.True(view.IsExpired);
        Assert.Equal(CheckoutResult.Refused, outcome.Result);
        Assert.Contains("expired", outcome.Message!, StringComparison.Ordinal);
        Assert.Empty(await InvoicesAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Nobody_pays_another_amount_than_was_shown(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var opened = (await OpenAsync(host)).Value;
        var view = await ViewAsync(host, opened);
        await host.SettleAsync(new() { TaxPercentage = 50 });

        var changed = await PayAsync(host, view, "pm_ok");
        var nothing = await InvoicesAsync(host);
        var fresh = await ViewAsync(host, opened);
        var paid = await PayAsync(host, fresh, "pm_ok");

        Assert.Equal(CheckoutResult.PriceChanged, changed.Result);
        Assert.Empty(nothing);
        Assert.Equal(30m, fresh.Checkout.Order.Amounts.AmountDue);
        Assert.Equal(CheckoutResult.Completed, paid.Result);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Promotion_code_changes_the_price_until_it_is_taken_away(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var opened = (await OpenAsync(host)).Value;
        var checkouts = host.Get<CheckoutSession>();

        var wrong = await checkouts.ApplyCodeAsync(await ViewAsync(host, opened), "NOPE", Cancellation);
        var right = await checkouts.ApplyCodeAsync(await ViewAsync(host, opened), "HALF", Cancellation);
        var reduced = await ViewAsync(host, opened);
        var none = await checkouts.ApplyCodeAsync(reduced, null, Cancellation);

        Assert.Equal(CheckoutResult.Refused, wrong.Result);
        Assert.Equal(CheckoutResult.Shown, right.Result);
        Assert.Equal((10m, "HALF"), (reduced.Checkout.Order.Amounts.AmountDue, reduced.Checkout.PromotionCode));
        Assert.Equal(CheckoutResult.Shown, none.Result);
        Assert.Equal(20m, (await ViewAsync(host, opened)).Checkout.Order.Amounts.AmountDue);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Checkout_is_refused_where_there_is_none_and_for_addresses_that_are_none(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);

        var production = await OpenAsync(host, environment: "production");
        var script = await OpenAsync(host, new() { SuccessUrl = "javascript:alert(1)", CancelUrl = "/relative" });
        var password = await OpenAsync(host, new() { CancelUrl = "https://user:secret@example.com" });

        Assert.Equal(ErrorCode.CheckoutIsNotSupported, production.Refusal?.Code);
        Assert.Equal(ErrorCode.FailedToCreateCheckoutSessionError, script.Refusal?.Code);
        Assert.Equal(
            ["checkoutOptions.successUrl", "checkoutOptions.cancelUrl"], script.Refusal!.Fields.Select(f => f.Path));
        Assert.Equal(ErrorCode.FailedToCreateCheckoutSessionError, password.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Payment_page_pays_the_invoice_and_keeps_the_card_of_a_charged_one(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        await host.CustomerAsync("c");
        await host.AttachAsync("c", "pm_decline");
        var charged = await host.IssueAsync(host.Renewal("c", new("s"), 10));
        var sent = await host.IssueAsync(host.Bill("c", 20) with { Method = PaymentCollectionMethod.Invoice });
        var pages = host.Get<PayInvoice>();

        var declined = await pages.PayAsync(await PageAsync(charged), "pm_expired", false, Cancellation);
        var asked = await pages.PayAsync(await PageAsync(charged), "pm_action_required", false, Cancellation);
        var tried = await host.ReadAsync(charged);
        var paid = await pages.PayAsync(await PageAsync(charged), "pm_action_required", true, Cancellation);
        var paidSent = await pages.PayAsync(await PageAsync(sent), "pm_ok", false, Cancellation);
        var twice = await pages.PayAsync(await PageAsync(sent), "pm_ok", false, Cancellation);

        Assert.Equal(PaymentOutcome.Declined, declined.Outcome);
        Assert.Equal(PaymentOutcome.ActionRequired, asked.Outcome);
        // The decline counts beside the first attempt, the question does not; the schedule stays.
        Assert.Equal((2, charged.NextAttemptAt), (tried.AttemptCount, tried.NextAttemptAt));
        Assert.Equal((PaymentOutcome.Succeeded, PaymentOutcome.Succeeded), (paid.Outcome, paidSent.Outcome));
        Assert.Equal(PaymentOutcome.Declined, twice.Outcome);
        Assert.Equal(InvoiceStatus.Paid, (await host.ReadAsync(charged)).Status);
        Assert.Equal("pm_action_required", (await host.FindCustomerAsync("c")).DefaultPaymentMethod?.BillingId);
        Assert.Equal(
            ["failed INV-000001 Open", "paid INV-000001 Paid", "paid INV-000002 Paid"], settled.Told);

        async Task<InvoiceView> PageAsync(Invoice invoice) =>
            (await pages.FindAsync(invoice.PaymentToken!, Cancellation))!;
    }

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(
            kind, services => services.AddSingleton<ICheckoutCompletion, OneLineCompletion>());
        await host.CustomerAsync("c");
        return host;
    }

    private static async Task<Result<OpenedCheckout>> OpenAsync(
        ModuleHost host, CheckoutOptions? options = null, string environment = "development")
    {
        var scope = host.Scope(environment);
        return await host.Get<UnitOfWork>().WriteAsync<OpenedCheckout>(
            scope,
            [UnitOfWork.CustomerLock(scope.EnvironmentId, new("c"))],
            (work, token) => host.Get<OpenCheckout>().OpenAsync(
                work, new("c"), "Basic", "20", host.Bill("c", 20), options ?? new(), token),
            Cancellation);
    }

    private static async Task<CheckoutView> ViewAsync(ModuleHost host, OpenedCheckout opened) =>
        (await host.Get<CheckoutSession>().FindAsync(opened.Url.Segments[^1], Cancellation))!;

    private static Task<CheckoutOutcome> PayAsync(
        ModuleHost host, CheckoutView view, string method, bool isConfirmed = false) =>
        host.Get<CheckoutSession>().CompleteAsync(
            view, new(method, isConfirmed, view.Checkout.Order.Amounts.AmountDue, null), Cancellation);

    private static async Task<IReadOnlyList<Invoice>> InvoicesAsync(ModuleHost host) =>
        (await host.Get<InvoiceUseCases>().ListAsync(host.Scope(), new(), new(20, null, null), Cancellation)).Value.Items;

    /// <summary>Buys one line at the price its request names; the code HALF halves it.</summary>
    private sealed class OneLineCompletion(Invoicing invoicing) : ICheckoutCompletion
    {
        public IReadOnlyCollection<LockKey> Locks(EnvironmentId environment, Checkout checkout) => [];

        public Task<Result<InvoiceDraft>> PriceAsync(
            Work work, Checkout checkout, string? promotionCode, CancellationToken cancellationToken) =>
            Task.FromResult<Result<InvoiceDraft>>(promotionCode is null or "HALF"
                ? Bill(work, checkout, promotionCode)
                : new Refusal(ErrorCode.PromotionCodeNotFound, $"There is no promotion code '{promotionCode}'."));

        public async Task<Result<CompletedCheckout>> CompleteAsync(
            Work work, Checkout checkout, CancellationToken cancellationToken) =>
            new CompletedCheckout(
                new("bought"),
                await invoicing.IssueAsync(work, Bill(work, checkout, checkout.PromotionCode), cancellationToken));

        private static InvoiceDraft Bill(Work work, Checkout checkout, string? code)
        {
            var price = decimal.Parse(checkout.Request) / (code is null ? 1 : 2);
            return new()
            {
                PayerId = checkout.CustomerId,
                SubscriptionId = new SubscriptionId("bought"),
                Reason = BillingReason.SubscriptionCreation,
                Currency = "usd",
                At = work.Scope.Now,
                Lines =
                [
                    new()
                    {
                        Type = InvoiceLineType.BaseCharge,
                        Description = "Basic",
                        Amount = price,
                        UnitPrice = price,
                        PeriodStart = work.Scope.Now,
                        PeriodEnd = work.Scope.Now + Duration.FromDays(30),
                    },
                ],
            };
        }
    }
}
