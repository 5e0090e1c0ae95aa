using System.Collections.Concurrent;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Entitlements;

/// <summary>
/// The compiled scopes of this process: what checks read. An entry lives until a committed change touches what it
/// follows from, or until the instant at which it changes by itself. On other nodes a change is seen when its notice
/// arrives; while notices do not arrive an entry is trusted for one second, and beyond it only while the database
/// cannot be asked.
/// </summary>
public sealed partial class EntitlementSnapshots(
    Database database,
    CatalogReader catalog,
    ScopeCompiler compiler,
    AdvanceSubscriptions advance,
    ChangeFeed changes,
    DatabaseOutage outage,
    TimeProvider time,
    Microsoft.Extensions.Logging.ILogger<EntitlementSnapshots> logger) : IChangeListener
{
    private const int MaxCustomers = 500_000;

    private static readonly TimeSpan TrustWithoutNotices = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<int, EnvironmentAccess> _environments = new();

    /// <summary>What was read before this is not trusted: notices may have been missed.</summary>
    private long _trustedFrom;

    /// <summary>
    /// The scope when it is compiled, current and trusted; otherwise ask <see cref="GetAsync"/>. Allocates nothing.
    /// </summary>
    public ScopeAccess? TryGet(EnvironmentId environment, string customerId, string? resourceId, Instant now)
    {
        var access = Cached(environment, customerId, resourceId);
        return access is not null && now < access.ValidUntil && IsTrusted(access.RealTimestamp) ? access : null;
    }

    /// <summary>The scope as of <paramref name="now"/>, compiled when it has to be.</summary>
    /// <exception cref="DatabaseUnavailableException">It is not in memory and the database cannot be asked.</exception>
    public async ValueTask<ScopeAccess> GetAsync(
        AccountEnvironment environment, CustomerId customerId, ResourceId? resourceId, Instant now,
        CancellationToken cancellationToken)
    {
        if (TryGet(environment.Id, customerId.Value, resourceId?.Value, now) is { } current)
            return current;
        var stale = Cached(environment.Id, customerId.Value, resourceId?.Value);
        if (stale is not null && outage.IsRecent)
            return stale;
        try
        {
            return await CompileAsync(environment, customerId, resourceId, now, cancellationToken);
        }
        catch (DatabaseUnavailableException exception) when (stale is not null)
        {
            // Promise kept to callers: while the database is away, checks go on from what is known.
            outage.Notice();
            LogServingStale(customerId.Value, exception.Message);
            return stale;
        }
    }

    /// <summary>The environment's features, archived ones included, as of the last catalog change.</summary>
    /// <exception cref="DatabaseUnavailableException">
    /// They are not in memory and the database cannot be asked.
    /// </exception>
    public async ValueTask<IReadOnlyDictionary<FeatureId, Feature>> FeaturesAsync(
        EnvironmentId environment, CancellationToken cancellationToken)
    {
        var access = Environment(environment);
        var stale = access.Features;
        if (stale is not null && outage.IsRecent)
            return stale.ById;
        try
        {
            return await FeaturesAsync(environment, access, cancellationToken);
        }
        catch (DatabaseUnavailableException) when (stale is not null)
        {
            outage.Notice();
            return stale.ById;
        }
    }

    /// <summary>The environment's credit currencies, archived ones included, as of the last catalog change.</summary>
    /// <exception cref="DatabaseUnavailableException">
    /// They are not in memory and the database cannot be asked.
    /// </exception>
    public async ValueTask<IReadOnlyDictionary<CurrencyId, CustomCurrency>> CurrenciesAsync(
        EnvironmentId environment, CancellationToken cancellationToken)
    {
        var access = Environment(environment);
        if (access.Currencies is { } known && (outage.IsRecent || IsTrusted(known.RealTimestamp)))
            return known.ById;
        var readAt = time.GetTimestamp();
        try
        {
            var currencies = await database.ReadAsync(
                (session, _) => catalog.CurrenciesAsync(session, environment), cancellationToken);
            access.Currencies = new(currencies, readAt);
            return currencies;
        }
        catch (DatabaseUnavailableException) when (access.Currencies is { } stale)
        {
            outage.Notice();
            return stale.ById;
        }
    }

    public void Changed(in Change change)
    {
        switch (change.Kind)
        {
            case ChangeKind.Catalog:
                _environments.TryRemove(change.Environment.Value, out _);
                break;
            case ChangeKind.Access when change.CustomerId is { } customer:
                if (_environments.TryGetValue(change.Environment.Value, out var environment))
                    environment.Customers.TryRemove(customer, out _);
                break;
            case ChangeKind.Access:
                _environments.TryRemove(change.Environment.Value, out _);
                break;
            case ChangeKind.Accounts:
            case ChangeKind.Usage:
            case ChangeKind.Credits:
            case ChangeKind.Meters:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(change), change.Kind, "Unknown change.");
        }
    }

    public void Missed()
    {
        // Not cleared: without a feed entries lose trust after a second by themselves, and with a dead database they
        // are the only answers there are. Once the feed is back, everything from before is compiled anew.
        if (changes.IsLive)
            Volatile.Write(ref _trustedFrom, time.GetTimestamp());
    }

    private bool IsTrusted(long readAt) => database.Kind == DatabaseKind.Sqlite
        || (changes.IsLive
            ? readAt >= Volatile.Read(ref _trustedFrom)
            : time.GetElapsedTime(readAt) < TrustWithoutNotices);

    private async Task<ScopeAccess> CompileAsync(
        AccountEnvironment environment, CustomerId customerId, ResourceId? resourceId, Instant now,
        CancellationToken cancellationToken)
    {
        // What is due by now happens before it is looked at, even when the worker lags (spec subscriptions 3.4).
        await advance.CustomerAsync(environment, customerId, now, cancellationToken);
        // Taken before reading: a change committed meanwhile removes these entries, and what was read dies with them.
        var environmentAccess = Environment(environment.Id);
        var customers = environmentAccess.Customers;
        var entry = customers.GetOrAdd(customerId.Value, _ => new());
        var features = await FeaturesAsync(environment.Id, environmentAccess, cancellationToken);
        var access = await database.ReadAsync(
            (session, _) => compiler.CompileAsync(session, environment.Id, customerId, resourceId, features, now),
            cancellationToken);
        if (access.Facts.IsCustomerUnknown)
            customers.TryRemove(customerId.Value, out _);
        else if (!access.Facts.IsResourceUnknown)
            entry.Keep(resourceId?.Value, access);
        if (customers.Count > MaxCustomers)
            Evict(customers);
        return access;
    }

    /// <summary>Never stale: scopes are compiled from them and trusted from then on.</summary>
    private async ValueTask<IReadOnlyDictionary<FeatureId, Feature>> FeaturesAsync(
        EnvironmentId environment, EnvironmentAccess access, CancellationToken cancellationToken)
    {
        if (access.Features is { } known && IsTrusted(known.RealTimestamp))
            return known.ById;
        var readAt = time.GetTimestamp();
        var features = await database.ReadAsync(
            (session, _) => catalog.FeaturesAsync(session, environment), cancellationToken);
        access.Features = new(features, readAt);
        return features;
    }

    /// <summary>Forgets a tenth, whichever come first: a wrong victim costs one compilation.</summary>
    private static void Evict(ConcurrentDictionary<string, CustomerAccess> customers)
    {
        foreach (var (customer, _) in customers.Take(MaxCustomers / 10))
            customers.TryRemove(customer, out _);
    }

    private ScopeAccess? Cached(EnvironmentId environment, string customerId, string? resourceId) =>
        _environments.TryGetValue(environment.Value, out var access)
        && access.Customers.TryGetValue(customerId, out var customer)
            ? customer.Find(resourceId)
            : null;

    private EnvironmentAccess Environment(EnvironmentId environment) =>
        _environments.GetOrAdd(environment.Value, _ => new());

    [Microsoft.Extensions.Logging.LoggerMessage(
        3001,
        Microsoft.Extensions.Logging.LogLevel.Warning,
        "Checks of customer {Customer} are answered from memory, the database is unavailable: {Reason}")]
    private partial void LogServingStale(string customer, string reason);

    private sealed class EnvironmentAccess
    {
        public ConcurrentDictionary<string, CustomerAccess> Customers { get; } = new();

        public volatile KnownFeatures? Features;

        public volatile KnownCurrencies? Currencies;
    }

    /// <summary>The credit currencies as read at a process time stamp.</summary>
    private sealed record KnownCurrencies(IReadOnlyDictionary<CurrencyId, CustomCurrency> ById, long RealTimestamp);

    /// <summary>The features as read at a process time stamp.</summary>
    private sealed record KnownFeatures(IReadOnlyDictionary<FeatureId, Feature> ById, long RealTimestamp);
}
