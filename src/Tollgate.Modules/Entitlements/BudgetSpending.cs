using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Entitlements;

/// <summary>What subscriptions with a budget spent: from memory, or computed from stored usage first.</summary>
public sealed class BudgetSpending(
    Database database, IUsageForBilling usage, IUsageLevels levels, DatabaseOutage outage)
{
    /// <exception cref="DatabaseUnavailableException">Nothing is known and the database cannot be asked.</exception>
    public async ValueTask<decimal> CostAsync(
        EnvironmentId environment, BudgetMeter meter, Instant now, CancellationToken cancellationToken)
    {
        if (meter.TryCost(now, out var cost) || (outage.IsRecent && meter.TryLastCost(out cost)))
            return cost;
        try
        {
            var versions = meter.PastVersions();
            var spending = await database.ReadAsync(
                (session, _) => ReadAsync(session, environment, meter, now), cancellationToken);
            var counters = new decimal[spending.Open.Count];
            for (var i = 0; i < counters.Length; i++)
            {
                var open = spending.Open[i];
                counters[i] = (await levels.LoadAsync(meter.CellOf(open), open.Interval, cancellationToken)).Value;
            }

            meter.Keep(spending, versions);
            return spending.Cost(counters);
        }
        catch (DatabaseUnavailableException) when (meter.TryLastCost(out cost))
        {
            outage.Notice();
            return cost;
        }
    }

    /// <summary>
    /// As committed, whatever the caller's own transaction has done: for one that holds the customer's lock and wants
    /// to know what was before it.
    /// </summary>
    internal async ValueTask<Spending> CommittedAsync(
        EnvironmentId environment, BudgetMeter meter, Instant now, CancellationToken cancellationToken)
    {
        if (meter.Current(now) is { } known)
            return known;
        var versions = meter.PastVersions();
        var spending = await database.ReadAsync(
            (session, _) => ReadAsync(session, environment, meter, now), cancellationToken);
        meter.Keep(spending, versions);
        return spending;
    }

    /// <summary>As the session sees it.</summary>
    internal async Task<Spending> ReadAsync(
        Session session, EnvironmentId environment, BudgetMeter meter, Instant now)
    {
        var needs = Spending.Needs(meter.Subscription, meter.Spans, now);
        var measured = await usage.MeasureAsync(session, environment, meter.Subscription, needs);
        return Spending.Of(meter.Subscription, meter.Spans, meter.CutOffs, measured, now);
    }
}
