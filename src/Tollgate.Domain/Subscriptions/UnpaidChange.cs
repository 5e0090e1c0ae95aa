using NodaTime;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// A change of a live subscription that could not be paid: accepted, billed, and carried out once its invoice is paid
/// (spec subscriptions 15). Its future updates are those that are PENDING_PAYMENT.
/// </summary>
public sealed record UnpaidChange
{
    /// <summary>The OPEN invoice it waits for.</summary>
    public required Guid InvoiceUid { get; init; }

    /// <summary>The subscription as the invoice pays for it, with what billing keeps on it from then on.</summary>
    public required Subscription Record { get; init; }

    /// <summary>Lines of it for the next bill, beside those that waited before.</summary>
    public IReadOnlyList<Billing.InvoiceLine> AddedLines { get; init => field = value ?? []; } = [];

    /// <summary>The overdrawn credits that its invoice is for.</summary>
    public IReadOnlyList<Credits.SettleOverdraft> Settlements { get; init => field = value ?? []; } = [];

    /// <summary>It begins a new period at once.</summary>
    public required bool RestartsPeriod { get; init; }

    /// <summary>Usage of resettable features starts again with it.</summary>
    public required bool ResetsUsage { get; init; }

    /// <summary>Trials of the scope that end with it.</summary>
    public IReadOnlyList<Guid> Replaces { get; init => field = value ?? []; } = [];
    public PlanDirection Direction { get; init; }

    /// <summary>What the other invoices of the subscription say about its payment.</summary>
    public PaymentCollection OtherCollection { get; init; }

    /// <summary>
    /// When it is given up: the time its invoice is for is over, either the running period or the new one.
    /// </summary>
    internal Instant? ExpiryOn(Subscription subscription) =>
        (subscription.CurrentBillingPeriodEnd, Record.CurrentBillingPeriodEnd) switch
        {
            ({ } running, { } paid) => Instant.Min(running, paid),
            var (running, paid) => running ?? paid,
        };
}
