using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Lateness;

/// <summary>
/// Decides on events that a lateness policy holds: released ones count from then on as if they had come in time,
/// discarded ones are voided for good. All that is named is decided in one transaction, or nothing is.
/// </summary>
public sealed class QuarantinedEvents(
    UnitOfWork unitOfWork, EventFeed feed, MovedCounters moved, EventMeters meters, EventReader reader,
    EntitlementSnapshots snapshots, BurnCredits credits)
{
    /// <summary>Events decided in one call.</summary>
    public const int MaxEvents = 1_000;

    /// <param name="scope">Who decides.</param>
    /// <param name="choice">Which events.</param>
    /// <param name="release">False: they are discarded.</param>
    /// <param name="reason">Kept in the event log, and with discarded events.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public async Task<Result<QuarantineOutcome>> DecideAsync(
        OperationScope scope, QuarantineChoice choice, bool release, string reason, CancellationToken cancellationToken)
    {
        if (CorrectEvents.CheckReason(reason) is { } unsaid)
            return unsaid;
        if (choice.EventIds is { Count: 0 or > MaxEvents })
        {
            return Refusal.Of(ErrorCode.BadUserInput, [new(
                "eventIds", $"eventIds holds {choice.EventIds.Count} ids; name 1 to {MaxEvents} at once.")]);
        }

        var found = await unitOfWork.Database.ReadAsync(
            (session, _) => FindAsync(session, scope.EnvironmentId, choice), cancellationToken);
        if (!found.TryGet(out var held, out var refusal))
            return refusal;
        var decided = held.Take(MaxEvents).ToList();
        if (decided.Count == 0)
            return new QuarantineOutcome(0, false);
        var access = new Dictionary<(CustomerId, ResourceId?), ScopeAccess>();
        foreach (var sender in decided.Select(e => (e.Event.CustomerId, e.Event.ResourceId)).Distinct())
            access[sender] = await snapshots.OfSenderAsync(scope, sender.CustomerId, sender.ResourceId, cancellationToken);
        return await unitOfWork.WriteAsync<QuarantineOutcome>(
            scope,
            [
                EventLocks.Meters(scope.EnvironmentId).Shared,
                .. decided.Select(e => UnitOfWork.CustomerLock(scope.EnvironmentId, e.Event.CustomerId)).Distinct(),
            ],
            async (work, token) =>
            {
                var count = 0;
                foreach (var ofOne in decided.GroupBy(e => e.Event.CustomerId))
                {
                    var begun = new List<FeedEvent>();
                    foreach (var stored in ofOne)
                    {
                        // Another call may have been faster.
                        if (!await DecideAsync(work, stored.Address, release, reason))
                            continue;
                        count++;
                        begun.Add(stored);
                        work.Record(release
                            ? CorrectEvents.LogOf(stored, stored.Event.Dimensions, reason) with { Type = EventType.UsageEventReleased }
                            : CorrectEvents.LogOf(stored, null, reason));
                    }

                    if (release)
                        await BurnAsync(work, begun, access, token);
                    await moved.ForgetAsync(work, ofOne.Key, ofOne.Min(e => e.Address.At), ofOne.Max(e => e.Address.At));
                }

                return new QuarantineOutcome(count, held.Count > MaxEvents);
            },
            cancellationToken);
    }

    /// <summary>What is released begins to count, and costs what an event costs that comes now.</summary>
    private async Task BurnAsync(
        Work work, IReadOnlyList<FeedEvent> released, Dictionary<(CustomerId, ResourceId?), ScopeAccess> access,
        CancellationToken cancellationToken)
    {
        var set = await meters.GetAsync(work.Session, work.Scope.EnvironmentId);
        var begun = new BegunEvents(
            work.Session, reader, work.Scope.EnvironmentId, set, released.Select(e => e.Address).ToHashSet());
        foreach (var e in released.OrderBy(e => e.Address.At))
        {
            await begun.AddAsync(
                e.Event.CustomerId,
                access[(e.Event.CustomerId, e.Event.ResourceId)],
                new(e.Address, e.ReceivedAt.ToUnixTimeMilliseconds(), e.Event.Name, e.Event.Dimensions));
        }

        await credits.ExecuteAsync(work, begun.Burns, cancellationToken);
    }

    private static async Task<bool> DecideAsync(Work work, EventAddress address, bool release, string reason) =>
        await work.Session.Connection.ExecuteAsync(
            (release
                ? "DELETE FROM event_corrections"
                : "UPDATE event_corrections SET held_by = NULL, reason = @reason, corrected_at = @now")
            + """
               WHERE source_id = @source AND event_at = @at AND key_hash = @hash AND held_by IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM usage_retention WHERE environment_id = @environment AND closed_at > @at)
              """,
            new
            {
                source = address.Source,
                at = address.At,
                hash = address.Hash,
                environment = work.Scope.EnvironmentId.Value,
                reason,
                now = work.Scope.Now.ToUnixTimeMilliseconds(),
            },
            work.Session.Transaction) == 1;

    /// <summary>Up to one more than a call decides, the longest held first.</summary>
    private async Task<Result<List<FeedEvent>>> FindAsync(
        Session session, EnvironmentId environment, QuarantineChoice choice)
    {
        var found = new List<FeedEvent>();
        if (choice.EventIds is { } ids)
        {
            var findings = new Findings();
            for (var i = 0; i < ids.Count; i++)
            {
                var stored = EventAddress.TryParse(ids[i], out var address)
                    ? await feed.FindAsync(session, environment, address)
                    : null;
                if (stored is { Fate: EventFeedFate.Quarantined })
                    found.Add(stored);
                else
                    findings.Add(ErrorCode.InvalidArgumentError, $"eventIds[{i}]", Missing(ids[i], stored));
            }

            return findings.ToRefusal() is { } refusal ? refusal : found.DistinctBy(e => e.Address).ToList();
        }

        foreach (var row in await session.Connection.QueryAsync<AddressRow>(
            $"""
            SELECT c.source_id AS Source, c.event_at AS At, c.key_hash AS Hash FROM event_corrections c
            JOIN event_sources s ON s.seq = c.source_id
            WHERE c.held_by IS NOT NULL AND s.environment_id = @environment
              {(choice.CustomerId is null ? "" : "AND s.customer_id = @customer")}
              {(choice.FeatureId is null ? "" : "AND c.held_by = @feature")}
              {(choice.From is null ? "" : "AND c.event_at >= @from")}
              {(choice.Until is null ? "" : "AND c.event_at < @until")}
            ORDER BY c.corrected_at, c.source_id, c.event_at, c.key_hash LIMIT @take
            """,
            new
            {
                environment = environment.Value,
                customer = choice.CustomerId?.Value,
                feature = choice.FeatureId?.Value,
                from = choice.From?.ToUnixTimeMilliseconds(),
                until = choice.Until?.ToUnixTimeMilliseconds(),
                take = MaxEvents + 1,
            },
            session.Transaction))
        {
            if (await feed.FindAsync(session, environment, new((int)row.Source, row.At, row.Hash)) is { } stored)
                found.Add(stored);
        }

        return found;
    }

    private static string Missing(string id, FeedEvent? stored) => stored is null
        ? $"There is no event with the id '{id}' in this environment; list held events with "
            + "GET /tollgate/v1/usage/events?fate=QUARANTINED."
        : $"The event '{id}' is {stored.Fate.ToString().ToUpperInvariant()}, not QUARANTINED; to change what it counts as, amend or void it.";

    private sealed class AddressRow
    {
        public long Source { get; set; }
        public long At { get; set; }
        public long Hash { get; set; }
    }
}

/// <summary>Which held events are meant: the named ones, or all that pass the rest.</summary>
/// <param name="EventIds">1 to <see cref="QuarantinedEvents.MaxEvents"/>; null = by the rest.</param>
/// <param name="CustomerId">Null = of every customer.</param>
/// <param name="FeatureId">The feature whose meter holds them; null = of every one.</param>
/// <param name="From">Only events dated at or after it.</param>
/// <param name="Until">Only events dated before it.</param>
public sealed record QuarantineChoice(
    IReadOnlyList<string>? EventIds, CustomerId? CustomerId, FeatureId? FeatureId, Instant? From, Instant? Until);

/// <param name="Count">How many events were decided on.</param>
/// <param name="HasMore">Others pass too; call again.</param>
public sealed record QuarantineOutcome(int Count, bool HasMore);
