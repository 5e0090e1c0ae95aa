namespace Tollgate.Domain.Billing;

/// <summary>What one call says about the bill of its change (spec subscriptions 5.7, 9.1 and 10); nothing of it is kept.</summary>
public sealed record BillingChoices
{
    public static BillingChoices Default { get; } = new();

    /// <summary>What holds when nobody calls.</summary>
    public static BillingChoices OfTime { get; } = new() { IsOfTime = true };

    /// <summary>Null = as the environment says.</summary>
    public ProrationBehavior? Proration { get; init; }

    /// <summary>What runs is paid elsewhere: the first charge is that of the next period.</summary>
    public bool IsBackdated { get; init; }

    /// <summary>The first bill was paid out of band.</summary>
    public bool IsInvoicePaid { get; init; }

    /// <summary>
    /// Whether the call waits for its charges; false: it takes no money, and the charges follow its commit (spec
    /// subscriptions 5.5).
    /// </summary>
    public bool AwaitsPayment { get; init; } = true;

    /// <summary>No call asks: time alone makes the bill.</summary>
    public bool IsOfTime { get; init; }

    /// <summary>Whether an immediate cancellation gives back the unused time; null = as the product says.</summary>
    public bool? Prorate { get; init; }
}

/// <summary>When a change within a period is paid (spec subscriptions 10).</summary>
public enum ProrationBehavior
{
    /// <summary>At once.</summary>
    InvoiceImmediately,

    /// <summary>On the next bill.</summary>
    CreateProrations,

    /// <summary>Not at all.</summary>
    None,
}
