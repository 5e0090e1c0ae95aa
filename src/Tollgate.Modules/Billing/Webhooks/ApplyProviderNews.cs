using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Billing.PaymentMethods;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.Billing.Sync;
using Tollgate.Modules.Customers;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Webhooks;

/// <summary>
/// Does what a provider told (spec integrations 2.6 and 2.7). What there is to do is decided under the locks of
/// everybody it concerns from what is stored then, and the message is ended in the same transaction: so it counts once,
/// also when it comes late, twice, or after one that happened later.
/// </summary>
public sealed class ApplyProviderNews(
    UnitOfWork unitOfWork,
    InvoiceChanges invoices,
    PaymentMethodWriter paymentMethods,
    CustomerReader customers,
    ICustomerDueWork dueWork,
    IProviderSubscriptions subscriptions,
    TimeProvider time)
{
    private readonly MessageStore _messages = new();
    private readonly SyncStore _syncs = new();

    public async Task<NewsOutcome> ExecuteAsync(
        AccountEnvironment environment, IBillingProvider provider, StoredMessage message, ProviderNews news,
        CancellationToken cancellationToken)
    {
        var scope = new OperationScope(
            environment, Actor.Provider(provider.VendorIdentifier), Guid.CreateVersion7(), environment.Now(time));
        if (await EntityAsync(scope, provider, news, cancellationToken) is not { } entity)
            return Unknown(news);
        var telling = new Telling(scope, provider, message, news);
        return news switch
        {
            ProviderNews.PaymentMethodAttached attached => await AttachAsync(
                telling, new(entity), attached, cancellationToken),
            ProviderNews.PaymentMethodDetached detached => await DetachAsync(
                telling, new(entity), detached, cancellationToken),
            ProviderNews.CustomerDeleted => await ForgetAsync(telling, new(entity), cancellationToken),
            ProviderNews.SubscriptionCanceled => await CancelAsync(telling, new(entity), cancellationToken),
            _ => Guid.TryParse(entity, out var invoice)
                ? await ChangeInvoiceAsync(telling, invoice, cancellationToken)
                : Unknown(news),
        };
    }

    /// <summary>
    /// Our id of what it is about; null when the provider was not told of it, or its answer is not committed yet.
    /// </summary>
    private async Task<string?> EntityAsync(
        OperationScope scope, IBillingProvider provider, ProviderNews news, CancellationToken cancellationToken) =>
        news.Of.EntityId ?? (news.Of.SyncedId is { } synced
            ? await unitOfWork.Database.ReadAsync(
                (session, _) => _syncs.EntityOfAsync(
                    session, scope.EnvironmentId, provider.IntegrationId, news.Subject, synced),
                cancellationToken)
            : null);

    private async Task<NewsOutcome> ChangeInvoiceAsync(Telling telling, Guid uid, CancellationToken cancellationToken)
    {
        var result = await invoices.ChangeAsync(
            telling.Scope,
            uid,
            async (work, row, token) =>
            {
                var (step, note) = InvoiceNews.Decide(row.Value, telling.News);
                if (await EndAsync(telling, work, step != InvoiceStep.None, note) is { } over)
                    return over;
                return step switch
                {
                    InvoiceStep.None => row.Value,
                    InvoiceStep.Settle => await invoices.SettleAsync(work, row, token),
                    InvoiceStep.Void => await invoices.VoidAsync(work, row, token),
                    InvoiceStep.WriteOff => await invoices.WriteOffAsync(work, row, token),
                    InvoiceStep.NoteFailure => await invoices.NoteFailureAsync(
                        work, row, row.Value, ((ProviderNews.PaymentFailed)telling.News).Attempt, token),
                    _ => throw new ArgumentOutOfRangeException(nameof(telling), step, "Not a step."),
                };
            },
            cancellationToken);
        return result.Refusal is { Code: ErrorCode.MissingSubscriptionInvoiceError }
            ? Unknown(telling.News)
            : OutcomeOf(result.Refusal);
    }

    private async Task<NewsOutcome> CancelAsync(
        Telling telling, SubscriptionId subscription, CancellationToken cancellationToken)
    {
        var result = await subscriptions.CancelAsync(
            telling.Scope,
            subscription,
            (work, hasEnded) => EndAsync(
                telling, work, !hasEnded, hasEnded ? $"Subscription '{subscription}' had ended before." : null),
            cancellationToken);
        return result.Refusal is { Code: ErrorCode.SubscriptionNotFound }
            ? Unknown(telling.News)
            : OutcomeOf(result.Refusal);
    }

    private Task<NewsOutcome> AttachAsync(
        Telling telling, CustomerId id, ProviderNews.PaymentMethodAttached attached,
        CancellationToken cancellationToken) =>
        ChangeCustomerAsync(
            telling,
            id,
            async (work, customer, linked) =>
            {
                if (customer.IsArchived)
                    return new(false, $"Customer '{id}' is archived.");
                if (linked is not null && linked.IntegrationId != telling.Provider.IntegrationId)
                    return new(false, $"Customer '{id}' lives in '{linked.IntegrationId}'.");
                if (await IsOvertakenAsync(telling, work))
                    return Overtaken;
                var billingId = attached.Customer.SyncedId ?? linked?.BillingId ?? await _syncs.SyncedIdOfAsync(
                    work.Session, telling.Scope.EnvironmentId, telling.Provider.IntegrationId, SyncedKind.Customer,
                    id.Value);
                if (billingId is null)
                {
                    return new(false,
                        $"'{telling.Provider.IntegrationId}' does not say which of its customers '{id}' is.");
                }

                var method = attached.Method with { AttachedAt = telling.Scope.Now };
                return new(true, null, () => paymentMethods.KeepAsync(work, telling.Provider, id, billingId, method));
            },
            cancellationToken);

    /// <summary>One that is no longer the customer's changes nothing.</summary>
    private Task<NewsOutcome> DetachAsync(
        Telling telling, CustomerId id, ProviderNews.PaymentMethodDetached detached,
        CancellationToken cancellationToken) =>
        ChangeCustomerAsync(
            telling,
            id,
            async (work, _, linked) =>
            {
                if (linked?.IntegrationId != telling.Provider.IntegrationId || linked.Method?.Id != detached.MethodId)
                    return new(false, $"'{detached.MethodId}' is not the payment method of customer '{id}'.");
                return await IsOvertakenAsync(telling, work)
                    ? Overtaken
                    : new(true, null, () => paymentMethods.RemoveAsync(work, id));
            },
            cancellationToken);

    /// <summary>What is billed to the customer next makes a new one at the provider.</summary>
    private Task<NewsOutcome> ForgetAsync(Telling telling, CustomerId id, CancellationToken cancellationToken) =>
        ChangeCustomerAsync(
            telling,
            id,
            async (work, _, linked) =>
            {
                var (environment, integration) = (telling.Scope.EnvironmentId, telling.Provider.IntegrationId);
                var synced = await _syncs.SyncedIdOfAsync(
                    work.Session, environment, integration, SyncedKind.Customer, id.Value);
                var isLinked = linked?.IntegrationId == integration;
                if (synced is null && !isLinked)
                    return new(false, $"'{integration}' does not know customer '{id}'.");
                if (telling.News.Of.SyncedId is { } deleted && synced is not null && synced != deleted)
                    return new(false, $"Customer '{id}' is '{synced}' there by now, not '{deleted}'.");
                return new(true, null, async () =>
                {
                    if (isLinked)
                        await paymentMethods.ForgetAsync(work, id);
                    await _syncs.ForgetAsync(
                        work.Session, environment, integration, SyncedKind.Customer, id.Value,
                        "The customer was deleted at the provider; what is billed next makes a new one.",
                        work.Scope.Now);
                });
            },
            cancellationToken);

    private async Task<NewsOutcome> ChangeCustomerAsync(
        Telling telling, CustomerId id, Func<Work, Customer, BillingCustomer?, Task<CustomerStep>> decide,
        CancellationToken cancellationToken)
    {
        var isKnown = true;
        var environment = telling.Scope.EnvironmentId;
        var result = await unitOfWork.WriteAsync<Done>(
            telling.Scope,
            [UnitOfWork.CatalogInUse(environment), UnitOfWork.CustomerLock(environment, id)],
            async (work, token) =>
            {
                // What fell due before is still charged to the method there was.
                await dueWork.AdvanceAsync(work, id, token);
                isKnown = await customers.FindAsync(work.Session, environment, id) is { } customer;
                if (!isKnown)
                    return default(Done);
                var linked = await paymentMethods.LinkedAsync(work.Session, environment, id);
                var step = await decide(
                    work, (await customers.FindAsync(work.Session, environment, id))!, linked);
                if (await EndAsync(telling, work, step.Changes, step.Note) is { } over)
                    return over;
                if (step.Run is { } run)
                    await run();
                return default(Done);
            },
            cancellationToken);
        return isKnown ? OutcomeOf(result.Refusal) : Unknown(telling.News);
    }

    private Task<bool> IsOvertakenAsync(Telling telling, Work work) =>
        _messages.IsOvertakenAsync(work.Session, telling.Scope.EnvironmentId, telling.Message, telling.News);

    /// <summary>
    /// Ends the message; a refusal when another worker has done it, so that this transaction is rolled back.
    /// </summary>
    private async Task<Refusal?> EndAsync(Telling telling, Work work, bool changes, string? note) =>
        await _messages.EndAsync(
            work.Session,
            telling.Message,
            changes ? ProviderMessageStatus.Applied : ProviderMessageStatus.Ignored,
            note,
            work.Scope.Now)
            ? null
            : new Refusal(ErrorCode.ObjectAlreadyBeingUsedByAnotherRequestError, "Another worker applied the message.");

    private static CustomerStep Overtaken { get; } =
        new(false, "It came after a message about the same payment method that happened later.");

    private static NewsOutcome OutcomeOf(Refusal? refusal) => refusal switch
    {
        null or { Code: ErrorCode.ObjectAlreadyBeingUsedByAnotherRequestError } => new NewsOutcome.Ended(),
        _ => new NewsOutcome.Refused(refusal.Message),
    };

    private static NewsOutcome.NotYet Unknown(ProviderNews news) =>
        new($"There is no {news.Subject} '{news.Of}' in this environment.");

    /// <summary>One message on its way.</summary>
    private sealed record Telling(
        OperationScope Scope, IBillingProvider Provider, StoredMessage Message, ProviderNews News);

    /// <summary>What is to be done, if anything.</summary>
    private sealed record CustomerStep(bool Changes, string? Note, Func<Task>? Run = null);
}
