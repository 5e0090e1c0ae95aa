using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>Granting, reading, changing and voiding credits (spec credits 4).</summary>
public sealed class CreditGrantUseCases(
    UnitOfWork unitOfWork, CatalogReader catalog, CustomerReader customers, Invoicing invoicing, OpenCreditBooks open,
    AdvanceCredits advance, ICustomerDueWork dueWork, CreditParties parties, PromotionCodes promotions)
{
    private readonly CreditGrantStore _store = new();
    private readonly PlanFactsReader _plans = new(catalog);

    /// <summary>
    /// Grants credits; what has to be paid here is billed in the same transaction. The answer is what became of it:
    /// usable, scheduled, or waiting for its payment.
    /// </summary>
    public Task<Result<BilledGrant>> CreateAsync(
        OperationScope scope, CreditGrantDraft draft, CancellationToken cancellationToken) =>
        unitOfWork.WriteAsync<BilledGrant>(
            scope,
            [
                UnitOfWork.CatalogInUse(scope.EnvironmentId),
                UnitOfWork.CustomerLock(scope.EnvironmentId, draft.CustomerId),
            ],
            async (work, token) =>
            {
                await dueWork.AdvanceAsync(work, draft.CustomerId, token);
                return await CreateAsync(work, draft, token);
            },
            cancellationToken);

    /// <summary>The same inside a unit of work that holds the customer's lock and has done what was due.</summary>
    internal async Task<Result<BilledGrant>> CreateAsync(
        Work work, CreditGrantDraft draft, CancellationToken cancellationToken)
    {
        var scope = work.Scope;
        var facts = await FactsAsync(
            work.Session, scope.EnvironmentId, draft.CustomerId, draft.ResourceId, draft.CurrencyId);
        if (!CreditGrantRules.Create(draft, facts, GrantIdSource.Next(), scope.Now)
            .TryGet(out var grant, out var refusal))
        {
            return refusal;
        }

        Invoice? invoice = null;
        if (grant.Method != PaymentCollectionMethod.None && grant.ChargeAt is null)
        {
            invoice = await invoicing.IssueAsync(
                work, CreditBills.Of(grant, scope.Now, draft.IsInvoicePaid), cancellationToken);
            grant = CreditBills.Billed(grant, invoice);
        }

        var books = await open.ExecuteAsync(
            work.Session, [new(scope.EnvironmentId, draft.CustomerId)], cancellationToken);
        var granted = books.At(scope, grant.Pool).Grant(grant, scope.Now);
        books.Done(scope, grant.Pool);
        await books.WriteAsync(work, cancellationToken);
        return new BilledGrant(granted, invoice);
    }

    /// <summary>
    /// What a grant would be billed; changes nothing (spec credits 4.4). A grant is charged at its cost: the coupon
    /// shows which cost to give.
    /// </summary>
    public async Task<Result<GrantPreview>> PreviewAsync(
        OperationScope scope, CreditGrantDraft draft, Optional<CouponRequest> discount,
        CancellationToken cancellationToken) =>
        (await promotions.LookUpAsync(scope, discount, draft.CustomerId, plan: null, cancellationToken))
        .TryGet(out var ready, out var unanswered)
            ? await PriceAsync(scope, draft, ready, cancellationToken)
            : unanswered;

    private Task<Result<GrantPreview>> PriceAsync(
        OperationScope scope, CreditGrantDraft draft, Optional<CouponRequest> discount,
        CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync<Result<GrantPreview>>(
            async (session, _) =>
            {
                var facts = await FactsAsync(
                    session, scope.EnvironmentId, draft.CustomerId, draft.ResourceId, draft.CurrencyId);
                // Whether it can be collected is not asked: the price does not depend on it.
                var priced = draft with { Method = PaymentCollectionMethod.None };
                if (!CreditGrantRules.Create(priced, facts, GrantIdSource.Next(), scope.Now)
                    .TryGet(out var grant, out var refusal))
                {
                    return refusal;
                }

                var findings = new Findings();
                var coupon = await _plans.CouponAsync(session, scope.EnvironmentId, discount);
                var terms = OneTimeDiscount.Of(findings, discount, coupon, grant.Cost, scope.Now);
                if (findings.ToRefusal() is { } faults)
                    return faults;
                // Covered from now on, whenever the credits begin.
                var bill = CreditBills.Of(
                    grant with { EffectiveAt = scope.Now }, scope.Now, isPaid: false, terms is null ? [] : [terms]);
                return new GrantPreview(grant, await invoicing.PreviewAsync(session, scope.EnvironmentId, bill));
            },
            cancellationToken);

    /// <summary>Newest first; without a resource only those of the customer's own pool.</summary>
    public async Task<Result<Page<BilledGrant>>> ListAsync(
        OperationScope scope, CreditGrantFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        await advance.CustomerAsync(scope, filter.CustomerId, cancellationToken);
        return await unitOfWork.Database.ReadAsync<Result<Page<BilledGrant>>>(
            async (session, _) =>
            {
                if (await parties.CheckAsync(
                    session, scope.EnvironmentId, filter.CustomerId, filter.ResourceId,
                    filter.CurrencyId) is { } unknown)
                {
                    return unknown;
                }

                var grants = await _store.PageAsync(session, scope.EnvironmentId, filter, page);
                if (!grants.TryGet(out var found, out var refusal))
                    return refusal;
                var invoices = await invoicing.FindAsync(
                    session, scope.EnvironmentId, [.. found.Items.Select(grant => grant.InvoiceUid).OfType<Guid>()]);
                return found.Map(grant => new BilledGrant(
                    grant, grant.InvoiceUid is { } uid ? invoices.GetValueOrDefault(uid) : null));
            },
            cancellationToken);
    }

    /// <summary>Takes what is left of the grant out for good; an open invoice of it is cancelled.</summary>
    public Task<Result<BilledGrant>> VoidAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) => ChangeAsync(
        scope,
        id,
        async (work, books, grant, token) =>
        {
            if (CreditGrantRules.CheckVoid(grant) is { } refusal)
                return refusal;
            var voided = books.At(scope, grant.Pool).Void(grant.Id, scope.Now);
            if (grant.InvoiceUid is { } invoice
                && await invoicing.FindAsync(work.Session, scope.EnvironmentId, invoice)
                    is { Status: InvoiceStatus.Open })
            {
                await invoicing.VoidAsync(work, invoice, scope.Now, token);
            }

            return voided;
        },
        cancellationToken);

    /// <summary>Changes texts, dates and priority (spec credits 4.5).</summary>
    public Task<Result<BilledGrant>> UpdateAsync(
        OperationScope scope, string id, CreditGrantEdit edit, CancellationToken cancellationToken) => ChangeAsync(
        scope,
        id,
        (_, books, grant, _) => Task.FromResult(CreditGrantRules.Update(grant, edit, scope.Now).Map(updated =>
            ReferenceEquals(updated, grant) ? grant : books.At(scope, grant.Pool).Update(updated, scope.Now))),
        cancellationToken);

    private async Task<Result<BilledGrant>> ChangeAsync(
        OperationScope scope,
        string id,
        Func<Work, CreditBooks, CreditGrant, CancellationToken, Task<Result<CreditGrant>>> change,
        CancellationToken cancellationToken)
    {
        var seen = await unitOfWork.Database.ReadAsync(
            (session, _) => _store.FindAsync(session, scope.EnvironmentId, id), cancellationToken);
        if (seen is null)
            return NotFound(id);
        return await unitOfWork.WriteAsync<BilledGrant>(
            scope,
            [
                UnitOfWork.CatalogInUse(scope.EnvironmentId),
                UnitOfWork.CustomerLock(scope.EnvironmentId, seen.CustomerId),
            ],
            async (work, token) =>
            {
                await dueWork.AdvanceAsync(work, seen.CustomerId, token);
                var books = await open.ExecuteAsync(work.Session, [new(scope.EnvironmentId, seen.CustomerId)], token);
                var book = books.At(scope, seen.Pool);
                // What is open is in the book as of now; what is closed is as stored, for ever.
                var grant = book.Find(id)
                    ?? book.Changed.FirstOrDefault(changed => changed.Id == id)
                    ?? await _store.FindAsync(work.Session, scope.EnvironmentId, id);
                if (!(await change(work, books, grant!, token)).TryGet(out var changed, out var refusal))
                    return refusal;
                books.Done(scope, seen.Pool);
                if (!books.IsEmpty)
                    await books.WriteAsync(work, token);
                return new BilledGrant(
                    changed,
                    changed.InvoiceUid is { } uid
                        ? await invoicing.FindAsync(work.Session, scope.EnvironmentId, uid)
                        : null);
            },
            cancellationToken);
    }

    private async Task<CreditGrantFacts> FactsAsync(
        Session session, EnvironmentId environment, CustomerId customer, ResourceId? resource, CurrencyId currency)
    {
        var found = await customers.FindAsync(session, environment, customer);
        return new(
            found,
            resource is not { } named
                || (found is not null && (await customers.ResourceIdsAsync(session, environment, customer))
                    .Contains(named)),
            await catalog.CurrencyAsync(session, environment, currency),
            found is not null && await invoicing.HasPaymentMethodAsync(session, environment, customer));
    }

    private static Refusal NotFound(string id) => new(ErrorCode.CreditGrantNotFound,
        $"There is no credit grant with the id '{id}' in this environment; use an id as the list of grants shows it.")
    {
        Details = new Dictionary<string, string> { ["grantId"] = id },
    };
}

/// <summary>A grant with the invoice that it is paid by, if any.</summary>
public sealed record BilledGrant(CreditGrant Grant, Invoice? Invoice);

/// <summary>What a grant would be billed.</summary>
public sealed record GrantPreview(CreditGrant Grant, InvoicePreview Invoice);
