using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>A bill that a person writes, about no subscription.</summary>
public sealed record ManualInvoice
{
    public const int MaxLines = 250;

    public required CustomerId CustomerId { get; init; }

    /// <summary>Lower-case ISO 4217 code; null = the customer's, else US dollars.</summary>
    public string? Currency { get; init; }
    public required IReadOnlyList<ManualInvoiceLine> Lines { get; init; }
    public PaymentCollectionMethod Method { get; init; } = PaymentCollectionMethod.Invoice;
    public int? DaysUntilDue { get; init; }
    public decimal? TaxPercentage { get; init; }

    /// <summary>The bill with rounded lines; every fault of the input at once.</summary>
    public Result<InvoiceDraft> ToDraft(Customer customer, Instant now)
    {
        var findings = new Findings();
        var currency = Currency ?? customer.BillingCurrency ?? Currencies.Default;
        if (!Currencies.IsKnown(currency))
            findings.Bad("currency", $"'{currency}' is not a supported currency code.");
        if (Lines.Count is 0 or > MaxLines)
            findings.Bad("lines", $"lines has {Lines.Count} entries; give 1 to {MaxLines}.");
        for (var i = 0; i < Lines.Count; i++)
            Lines[i].Check(findings, $"lines[{i}]");
        if (DaysUntilDue is < 0 or > BillingSettingsRules.MaxDueDays)
        {
            findings.Bad("daysUntilDue",
                $"daysUntilDue is {DaysUntilDue}; give a whole number of days from 0 to "
                + $"{BillingSettingsRules.MaxDueDays}.");
        }

        if (TaxPercentage is { } tax)
            BillingSettingsRules.CheckTax(findings, "taxPercentage", tax);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        if (Method == PaymentCollectionMethod.Invoice && string.IsNullOrEmpty(customer.Email))
        {
            return new Refusal(ErrorCode.CustomerHasNoEmailAddress,
                $"Customer '{customer.Id}' has no e-mail address to send invoices to; set it first or choose another "
                + "paymentCollectionMethod.");
        }

        return new InvoiceDraft
        {
            PayerId = customer.Id,
            SubscriptionId = null,
            Reason = BillingReason.Manual,
            Currency = currency,
            Lines = [.. Lines.Select(line => line.ToLine(currency, now))],
            At = now,
            Method = Method,
            DaysUntilDue = DaysUntilDue,
            TaxPercentage = TaxPercentage,
        };
    }
}

/// <param name="Description">What is charged for, 1 to 255 characters.</param>
/// <param name="Quantity">More than 0.</param>
/// <param name="UnitPrice">In major units, up to 5 decimals; negative gives money back.</param>
public sealed record ManualInvoiceLine(string Description, decimal Quantity, decimal UnitPrice)
{
    private const decimal MaxAmount = 999_999_999_999;

    internal void Check(Findings findings, string path)
    {
        TextLimits.CheckRequired(findings, $"{path}.description", Description);
        if (Quantity is <= 0 or > 999_999_999)
            findings.Bad($"{path}.quantity", $"{path}.quantity is {Quantity}; give more than 0 and at most 999999999.");
        if (decimal.Round(UnitPrice, 5) != UnitPrice)
        {
            findings.Add(ErrorCode.InvalidArgumentError, $"{path}.unitPrice",
                $"{path}.unitPrice is {UnitPrice}; give at most 5 decimals.");
        }

        if (Math.Abs(UnitPrice) > MaxAmount || Quantity <= 999_999_999 && Math.Abs(UnitPrice * Quantity) > MaxAmount)
        {
            findings.Add(ErrorCode.AmountTooLarge, $"{path}.unitPrice",
                $"{path} comes to more than {MaxAmount}; give smaller amounts.");
        }
    }

    internal InvoiceLine ToLine(string currency, Instant now) => new()
    {
        Type = InvoiceLineType.Other,
        Description = Description,
        Amount = Currencies.Round(Quantity * UnitPrice, currency),
        Quantity = Quantity,
        UnitPrice = UnitPrice,
        PeriodStart = now,
        PeriodEnd = now,
    };
}
