using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.Customers;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Sync;

/// <summary>
/// Tells connected providers what has changed (spec integrations 1.1): rows of the outbox are claimed in a transaction,
/// sent outside of one, and completed in another. A worker that dies in between loses its claim after
/// <see cref="SyncQueue.Lease"/>; then the same revision is sent again with the same payload under the same key.
/// </summary>
public sealed class SendDueSyncs(
    UnitOfWork unitOfWork,
    BillingProviders providers,
    CustomerReader customers,
    IProviderSubscriptions subscriptions,
    TimeProvider time) : IDueWork
{
    /// <summary>How long a provider is given to answer; shorter than a claim lasts.</summary>
    public static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(20);

    /// <summary>How many are on their way at once.</summary>
    private const int Together = 16;

    private readonly SyncQueue _queue = new();
    private readonly InvoiceStore _invoices = new();
    private readonly BillingCustomerStore _billingCustomers = new();

    public bool CallsOthers => true;

    private Instant Real => Instant.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());

    public Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        providers.AnyIsTold
            ? unitOfWork.Database.ReadAsync(
                (session, _) => _queue.NextDueAsync(session, environment, Real), cancellationToken)
            : Task.FromResult<Instant?>(null);

    /// <summary>The number of attempts made.</summary>
    public Task<int> RunDueAsync(AccountEnvironment environment, Instant until, CancellationToken cancellationToken) =>
        RunSomeDueAsync(environment, until, int.MaxValue, cancellationToken);

    /// <inheritdoc />
    public async Task<int> RunSomeDueAsync(
        AccountEnvironment environment, Instant until, int most, CancellationToken cancellationToken)
    {
        var done = 0;
        while (done < most && await NextDueAsync(environment.Id, cancellationToken) is { } due && due <= until)
        {
            var claimed = await ClaimAsync(environment.Id, until, cancellationToken);
            if (claimed.Count == 0)
                break;
            await Task.WhenAll(claimed.Select(sync => SendAsync(environment, sync, cancellationToken)));
            done += claimed.Count;
        }

        return done;
    }

    /// <summary>Takes some of what is due, with what the provider is told of it as it is at this revision.</summary>
    private async Task<IReadOnlyList<ClaimedSync>> ClaimAsync(
        EnvironmentId environment, Instant until, CancellationToken cancellationToken)
    {
        var claimed = new List<ClaimedSync>();
        await unitOfWork.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                foreach (var sync in await _queue.ListSendableAsync(session, environment, until, Real, Together))
                {
                    // Its row is locked: a change of the entity that would be seen here has counted the
                    // revision before.
                    var told = sync with { Payload = sync.Payload ?? await PayloadAsync(session, environment, sync) };
                    await _queue.ClaimAsync(session, told, Real);
                    claimed.Add(told);
                }

                return claimed.Count > 0;
            },
            cancellationToken);
        return claimed;
    }

    private async Task<string?> PayloadAsync(Session session, EnvironmentId environment, ClaimedSync sync)
    {
        switch (sync.Kind)
        {
            case SyncedKind.Customer:
                return await customers.FindAsync(session, environment, sync.CustomerId) is { } customer
                    ? Text(
                        new ProviderCustomer(
                            customer,
                            (await _billingCustomers.FindAsync(session, environment, customer.Id))?.Value.Details),
                        BodyJson.Default.ProviderCustomer)
                    : null;
            case SyncedKind.Subscription:
                return await subscriptions.FindAsync(session, environment, new(sync.EntityId)) is { } subscription
                    ? Text(subscription, BodyJson.Default.ProviderSubscription)
                    : null;
            case SyncedKind.Invoice:
                return await _invoices.FindAsync(session, environment, Guid.Parse(sync.EntityId))
                    is { Value: var invoice }
                    ? Text(invoice, BodyJson.Default.Invoice)
                    : null;
            case SyncedKind.UsageCharge:
                return null;
            default:
                throw new ArgumentOutOfRangeException(nameof(sync), sync.Kind, "Not a kind.");
        }
    }

    private async Task SendAsync(AccountEnvironment environment, ClaimedSync sync, CancellationToken cancellationToken)
    {
        var began = environment.Now(time);
        var answer = await AnswerOfAsync(environment, sync, cancellationToken);
        var now = environment.Now(time);
        switch (answer)
        {
            case SyncAnswer.Taken taken:
                await CompleteAsync(sync, SyncStatus.Success, taken.SyncedId, taken.Link, now, cancellationToken);
                break;
            case SyncAnswer.NotNeeded:
                await CompleteAsync(sync, SyncStatus.NoSyncRequired, null, null, now, cancellationToken);
                break;
            case SyncAnswer.Busy busy:
                var wait = Duration.Max(busy.RetryAfter, Duration.FromMilliseconds(1));
                await ReleaseAsync(environment, sync, new(
                    sync.Attempts, sync.FirstAttemptAt, now + wait, "The provider asked to be called later."),
                    now, cancellationToken);
                break;
            case SyncAnswer.Failed failed:
                var first = sync.FirstAttemptAt ?? began;
                await ReleaseAsync(environment, sync, new(
                    sync.Attempts + 1, first, SyncAttempts.Next(sync.Attempts + 1, first), failed.Error),
                    now, cancellationToken);
                break;
            default:
                throw new InvalidOperationException($"{answer} is no answer that can be worked with.");
        }
    }

    private async Task<SyncAnswer> AnswerOfAsync(
        AccountEnvironment environment, ClaimedSync sync, CancellationToken cancellationToken)
    {
        if (sync.Payload is not { } payload)
            return new SyncAnswer.NotNeeded();
        if (providers.FindOrNull(sync.IntegrationId)?.Sync is not { } told)
            return new SyncAnswer.Failed($"The integration '{sync.IntegrationId}' is not connected to this server.");
        using var timeout = new CancellationTokenSource(AnswerTime, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await TellAsync(told, environment, sync, payload, ending.Token).WaitAsync(ending.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return new SyncAnswer.Failed($"The provider did not answer in {AnswerTime.TotalSeconds} seconds.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new SyncAnswer.Failed($"The provider could not be reached: {exception.Message}");
        }
    }

    private static Task<SyncAnswer> TellAsync(
        IProviderSync told, AccountEnvironment environment, ClaimedSync sync, string payload,
        CancellationToken cancellationToken)
    {
        var send = new ProviderSend(environment, $"{environment.Uid}/{sync.Kind}/{sync.EntityId}/{sync.Revision}")
        {
            SyncedId = sync.SyncedId,
            CustomerSyncedId = sync.CustomerSyncedId,
            SubscriptionSyncedId = sync.SubscriptionSyncedId,
        };
        return sync.Kind switch
        {
            SyncedKind.Customer => told.CustomerChangedAsync(
                send, Value(BodyJson.Default.ProviderCustomer), cancellationToken),
            SyncedKind.Subscription => told.SubscriptionChangedAsync(
                send, Value(BodyJson.Default.ProviderSubscription), cancellationToken),
            SyncedKind.UsageCharge => told.UsageChargedAsync(
                send, Value(BodyJson.Default.ProviderUsage), cancellationToken),
            SyncedKind.Invoice => told.InvoiceChangedAsync(send, Value(BodyJson.Default.Invoice), cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(sync), sync.Kind, "Not a kind."),
        };

        T Value<T>(JsonTypeInfo<T> json) => JsonSerializer.Deserialize(payload, json)!;
    }

    private Task CompleteAsync(
        ClaimedSync sync, SyncStatus status, string? syncedId, Uri? link, Instant now,
        CancellationToken cancellationToken) =>
        unitOfWork.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                await _queue.CompleteAsync(session, sync, status, syncedId, link, now);
                return true;
            },
            cancellationToken);

    /// <summary>Notes the failed attempt; the last one tells it (<c>sync.failed</c>) in the same transaction.</summary>
    private async Task ReleaseAsync(
        AccountEnvironment environment, ClaimedSync sync, SyncFailure failure, Instant now,
        CancellationToken cancellationToken) =>
        await unitOfWork.WriteAsync<Domain.Errors.Done>(
            new(environment, Actor.System, Guid.CreateVersion7(), now),
            [],
            async (work, _) =>
            {
                if (await _queue.ReleaseAsync(work.Session, sync, failure, now) && failure.NextAttemptAt is null)
                {
                    work.Record(FailedEvent(sync, failure.Error));
                    if (sync is { Kind: SyncedKind.Customer, SyncedId: null })
                    {
                        await _queue.NoteBlockedAsync(work.Session, environment.Id, sync,
                            $"It waits for customer '{sync.EntityId}', who could not be sent: {failure.Error}");
                    }
                }

                return default(Domain.Errors.Done);
            },
            cancellationToken);

    /// <summary>The payload of the spec (webhooks 4.6).</summary>
    private DomainEvent FailedEvent(ClaimedSync sync, string error)
    {
        var (kind, type) = sync.Kind switch
        {
            SyncedKind.Customer => (EntityKind.Customer, "CUSTOMER"),
            SyncedKind.Subscription => (EntityKind.Subscription, "SUBSCRIPTION"),
            SyncedKind.UsageCharge => (EntityKind.Measurement, "MEASUREMENT"),
            SyncedKind.Invoice => (EntityKind.Invoice, "INVOICE"),
            _ => throw new ArgumentOutOfRangeException(nameof(sync), sync.Kind, "Not a kind."),
        };
        return new(EventType.SyncFailed, kind, sync.EntityId, sync.CustomerId, null, null)
        {
            Facts = new Dictionary<string, string>
            {
                ["error"] = error,
                ["id"] = sync.EntityId,
                ["entityType"] = type,
                ["integrationId"] = sync.IntegrationId,
                ["vendorIdentifier"] = providers.FindOrNull(sync.IntegrationId)?.VendorIdentifier ?? sync.IntegrationId,
            },
        };
    }

    private static string Text<T>(T value, JsonTypeInfo<T> json) => JsonSerializer.Serialize(value, json);
}
