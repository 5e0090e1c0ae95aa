using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>Rows of raw events as events with what became of them.</summary>
internal sealed class RawFeed(
    EventMeters meters, EventReader reader, EventDictionaries dictionaries, CustomerReader customers)
{
    /// <summary>One event of the environment; null when there is none.</summary>
    public async Task<FeedEvent?> FindAsync(Session session, EnvironmentId environment, EventAddress address)
    {
        if (await RawRows.FindAsync(session, environment, address) is not { } row)
            return null;
        var found = await ToEventAsync(session, environment, row, null);
        return found with { Repeats = (await EventDuplicates.FindAsync(session, [address])).GetValueOrDefault(address) };
    }

    /// <summary>The meter that counts events for the feature; null when none does.</summary>
    public async Task<CompiledMeter?> MeterAsync(Session session, EnvironmentId environment, FeatureId feature) =>
        (await meters.GetAsync(session, environment)).Current(feature)?.Compiled;

    public ValueTask<string> NameAsync(Session session, RawRow row) => dictionaries.NameAsync(session, (int)row.Name);

    /// <summary>
    /// CONFLICT: the row is a payload and no event. DUPLICATE: it is the event that came again, with the features that count it.
    /// </summary>
    public async Task<FeedEvent> ToEventAsync(
        Session session, EnvironmentId environment, RawRow row, EventFeedFate? listed)
    {
        var isEvent = listed != EventFeedFate.Conflict;
        var name = await NameAsync(session, row);
        var sent = await dictionaries.DimensionsAsync(session, (int)row.Shape, row.Dimensions);
        var correction = isEvent ? await reader.CorrectionAsync(session, row.Address) : null;
        var counted = correction is null ? sent : correction.Dimensions;
        var customer = new CustomerId(row.Customer);
        var features = new List<FeatureId>();
        if (isEvent && counted is not null)
        {
            foreach (var meter in (await meters.GetAsync(session, environment)).Of(name).ToArray())
            {
                if (meter.Stage == MeterStage.Current && meter.Compiled.TryRead(name, counted, out _))
                    features.Add(meter.Feature);
            }
        }

        var fate = !isEvent ? EventFeedFate.Conflict
            : row.State is 0 or 2 ? EventFeedFate.Pending
            : row.State == 3 ? EventFeedFate.Voided
            : correction?.HeldBy is not null ? EventFeedFate.Quarantined
            : counted is null ? EventFeedFate.Voided
            : await customers.FindAsync(session, environment, customer) is null ? EventFeedFate.Unattributed
            : features.Count == 0 ? EventFeedFate.Unmatched : EventFeedFate.Counted;
        return new()
        {
            Address = row.Address,
            Event = new()
            {
                CustomerId = customer,
                ResourceId = row.Resource.Length == 0 ? null : new(row.Resource),
                Name = name,
                IdempotencyKey = EventKey.Decode(row.Key),
                Timestamp = Instant.FromUnixTimeMilliseconds(row.At),
                Dimensions = sent,
            },
            ReceivedAt = Instant.FromUnixTimeMilliseconds(row.ReceivedAt),
            Fate = listed ?? fate,
            Features = fate == EventFeedFate.Counted ? features : [],
            Correction = correction,
            Backfill = row.Backfill,
            CanCount = row.State is null or 1,
        };
    }
}
