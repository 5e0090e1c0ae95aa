using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Takes an event out of the count or gives it other dimensions there; what was sent stays. The counters it may have
/// moved go in the same transaction and are counted again from the events when they are asked for; what it changes of
/// the credits that were burnt is burnt or given back in it too.
/// </summary>
public sealed class CorrectEvents(
    UnitOfWork unitOfWork, EventFeed feed, EventDictionaries dictionaries, EventMeters meters, EventReader reader,
    EntitlementSnapshots snapshots, CorrectBurns burns, MovedCounters moved)
{
    public const int MaxReasonLength = 1_000;

    /// <param name="scope">Who corrects.</param>
    /// <param name="id">The public id of the event.</param>
    /// <param name="dimensions">What it counts with from now on; null = it does not count.</param>
    /// <param name="reason">Kept with the correction and in the event log.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public async Task<Result<FeedEvent>> ExecuteAsync(
        OperationScope scope, string id, EventDimensions? dimensions, string reason,
        CancellationToken cancellationToken)
    {
        if (!EventAddress.TryParse(id, out var address))
            return NotFound(id);
        if (CheckReason(reason) is { } unsaid)
            return unsaid;
        var found = await unitOfWork.Database.ReadAsync(
            (session, _) => feed.FindAsync(session, scope.EnvironmentId, address), cancellationToken);
        if (found is null)
            return NotFound(id);
        PlannedEvent? amended = null;
        if (dimensions is not null)
        {
            var sender = new EventSource(
                scope.EnvironmentId.Value, found.Event.CustomerId.Value, found.Event.ResourceId?.Value ?? "");
            amended = new(found.Event with { Dimensions = dimensions }, sender, null!, 0);
            await dictionaries.ResolveAsync([amended], cancellationToken);
        }

        var access = await snapshots.OfSenderAsync(
            scope, found.Event.CustomerId, found.Event.ResourceId, cancellationToken);
        return await unitOfWork.WriteAsync<FeedEvent>(
            scope,
            [EventLocks.Meters(scope.EnvironmentId).Shared,
                UnitOfWork.CustomerLock(scope.EnvironmentId, found.Event.CustomerId)],
            async (work, token) =>
            {
                // Its month may have been closed meanwhile.
                if (await feed.FindAsync(work.Session, scope.EnvironmentId, address) is not { } before)
                    return NotFound(id);
                if (!before.CanCount)
                    return CannotCount(id, before);
                // Voided by somebody already: the first reason stays.
                if (dimensions is null && before.Correction is { Dimensions: null, HeldBy: null })
                    return before;
                var set = await meters.GetAsync(work.Session, scope.EnvironmentId);
                var costs = new CorrectedEvent(work.Session, reader, burns, access, before, dimensions, reason);
                await costs.BeforeAsync(scope.EnvironmentId, set);
                await StoreAsync(work, address, amended, reason);
                await moved.ForgetAsync(work, before.Event.CustomerId, address.At, address.At);
                await burns.ExecuteAsync(work, await costs.AfterAsync(), token);
                var corrected = await feed.FindAsync(work.Session, scope.EnvironmentId, address);
                work.Record(LogOf(before, dimensions, reason));
                work.UsageChanged(before.Event.CustomerId);
                return corrected!;
            },
            cancellationToken);
    }

    private static Task<int> StoreAsync(Work work, EventAddress address, PlannedEvent? amended, string reason) =>
        work.Session.Connection.ExecuteAsync(
            """
            INSERT INTO event_corrections (source_id, event_at, key_hash, shape_id, dimensions, reason, corrected_at)
            VALUES (@source, @at, @hash, @shape, @dimensions, @reason, @now)
            ON CONFLICT (source_id, event_at, key_hash) DO UPDATE SET shape_id = excluded.shape_id,
              dimensions = excluded.dimensions, reason = excluded.reason, corrected_at = excluded.corrected_at,
              held_by = NULL
            """,
            new
            {
                source = address.Source,
                at = address.At,
                hash = address.Hash,
                shape = amended?.Shape ?? 0,
                dimensions = amended?.Dimensions,
                reason,
                now = work.Scope.Now.ToUnixTimeMilliseconds(),
            },
            work.Session.Transaction);

    internal static DomainEvent LogOf(FeedEvent corrected, EventDimensions? dimensions, string reason) => new(
        dimensions is null ? EventType.UsageEventVoided : EventType.UsageEventAmended,
        EntityKind.Measurement,
        corrected.Address.ToString(),
        corrected.Event.CustomerId,
        null,
        null)
    {
        Facts = new Dictionary<string, string>
        {
            ["eventName"] = corrected.Event.Name,
            ["idempotencyKey"] = corrected.Event.IdempotencyKey,
            ["before"] =
                (corrected.Correction is { } earlier ? earlier.Dimensions : corrected.Event.Dimensions)?.ToString()
                ?? "voided",
            ["after"] = dimensions?.ToString() ?? "voided",
            ["reason"] = reason,
        },
    };

    /// <summary>Null when it says why.</summary>
    internal static Refusal? CheckReason(string reason) =>
        string.IsNullOrWhiteSpace(reason) || reason.Length > MaxReasonLength
            ? Refusal.Of(ErrorCode.BadUserInput, [new(
                "reason", $"reason has {reason.Length} characters; say in 1 to {MaxReasonLength} why this is done.")])
            : null;

    private static Refusal CannotCount(string id, FeedEvent found) => new(
        ErrorCode.InvalidArgumentError,
        found.Fate == EventFeedFate.Pending
            ? $"The event '{id}' belongs to backfill '{found.Backfill}', which is not closed, so it does not count; "
                + "close the backfill before correcting its events, or discard it."
            : $"The event '{id}' belongs to backfill '{found.Backfill}', which was reverted, so it never counts "
                + "again; send it anew.");

    private static Refusal NotFound(string id) => new(
        ErrorCode.InvalidArgumentError,
        Guid.TryParse(id, out _)
            ? $"'{id}' is the id of a usage report, which stays as it is; correct it with another report: "
                + "a negative DELTA takes back, a SET says what the usage is."
            : $"There is no event with the id '{id}' in this environment; "
                + "list them with GET /tollgate/v1/usage/events.");
}
