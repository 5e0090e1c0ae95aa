using Tollgate.Domain.Billing;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Billing;

public sealed class ManualInvoiceTests
{
    private static readonly Customer Customer = new()
    {
        Uid = Guid.Empty,
        Id = new("c"),
        Email = "c@example.com",
        BillingCurrency = "jpy",
        CreatedAt = GivenInvoice.Issued,
        UpdatedAt = GivenInvoice.Issued,
    };

    [Fact]
    public void Lines_are_rounded_once_to_the_minor_unit_of_the_customers_currency()
    {
        var draft = Manual(new ManualInvoiceLine("Seats", 3, 333.5m)).ToDraft(Customer, GivenInvoice.Issued).Value;

        // 3 x 333.5 = 1000.5, half away from zero, without a minor unit.
        Assert.Equal("jpy", draft.Currency);
        Assert.Equal(1001m, Assert.Single(draft.Lines).Amount);
        Assert.Equal(333.5m, draft.Lines[0].UnitPrice);
        Assert.Null(draft.SubscriptionId);
        Assert.Equal(BillingReason.Manual, draft.Reason);
    }

    [Fact]
    public void Currency_given_wins_over_the_customers()
    {
        // 3 x 3.335 = 10.005 -> 10.01
        var draft = (Manual(new ManualInvoiceLine("Seats", 3, 3.335m)) with { Currency = "usd" }).ToDraft(Customer, GivenInvoice.Issued).Value;

        Assert.Equal(10.01m, draft.Lines[0].Amount);
    }

    [Fact]
    public void All_faults_are_named_at_once()
    {
        var refusal = (Manual(new ManualInvoiceLine("", 0, 1m), new ManualInvoiceLine("x", 1, 0.000001m)) with
        {
            Currency = "zzz",
            DaysUntilDue = 400,
            TaxPercentage = -1,
        }).ToDraft(Customer, GivenInvoice.Issued).Refusal;

        Assert.Equal(ErrorCode.BadUserInput, refusal?.Code);
        Assert.Equal(
            ["currency", "lines[0].description", "lines[0].quantity", "lines[1].unitPrice", "daysUntilDue", "taxPercentage"],
            refusal!.Fields.Select(f => f.Path));
        Assert.Equal("lines", Assert.Single(Manual().ToDraft(Customer, GivenInvoice.Issued).Refusal!.Fields).Path);
    }

    [Fact]
    public void Amount_beyond_what_money_is_kept_in_is_refused()
    {
        var refusal = Manual(new ManualInvoiceLine("Moon", 1000, 1_000_000_000m)).ToDraft(Customer, GivenInvoice.Issued).Refusal;
        var most = Manual(new ManualInvoiceLine("Moon", 1, 999_999_999_999m)).ToDraft(Customer, GivenInvoice.Issued);

        Assert.Equal(ErrorCode.AmountTooLarge, refusal?.Code);
        Assert.Null(most.Refusal);
    }

    [Fact]
    public void Invoice_that_is_sent_needs_an_address()
    {
        var nobody = Customer with { Email = null };

        var sent = Manual(new ManualInvoiceLine("Seats", 1, 1)).ToDraft(nobody, GivenInvoice.Issued);
        var charged = (Manual(new ManualInvoiceLine("Seats", 1, 1)) with { Method = PaymentCollectionMethod.Charge })
            .ToDraft(nobody, GivenInvoice.Issued);

        Assert.Equal(ErrorCode.CustomerHasNoEmailAddress, sent.Refusal?.Code);
        Assert.Null(charged.Refusal);
    }

    private static ManualInvoice Manual(params ManualInvoiceLine[] lines) => new() { CustomerId = new("c"), Lines = lines };
}
