using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Backfills;

/// <summary>
/// What closing an open session would do to usage, customer by customer: each counter window that its events fall in,
/// before and after, the credits that would burn, and the bills that would be adjusted. Changes nothing.
/// </summary>
public sealed class PreviewBackfill(
    Database database, EntitlementSnapshots snapshots, EventMeters meters, EventReader reader, BilledUsage bills,
    BackfillCredits credits)
{
    /// <summary>Customers on a page.</summary>
    public const int MaxLimit = 50;

    private readonly BackfillStore _store = new();

    /// <param name="scope">Who asks.</param>
    /// <param name="uid">The session.</param>
    /// <param name="limit">1 to <see cref="MaxLimit"/> customers.</param>
    /// <param name="after">The last customer of the page before.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public async Task<Result<BackfillEffects>> ExecuteAsync(
        OperationScope scope, Guid uid, int limit, CustomerId? after, CancellationToken cancellationToken)
    {
        var asked = await database.ReadAsync(
            async (session, _) => await _store.FindAsync(session, scope.EnvironmentId, uid) is { } known
                ? (known.Seq, known.Value, await _store.CustomersAsync(
                    session, known.Seq, after?.Value ?? "", limit + 1))
                : default,
            cancellationToken);
        if (asked is not { Value: { } backfill, Item3: { } customers })
            return BackfillSessions.NotFound(uid);
        if (backfill.State != BackfillState.Open)
            return BackfillSessions.Refuse(backfill, "has no effect that is to come");
        var effects = new List<CustomerEffect>();
        foreach (var customer in customers.Take(limit))
        {
            effects.Add(await database.ReadAsync(
                (session, token) => OfAsync(scope, session, asked.Seq, new(customer), token), cancellationToken));
        }

        return new BackfillEffects(effects, customers.Count > limit ? customers[limit - 1] : null);
    }

    private async Task<CustomerEffect> OfAsync(
        OperationScope scope, Session session, long backfill, CustomerId customer, CancellationToken cancellationToken)
    {
        var set = await meters.GetAsync(session, scope.EnvironmentId);
        var touched = new Dictionary<(UsageKey Key, UsageWindow Window), MeterVersion>();
        var ranges = new Dictionary<FeatureId, (Instant From, Instant Until)>();
        await foreach (var (resource, stored) in reader.ReadBackfillAsync(
            session, scope.EnvironmentId, backfill, customer))
        {
            var at = Instant.FromUnixTimeMilliseconds(stored.Address.At);
            foreach (var meter in set.Of(stored.Name).ToArray())
            {
                if (meter.Stage != MeterStage.Current || !meter.Compiled.TryRead(stored.Name, stored.Dimensions, out _))
                    continue;
                ranges[meter.Feature] = ranges.TryGetValue(meter.Feature, out var range)
                    ? (Instant.Min(range.From, at), Instant.Max(range.Until, at))
                    : (at, at);
                // At both levels: which of them counts what is decided by the fold.
                touched.TryAdd(await CounterAsync(null), meter);
                if (resource is not null)
                    touched.TryAdd(await CounterAsync(resource), meter);

                async Task<(UsageKey, UsageWindow)> CounterAsync(ResourceId? level)
                {
                    var access = await snapshots.GetAsync(
                        scope.Environment, customer, level, scope.Now, cancellationToken);
                    return (
                        new(scope.EnvironmentId, customer, level, meter.Feature),
                        access.Find(meter.Feature.Value)?.IntervalAt(at) ?? UsageWindow.Lifetime);
                }
            }
        }

        var counters = new List<CounterEffect>();
        foreach (var ((key, window), meter) in touched)
        {
            var before = await ValueAsync(key, window, meter, 0);
            var after = await ValueAsync(key, window, meter, backfill);
            if (before != after)
                counters.Add(new(key.Resource, key.Feature, window, before, after));
        }

        var invoices = new List<Guid>();
        foreach (var (feature, (from, until)) in ranges.Where(range => set.LateFeatures.Contains(range.Key)))
        {
            foreach (var bill in await bills.ListAsync(session, scope.EnvironmentId, customer, from, until))
            {
                if (bill.InvoiceUid is { } invoice && bill.Features.Contains(feature))
                    invoices.Add(invoice);
            }
        }

        var payers = new Dictionary<int, ScopeAccess>();
        foreach (var (number, resource) in await SourceNumbers.OfBackfillAsync(
            session, scope.EnvironmentId, backfill, customer))
        {
            payers[number] = await snapshots.OfSenderAsync(scope, customer, resource, cancellationToken);
        }

        var burns = await credits.CostAsync(session, set, scope.EnvironmentId, backfill, customer, payers);
        return new(
            customer,
            [.. counters.OrderBy(c => c.Feature.Value, StringComparer.Ordinal)
                .ThenBy(c => c.Resource?.Value, StringComparer.Ordinal)
                .ThenBy(c => c.Window.Start)],
            [.. burns.GroupBy(burn => burn.Pool)
                .Select(pool => new CreditEffect(pool.Key, pool.Sum(burn => burn.Amount)))],
            [.. invoices.Distinct()]);

        async Task<decimal> ValueAsync(UsageKey key, UsageWindow window, MeterVersion meter, long including) =>
            (await reader.FoldAsync(session, meter, key, window, new(TokenComparer.Instance), including: including))
                .Value(meter.Function);
    }
}

/// <summary>A page of effects; <paramref name="Next"/> is the customer to go on after, null at the end.</summary>
public sealed record BackfillEffects(IReadOnlyList<CustomerEffect> Items, string? Next);

/// <summary>What becomes of one customer.</summary>
/// <param name="Customer">Known or not.</param>
/// <param name="Counters">The counters that would change.</param>
/// <param name="Credits">What would be burnt, by the mappings of now.</param>
/// <param name="Invoices">Invoices whose usage would change: the next one has the difference.</param>
public sealed record CustomerEffect(
    CustomerId Customer, IReadOnlyList<CounterEffect> Counters, IReadOnlyList<CreditEffect> Credits,
    IReadOnlyList<Guid> Invoices);

/// <summary>What a pool would pay.</summary>
public sealed record CreditEffect(PoolKey Pool, decimal Amount);

/// <summary>A counter before and after, in raw units.</summary>
/// <param name="Resource">Null = at customer level.</param>
/// <param name="Feature">Whose meter counts.</param>
/// <param name="Window">The usage window by the reset rules of now; of life where there are none.</param>
/// <param name="Before">As it is.</param>
/// <param name="After">Once the session is closed.</param>
public sealed record CounterEffect(
    ResourceId? Resource, FeatureId Feature, UsageWindow Window, decimal Before, decimal After);
