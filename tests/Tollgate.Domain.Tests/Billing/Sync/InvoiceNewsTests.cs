using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;

namespace Tollgate.Domain.Tests.Billing.Sync;

/// <summary>What a provider's messages ask for, in whatever state the invoice is (spec integrations 2.7).</summary>
public sealed class InvoiceNewsTests
{
    private static readonly ProviderReference Reference = new("i", null);

    [Theory]
    [InlineData(InvoiceStatus.Open, InvoiceStep.Settle, InvoiceStep.NoteFailure, InvoiceStep.Void, InvoiceStep.WriteOff)]
    [InlineData(InvoiceStatus.Paid, InvoiceStep.None, InvoiceStep.None, InvoiceStep.Void, InvoiceStep.WriteOff)]
    [InlineData(InvoiceStatus.Void, InvoiceStep.Settle, InvoiceStep.None, InvoiceStep.None, InvoiceStep.WriteOff)]
    [InlineData(InvoiceStatus.Uncollectible, InvoiceStep.Settle, InvoiceStep.None, InvoiceStep.Void, InvoiceStep.None)]
    public void Step_follows_from_the_status(
        InvoiceStatus status, InvoiceStep paid, InvoiceStep failed, InvoiceStep voided, InvoiceStep lost)
    {
        var invoice = GivenInvoice.Open() with { Status = status };

        Assert.Equal(paid, InvoiceNews.Decide(invoice, new ProviderNews.PaymentSucceeded(Reference)).Step);
        Assert.Equal(failed, InvoiceNews.Decide(
            invoice, new ProviderNews.PaymentFailed(Reference, GivenInvoice.Declined, null)).Step);
        Assert.Equal(voided, InvoiceNews.Decide(invoice, new ProviderNews.InvoiceVoided(Reference)).Step);
        Assert.Equal(lost, InvoiceNews.Decide(invoice, new ProviderNews.InvoiceUncollectible(Reference)).Step);
    }

    [Fact]
    public void Every_step_that_is_none_says_why()
    {
        var paid = GivenInvoice.Open() with { Status = InvoiceStatus.Paid };

        var (step, note) = InvoiceNews.Decide(paid, new ProviderNews.PaymentSucceeded(Reference));

        Assert.Equal((InvoiceStep.None, "The invoice was paid before."), (step, note));
    }

    [Theory]
    [InlineData(0, InvoiceStep.None)]
    [InlineData(1, InvoiceStep.None)]
    [InlineData(2, InvoiceStep.NoteFailure)]
    public void Failure_under_the_key_of_a_call_counts_when_its_answer_was_not_noted(int before, InvoiceStep expected)
    {
        // Two attempts are noted: those whose calls were made after 0 and after 1 attempts.
        var invoice = GivenInvoice.Open() with { AttemptCount = 2 };
        var key = InvoiceNews.CollectKey(invoice with { AttemptCount = before });

        Assert.Equal(expected, InvoiceNews.Decide(
            invoice, new ProviderNews.PaymentFailed(Reference, GivenInvoice.Declined, key)).Step);
    }

    [Theory]
    [InlineData("")]
    [InlineData("another/collect/0")]
    [InlineData("collect/x")]
    public void Key_of_somebody_else_says_nothing(string key)
    {
        var invoice = GivenInvoice.Open() with { AttemptCount = 2 };

        Assert.Equal(InvoiceStep.NoteFailure, InvoiceNews.Decide(
            invoice, new ProviderNews.PaymentFailed(Reference, GivenInvoice.Declined, key)).Step);
    }

    [Fact]
    public void News_of_something_else_are_a_broken_call() => Assert.Throws<ArgumentOutOfRangeException>(
        () => InvoiceNews.Decide(GivenInvoice.Open(), new ProviderNews.CustomerDeleted(Reference)));
}
