namespace Tollgate.Domain.Billing.Sync;

/// <summary>
/// What a billing provider tells of its own accord (spec integrations 2.7): one of the records below. What it means
/// here is decided from what is stored when it is applied, so that messages may come twice, late and in any order.
/// </summary>
public abstract record ProviderNews
{
    private ProviderNews(SyncedKind subject, ProviderReference reference) => (Subject, Of) = (subject, reference);

    /// <summary>What it is about.</summary>
    public SyncedKind Subject { get; }
    public ProviderReference Of { get; }

    /// <summary>The money of an invoice came.</summary>
    public sealed record PaymentSucceeded(ProviderReference Invoice) : ProviderNews(SyncedKind.Invoice, Invoice);

    /// <summary>An attempt to collect an invoice failed, or waits for its payer.</summary>
    /// <param name="Invoice">Which one.</param>
    /// <param name="Attempt">Declined or asking for the payer's action, and why.</param>
    /// <param name="CallKey">
    /// The key of the call that made the attempt; null when the provider made it by itself.
    /// </param>
    public sealed record PaymentFailed(ProviderReference Invoice, PaymentAttempt Attempt, string? CallKey)
        : ProviderNews(SyncedKind.Invoice, Invoice);

    public sealed record InvoiceVoided(ProviderReference Invoice) : ProviderNews(SyncedKind.Invoice, Invoice);

    public sealed record InvoiceUncollectible(ProviderReference Invoice) : ProviderNews(SyncedKind.Invoice, Invoice);

    /// <summary>The customer's charges are taken from this method from now on.</summary>
    public sealed record PaymentMethodAttached(ProviderReference Customer, PaymentMethod Method)
        : ProviderNews(SyncedKind.Customer, Customer);

    public sealed record PaymentMethodDetached(ProviderReference Customer, string MethodId)
        : ProviderNews(SyncedKind.Customer, Customer);

    /// <summary>The subscription was ended at the provider.</summary>
    public sealed record SubscriptionCanceled(ProviderReference Subscription)
        : ProviderNews(SyncedKind.Subscription, Subscription);

    /// <summary>The provider forgot the customer with its payment methods.</summary>
    public sealed record CustomerDeleted(ProviderReference Customer) : ProviderNews(SyncedKind.Customer, Customer);
}

/// <summary>An entity as a provider names it.</summary>
/// <param name="EntityId">Our id, where the provider keeps it with its copy; null = it does not.</param>
/// <param name="SyncedId">The provider's own id; null = it has none.</param>
public sealed record ProviderReference(string? EntityId, string? SyncedId)
{
    public override string ToString() => EntityId ?? SyncedId ?? "";
}

/// <summary>Where a message of a provider stands.</summary>
public enum ProviderMessageStatus
{
    /// <summary>What it is about is not there yet: it is tried again.</summary>
    Pending,

    /// <summary>It changed something here.</summary>
    Applied,

    /// <summary>There was nothing to change: of an unknown kind, known already, or overtaken by a later one.</summary>
    Ignored,

    /// <summary>It cannot be applied; somebody has to look.</summary>
    Failed,
}
