using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Checkouts;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>A provisioning as it was asked for.</summary>
public sealed record ProvisionInput(ProvisionRequest Request)
{
    public BillingChoices Billing { get; init; } = BillingChoices.Default;

    /// <summary>How to collect a payment method that is missing; null = the caller did not say.</summary>
    public CheckoutOptions? Checkout { get; init; }

    /// <summary>The billing integration that is to bill it; null = the payer's own.</summary>
    public string? IntegrationId { get; init; }
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
/// <param name="Subscription">Null while a checkout has to be completed first.</param>
/// <param name="IsScheduled">It starts later.</param>
public sealed record ProvisionedSubscription(PricedSubscription? Subscription, bool IsScheduled)
{
    /// <summary>The subscription's id, reserved already while a checkout is open.</summary>
    public required SubscriptionId Id { get; init; }

    /// <summary>Where a payment method is given first; null when none is missing.</summary>
    public OpenedCheckout? Checkout { get; init; }

    /// <summary>The bills it made, that of the subscription first.</summary>
    public IReadOnlyList<Invoice> Invoices { get; init; } = [];
    public PlanDirection Direction { get; init; }
}

/// <summary>Puts a customer on a plan, inside a transaction of the caller (spec subscriptions 5).</summary>
public sealed class SubscribeCustomer(
    CatalogReader catalog, CustomerReader customers, CustomerWriter customerWriter, DecisionWriter writer,
    DecisionBiller biller, Invoicing invoicing, OpenCheckout checkouts, AdvanceSubscriptions advance, ProviderGate gate,
    PromotionCodes promotions)
{
    private readonly SubscriptionStore _store = new();
    private readonly PlanFactsReader _plans = new(catalog);
    private readonly RequestFacts _facts = new(catalog, customers);

    /// <summary>
    /// The locks the transaction must hold: the customer's, the payer's so that it is not archived meanwhile, and the
    /// catalog's, shared, so that no version is published and no product archived in between.
    /// </summary>
    public static IReadOnlyCollection<LockKey> Locks(EnvironmentId environment, ProvisionRequest request) =>
    [
        UnitOfWork.CatalogInUse(environment),
        UnitOfWork.CustomerLock(environment, request.CustomerId),
        .. request.PayingCustomerId is { } payer && payer != request.CustomerId
            ? [UnitOfWork.CustomerLock(environment, payer)]
            : Array.Empty<LockKey>(),
    ];

    /// <summary>
    /// What has to be asked of others before the transaction: what a promotion code stands for.
    /// </summary>
    public async Task<Result<ProvisionInput>> PrepareAsync(
        OperationScope scope, ProvisionInput input, CancellationToken cancellationToken)
    {
        var request = input.Request;
        return (await promotions.LookUpAsync(
            scope, request.Coupon, request.PayingCustomerId ?? request.CustomerId, request.PlanId, cancellationToken))
            .Map(coupon => input with { Request = request with { Coupon = coupon } });
    }

    /// <summary>
    /// Decides and writes in the transaction of <paramref name="work"/>, after everything due by now.
    /// </summary>
    public async Task<Result<ProvisionedSubscription>> ApplyAsync(
        Work work, ProvisionInput input, CancellationToken cancellationToken)
    {
        var request = input.Request;
        if (!(await DecideAsync(work, input, cancellationToken)).TryGet(out var decided, out var refusal))
            return refusal;
        var (decision, records, title) = decided;
        if (!work.IsPreview && await UnpayableAsync(work, decision, input) is { } bill)
        {
            var opened = await checkouts.OpenAsync(
                work, bill.PayerId, title, StoredProvision.Write(input, decision.Subject.Id), bill,
                input.Checkout ?? new(), cancellationToken);
            return opened.Map(checkout => new ProvisionedSubscription(null, IsScheduled: false)
            {
                Id = decision.Subject.Id,
                Checkout = checkout,
                Direction = decision.Direction,
            });
        }

        if (request.ResourceId is { } resource)
            await customerWriter.EnsureResourceAsync(work, request.CustomerId, resource);
        var billed = await writer.WriteAsync(
            work, request.CustomerId, records, decision, input.Billing, cancellationToken);
        var subject = billed.Decision.Subject;
        var charges = await _plans.ChargesAsync(work.Session, work.Scope.EnvironmentId, subject);
        return new ProvisionedSubscription(
            new(subject, charges, work.Scope.Now)
            {
                LatestInvoice = subject.LatestInvoiceUid is { } latest
                    ? billed.Invoices.FirstOrDefault(invoice => invoice.Uid == latest)
                        ?? await invoicing.FindAsync(work.Session, work.Scope.EnvironmentId, latest)
                    : null,
            },
            decision.IsScheduled)
        {
            Id = subject.Id,
            Invoices = billed.Invoices,
            Direction = decision.Direction,
        };
    }

    /// <summary>What the request comes to, after everything due by now; nothing of it is written.</summary>
    internal async Task<Result<DecidedProvision>> DecideAsync(
        Work work, ProvisionInput input, CancellationToken cancellationToken)
    {
        var request = input.Request with { IsBackdated = input.Billing.IsBackdated };
        await advance.AdvanceAsync(work, request.CustomerId, cancellationToken);
        var records = new SubscriptionRecords(
            await _store.ListLockedAsync(work.Session, work.Scope.EnvironmentId, request.CustomerId));
        var facts = await _facts.OfProvisionAsync(work.Session, work.Scope.EnvironmentId, request, records);
        var decided = await SubscriptionIds.DecideAsync(
            _store,
            work,
            records.Uids,
            ids => ProvisionSubscription.Decide(request, facts, work.Scope.Now, ids),
            result => result.TryGet(out var accepted, out _) && request.Id is null ? accepted : null);
        if (!decided.TryGet(out var decision, out var refusal))
            return refusal;
        if ((input.Unserved.Check() ?? CheckInvoice(request, facts, decision.Subject)) is { } refused)
            return refused;
        if (await gate.CheckAsync(work, decision, input.IntegrationId, cancellationToken) is { } beyond)
            return beyond;
        return new DecidedProvision(decision, records, facts.Plan!.Version.DisplayName);
    }

    /// <summary>
    /// The bill that the payer has no payment method for although one is needed; null when nothing is in the way.
    /// </summary>
    private async Task<InvoiceDraft?> UnpayableAsync(Work work, SubscriptionDecision decision, ProvisionInput input)
    {
        var bill = await biller.PlanAsync(work, decision, work.Scope.Now, input.Billing);
        return bill.Drafts.FirstOrDefault(draft => draft.Subject == decision.Subject.Uid) is { } draft
            && await biller.IsMethodMissingAsync(work, draft, input.Checkout is not null)
                ? draft.Draft
                : null;
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

/// <summary>A provisioning that is decided and not written yet.</summary>
/// <param name="Decision">What it comes to.</param>
/// <param name="Records">The customer's subscriptions it was decided on.</param>
/// <param name="Title">The plan's name.</param>
internal sealed record DecidedProvision(SubscriptionDecision Decision, SubscriptionRecords Records, string Title);
