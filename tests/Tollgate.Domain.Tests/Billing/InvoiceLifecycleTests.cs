using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Billing;

public sealed class InvoiceLifecycleTests
{
    private static readonly Instant Later = GivenInvoice.Issued + Duration.FromHours(5);
    private static readonly DunningSettings Dunning = new([3, 5], DunningFinalAction.Cancel);

    [Theory]
    [InlineData(InvoiceStatus.Draft, false, true, false)]
    [InlineData(InvoiceStatus.Open, true, true, true)]
    [InlineData(InvoiceStatus.Uncollectible, true, true, false)]
    [InlineData(InvoiceStatus.Paid, false, false, false)]
    [InlineData(InvoiceStatus.Void, false, false, false)]
    public void Status_says_what_may_follow(InvoiceStatus status, bool pay, bool @void, bool writeOff)
    {
        var invoice = GivenInvoice.Open() with { Status = status };

        Assert.Equal(pay, InvoiceLifecycle.Pay(invoice, Later).Refusal is null);
        Assert.Equal(@void, InvoiceLifecycle.Void(invoice, Later).Refusal is null);
        Assert.Equal(writeOff, InvoiceLifecycle.WriteOff(invoice, Later).Refusal is null);
        var codes = new[]
        {
            InvoiceLifecycle.Pay(invoice, Later).Refusal,
            InvoiceLifecycle.Void(invoice, Later).Refusal,
            InvoiceLifecycle.WriteOff(invoice, Later).Refusal,
        };
        Assert.All(codes, refusal => Assert.Equal(
            refusal is null ? null : ErrorCode.SubscriptionInvoiceStatusError, refusal?.Code));
    }

    [Fact]
    public void Paid_invoice_has_nothing_left_to_do()
    {
        var failed = InvoiceLifecycle.Fail(GivenInvoice.Open(), GivenInvoice.Declined, Dunning, GivenInvoice.Issued);

        var paid = InvoiceLifecycle.Pay(failed, Later).Value;

        Assert.Equal(InvoiceStatus.Paid, paid.Value.Status);
        Assert.Equal(Later, paid.Value.PaidAt);
        Assert.Null(paid.Value.NextAttemptAt);
        Assert.Null(paid.Value.ErrorMessage);
        Assert.Equal([EventType.InvoicePaid], paid.Events.Select(e => e.Type));
        Assert.Same(failed, paid.Events[0].Before);
    }

    [Fact]
    public void Renewal_is_retried_so_many_days_after_each_failure_and_then_ends_at_once()
    {
        var first = InvoiceLifecycle.Fail(GivenInvoice.Open(), GivenInvoice.Declined, Dunning, GivenInvoice.Issued);
        var second = InvoiceLifecycle.Fail(
            first with { RetryCount = 1 }, GivenInvoice.Declined, Dunning, first.NextAttemptAt!.Value);
        var third = InvoiceLifecycle.Fail(
            second with { RetryCount = 2 }, GivenInvoice.Declined, Dunning, second.NextAttemptAt!.Value);

        // Feb 1, + 3 days = Feb 4, + 5 days = Feb 9, where nothing is left but the end.
        Assert.Equal(Instant.FromUtc(2025, 2, 4, 0, 0), first.NextAttemptAt);
        Assert.Equal(Instant.FromUtc(2025, 2, 9, 0, 0), second.NextAttemptAt);
        Assert.Equal(Instant.FromUtc(2025, 2, 9, 0, 0), third.NextAttemptAt);
        Assert.Equal([1, 2, 3], new[] { first, second, third }.Select(i => i.AttemptCount));
        Assert.False(InvoiceLifecycle.IsExhausted(second, Dunning));
        Assert.True(InvoiceLifecycle.IsExhausted(third, Dunning));
    }

    [Theory]
    [InlineData(BillingReason.SubscriptionCreation, PaymentCollectionMethod.Charge, true)]
    [InlineData(BillingReason.SubscriptionUpdate, PaymentCollectionMethod.Charge, true)]
    [InlineData(BillingReason.BillingCycle, PaymentCollectionMethod.Invoice, true)]
    [InlineData(BillingReason.BillingCycle, PaymentCollectionMethod.Charge, false)]
    public void What_is_no_charged_renewal_waits_for_its_payer(
        BillingReason reason, PaymentCollectionMethod method, bool hasSubscription)
    {
        var invoice = GivenInvoice.Open() with
        {
            Reason = reason,
            Method = method,
            SubscriptionId = hasSubscription ? new SubscriptionId("s") : null,
        };

        Assert.Null(InvoiceLifecycle.Fail(invoice, GivenInvoice.Declined, Dunning, GivenInvoice.Issued).NextAttemptAt);
    }

    [Fact]
    public void First_charge_that_follows_leads_to_what_a_charge_at_once_leads_to()
    {
        var renewal = GivenInvoice.Open();
        var change = renewal with { Reason = BillingReason.SubscriptionUpdate };
        var sent = change with { Method = PaymentCollectionMethod.Invoice, DueDate = Later };
        foreach (var issued in new[] { renewal, change, sent })
        {
            var waiting = InvoiceLifecycle.ChargeLater(issued);
            var failed = InvoiceLifecycle.Fail(waiting, GivenInvoice.Declined, Dunning, GivenInvoice.Issued);

            Assert.Equal(
                (false, true, false),
                (InvoiceLifecycle.IsFirstCharge(issued), InvoiceLifecycle.IsFirstCharge(waiting),
                    InvoiceLifecycle.IsFirstCharge(failed)));
            Assert.Equal(
                (PaymentCollection.Processing, PaymentCollection.Failed),
                (InvoiceLifecycle.CollectionOf(waiting), InvoiceLifecycle.CollectionOf(failed)));
            Assert.Equal(
                InvoiceLifecycle.Fail(issued with { NextAttemptAt = issued.Method == PaymentCollectionMethod.Invoice ? Later : null },
                    GivenInvoice.Declined, Dunning, GivenInvoice.Issued),
                failed);
        }

        // One that is due the day it is sent, or was sent and is overdue, is not charged for it.
        Assert.False(InvoiceLifecycle.IsFirstCharge(InvoiceLifecycle.ChargeLater(sent with { DueDate = GivenInvoice.Issued })));
    }

    [Fact]
    public void Failure_is_logged_with_what_it_was_about()
    {
        var asked = new PaymentAttempt(PaymentOutcome.ActionRequired, "authentication_required", "Confirm it.");

        var failed = InvoiceLifecycle.Fail(GivenInvoice.Open(), asked, Dunning, GivenInvoice.Issued);
        var logged = InvoiceLifecycle.PaymentFailed(failed, asked);

        Assert.True(failed.RequiresAction);
        Assert.Equal("Confirm it.", failed.ErrorMessage);
        Assert.Equal(EventType.CustomerPaymentFailed, logged.Type);
        Assert.Equal("c", logged.CustomerId?.Value);
        Assert.Equal("s", logged.Facts!["subscriptionId"]);
        Assert.Equal("authentication_required", logged.Facts["code"]);
        Assert.Equal("1", logged.Facts["attemptCount"]);
    }
}
