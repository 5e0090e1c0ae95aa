using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>A provisioning as it was asked for.</summary>
public sealed record ProvisionInput(ProvisionRequest Request)
{
    public BillingChoices Billing { get; init; } = BillingChoices.Default;
    public UnservedFields Unserved { get; init; } = UnservedFields.None;
}

/// <summary>A subscription with the charges that apply to it, as shown <paramref name="At"/> an instant.</summary>
public sealed record PricedSubscription(
    Subscription Subscription, IReadOnlyList<SubscriptionCharge> Charges, Instant At)
{
    /// <summary>Null before the first.</summary>
    public Invoice? LatestInvoice { get; init; }
}

/// <summary>What a provisioning left: the subscription asked for, live or waiting for its start.</summary>
public sealed record ProvisionedSubscription(PricedSubscription Subscription, bool IsScheduled)
{
    /// <summary>The bills it made, that of the subscription first.</summary>
    public IReadOnlyList<Invoice> Invoices { get; init; } = [];
    public PlanDirection Direction { get; init; }
}

/// <summary>Puts a customer on a plan, inside a transaction of the caller (spec subscriptions 5).</summary>
public sealed class SubscribeCustomer(
    CatalogReader catalog, CustomerReader customers, CustomerWriter customerWriter, DecisionWriter writer,
    Invoicing invoicing, AdvanceSubscriptions advance)
{
    private readonly SubscriptionStore _store = new();
    private readonly PlanFactsReader _plans = new(catalog);
    private readonly RequestFacts _facts = new(catalog, customers);

    /// <summary>
    /// The locks the transaction must hold: the customer's, the payer's so that it is not archived meanwhile, and the catalog's,
    /// shared, so that no version is published and no product archived in between.
    /// </summary>
    public static IReadOnlyCollection<LockKey> Locks(EnvironmentId environment, ProvisionRequest request) =>
    [
        UnitOfWork.CatalogInUse(environment),
        UnitOfWork.CustomerLock(environment, request.CustomerId),
        .. request.PayingCustomerId is { } payer && payer != request.CustomerId
            ? [UnitOfWork.CustomerLock(environment, payer)]
            : Array.Empty<LockKey>(),
    ];

    /// <summary>Decides and writes in the transaction of <paramref name="work"/>, after everything due by now.</summary>
    public async Task<Result<ProvisionedSubscription>> ApplyAsync(
        Work work, ProvisionInput input, CancellationToken cancellationToken)
    {
        var request = input.Request;
        var now = work.Scope.Now;
        await advance.AdvanceAsync(work, request.CustomerId, cancellationToken);
        var records = new SubscriptionRecords(
            await _store.ListOfCustomerAsync(work.Session, work.Scope.EnvironmentId, request.CustomerId));
        var facts = await _facts.OfProvisionAsync(work.Session, work.Scope.EnvironmentId, request, records);
        var decided = await SubscriptionIds.DecideAsync(
            _store,
            work,
            records.Uids,
            ids => ProvisionSubscription.Decide(request, facts, now, ids),
            result => result.TryGet(out var accepted, out _) && request.Id is null ? accepted : null);
        if (!decided.TryGet(out var decision, out var refusal))
            return refusal;
        if ((input.Unserved.Check(decision.Subject) ?? CheckInvoice(request, facts, decision.Subject)) is { } refused)
            return refused;
        if (request.ResourceId is { } resource)
            await customerWriter.EnsureResourceAsync(work, request.CustomerId, resource);
        var billed = await writer.WriteAsync(
            work, request.CustomerId, records, decision, input.Billing, cancellationToken);
        var subject = billed.Decision.Subject;
        return new ProvisionedSubscription(
            new(subject, await _plans.ChargesAsync(work.Session, work.Scope.EnvironmentId, subject), now)
            {
                LatestInvoice = subject.LatestInvoiceUid is { } latest
                    ? await invoicing.FindAsync(work.Session, work.Scope.EnvironmentId, latest)
                    : null,
            },
            decision.IsScheduled)
        {
            Invoices = billed.Invoices,
            Direction = decision.Direction,
        };
    }

    private static Refusal? CheckInvoice(ProvisionRequest request, ProvisionFacts facts, Subscription subject)
    {
        var payer = facts.PayingCustomer ?? facts.Customer!;
        return request.PaymentCollectionMethod == PaymentCollectionMethod.Invoice
            && subject.PricingType == PricingType.Paid && string.IsNullOrEmpty(payer.Email)
            ? new(ErrorCode.CustomerHasNoEmailAddress,
                $"Customer '{payer.Id}' has no e-mail address to send invoices to; set it first or choose another "
                + "paymentCollectionMethod.")
            : null;
    }
}
