namespace Tollgate.Domain.Billing.Sync;

/// <summary>What a provider's news about an invoice ask for.</summary>
public enum InvoiceStep
{
    /// <summary>It is so already, or has been overtaken.</summary>
    None,
    Settle,
    NoteFailure,
    Void,
    WriteOff,
}

/// <summary>
/// Compares what a provider tells of an invoice with what is known (spec integrations 2.7: messages are unordered). A
/// step that the invoice's status does not allow is refused by <see cref="InvoiceLifecycle"/>.
/// </summary>
public static class InvoiceNews
{
    public static (InvoiceStep Step, string? Note) Decide(Invoice invoice, ProviderNews news) => news switch
    {
        ProviderNews.PaymentSucceeded => invoice.Status == InvoiceStatus.Paid
            ? (InvoiceStep.None, "The invoice was paid before.")
            : (InvoiceStep.Settle, null),
        ProviderNews.PaymentFailed failed => invoice.Status != InvoiceStatus.Open
            ? (InvoiceStep.None, $"The invoice is {invoice.Status.ToString().ToUpperInvariant()} by now.")
            : IsCounted(invoice, failed.CallKey)
                ? (InvoiceStep.None, "The answer to the call told it before.")
                : (InvoiceStep.NoteFailure, null),
        ProviderNews.InvoiceVoided => invoice.Status == InvoiceStatus.Void
            ? (InvoiceStep.None, "The invoice was void before.")
            : (InvoiceStep.Void, null),
        ProviderNews.InvoiceUncollectible => invoice.Status == InvoiceStatus.Uncollectible
            ? (InvoiceStep.None, "The invoice was given up before.")
            : (InvoiceStep.WriteOff, null),
        _ => throw new ArgumentOutOfRangeException(nameof(news), news, "It is not about an invoice."),
    };

    /// <summary>The key of a call that collects: its invoice, and how many attempts there were before it.</summary>
    public static string CollectKey(Invoice invoice) => $"{invoice.Uid}/collect/{invoice.AttemptCount}";

    private static bool IsCounted(Invoice invoice, string? key)
    {
        var start = $"{invoice.Uid}/collect/";
        return key?.StartsWith(start, StringComparison.Ordinal) == true
            && int.TryParse(key.AsSpan(start.Length), out var before) && before < invoice.AttemptCount;
    }
}
