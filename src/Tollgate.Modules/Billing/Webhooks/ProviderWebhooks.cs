using System.Text;
using Microsoft.Extensions.Logging;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Webhooks;

/// <summary>
/// Takes messages of billing providers (spec integrations 2.7): each is verified, kept once under the provider's id of
/// it, and applied exactly once, in the transaction of its effect. What it is about may not be committed yet: then it
/// is tried again, as long as a provider is (<see cref="SyncAttempts"/>).
/// </summary>
public sealed partial class ProviderWebhooks(
    UnitOfWork unitOfWork,
    BillingProviders providers,
    AccountDirectory directory,
    ApplyProviderNews apply,
    TimeProvider time,
    ILogger<ProviderWebhooks> log) : IDueWork
{
    private const int BatchSize = 100;

    private readonly MessageStore _store = new();

    /// <summary>
    /// The message as it stands when it is answered; one that is only kept so far is worked off later.
    /// </summary>
    /// <param name="environmentUid">The id of the environment, from the address.</param>
    /// <param name="integrationId">The provider's integration, from the address.</param>
    /// <param name="request">What was sent.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    public async Task<Result<StoredMessage>> ReceiveAsync(
        string environmentUid, string integrationId, ProviderRequest request, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(environmentUid, out var uid)
            || directory.Environments.FirstOrDefault(e => e.Uid == uid) is not { } environment)
        {
            return new Refusal(ErrorCode.EnvironmentMissing,
                $"There is no environment with the id '{environmentUid}'; use the address that the integration names.");
        }

        if (!providers.Find(environment, integrationId).TryGet(out var provider, out var refusal))
            return refusal;
        if (provider.Webhooks is not { } webhooks)
        {
            return new Refusal(ErrorCode.IntegrationNotFound,
                $"The billing integration '{integrationId}' sends no messages; send those of a connected provider.");
        }

        if (webhooks.Verify(environment, request).Refusal is { } unsigned)
            return unsigned;
        string body;
        ProviderMessage message;
        try
        {
            body = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(request.Body.Span);
            message = webhooks.Read(body);
        }
        catch (Exception exception) when (exception is FormatException or DecoderFallbackException)
        {
            return Refusal.Of(ErrorCode.InvalidArgumentError, [new("body",
                $"The body is signed but cannot be read: {exception.Message} Send the provider's message as it is.")]);
        }

        var now = environment.Now(time);
        var isNew = false;
        await unitOfWork.Database.WriteAsync(
            [],
            async (session, _) => isNew = await _store.KeepAsync(
                session, environment.Id, integrationId, message, body, now),
            cancellationToken);
        var stored = await FindAsync(environment.Id, integrationId, message.Id, cancellationToken);
        if (!isNew || stored.Status != ProviderMessageStatus.Pending)
            return stored;
        await ApplyAsync(environment, stored, cancellationToken);
        return await FindAsync(environment.Id, integrationId, message.Id, cancellationToken);
    }

    public Task<Result<Page<StoredMessage>>> ListAsync(
        OperationScope scope, MessageFilter filter, PageRequest page, CancellationToken cancellationToken) =>
        unitOfWork.Database.ReadAsync(
            (session, _) => _store.PageAsync(session, scope.EnvironmentId, filter, page), cancellationToken);

    public Task<Instant?> NextDueAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        providers.AnyTells
        ? unitOfWork.Database.ReadAsync((session, _) => _store.NextDueAsync(session, environment), cancellationToken)
        : Task.FromResult<Instant?>(null);

    /// <summary>The number of messages tried.</summary>
    public async Task<int> RunDueAsync(
        AccountEnvironment environment, Instant until, CancellationToken cancellationToken)
    {
        var done = 0;
        if (!providers.AnyTells)
            return done;
        while (await unitOfWork.Database.ReadAsync(
            (session, _) => _store.ListDueAsync(session, environment.Id, until, BatchSize),
            cancellationToken) is { Count: > 0 } batch)
        {
            foreach (var message in batch)
                await ApplyAsync(environment, message, cancellationToken);
            done += batch.Count;
        }

        return done;
    }

    /// <summary>One attempt; a fault is an attempt too, so that one message never keeps the others waiting.</summary>
    private async Task ApplyAsync(
        AccountEnvironment environment, StoredMessage message, CancellationToken cancellationToken)
    {
        NewsOutcome outcome;
        try
        {
            var provider = providers.FindOrNull(message.IntegrationId);
            outcome = provider?.Webhooks is { } webhooks && webhooks.Read(message.Body).News is { } news
                ? await apply.ExecuteAsync(environment, provider, message, news, cancellationToken)
                : new NewsOutcome.Refused(
                    $"The integration '{message.IntegrationId}' is not connected to this server.");
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or DatabaseUnavailableException))
        {
            LogFailed(exception, message.MessageId, message.IntegrationId);
            outcome = new NewsOutcome.NotYet($"Something unexpected went wrong: {exception.Message}");
        }

        var now = environment.Now(time);
        switch (outcome)
        {
            case NewsOutcome.Refused refused:
                await WriteAsync(session => _store.EndAsync(
                    session, message, ProviderMessageStatus.Failed, refused.Why, now), cancellationToken);
                break;
            case NewsOutcome.NotYet waits when SyncAttempts.Next(message.Attempts + 1, message.ReceivedAt) is { } next:
                await WriteAsync(session => _store.WaitAsync(
                    session, message, Instant.Max(next, now + Duration.FromMilliseconds(1)),
                    waits.Why), cancellationToken);
                break;
            case NewsOutcome.NotYet waits:
                await WriteAsync(session => _store.EndAsync(
                    session, message, ProviderMessageStatus.Failed, waits.Why, now), cancellationToken);
                break;
        }
    }

    private async Task<StoredMessage> FindAsync(
        EnvironmentId environment, string integration, string messageId, CancellationToken cancellationToken) =>
        (await unitOfWork.Database.ReadAsync(
            (session, _) => _store.FindAsync(session, environment, integration, messageId), cancellationToken))!;

    private Task WriteAsync(Func<Session, Task> write, CancellationToken cancellationToken) =>
        unitOfWork.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                await write(session);
                return true;
            },
            cancellationToken);

    [LoggerMessage(
        4301, LogLevel.Error, "Message {Message} of the billing provider {Integration} could not be applied")]
    private partial void LogFailed(Exception exception, string message, string integration);
}
