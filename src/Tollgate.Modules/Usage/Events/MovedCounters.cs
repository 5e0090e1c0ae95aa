using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Modules.Subscriptions.Bills;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// What follows when stored events of a customer come to count otherwise: the counters that they may have moved are forgotten, and
/// counted again from the events when they are asked for; bills of features with a lateness policy are marked.
/// </summary>
public sealed class MovedCounters(EventMeters meters)
{
    /// <summary>
    /// Of every metered feature of the customer: which meters an event passed before is not worth finding out. The customer and
    /// the meters are locked.
    /// </summary>
    /// <param name="work">The transaction of the correction.</param>
    /// <param name="customer">Whose events.</param>
    /// <param name="from">Milliseconds since 1970: when the first of them happened.</param>
    /// <param name="until">When the last of them did.</param>
    internal async Task ForgetAsync(Work work, CustomerId customer, long from, long until)
    {
        var parameters = new
        {
            environment = work.Scope.EnvironmentId.Value,
            customer = customer.Value,
            from,
            until,
        };
        const string moved = """
            SELECT seq FROM meter_counters
            WHERE environment_id = @environment AND customer_id = @customer AND floor_at <= @until AND end_at > @from
            """;
        await work.Session.Connection.ExecuteAsync(
            $"DELETE FROM meter_values WHERE counter_seq IN ({moved})", parameters, work.Session.Transaction);
        await work.Session.Connection.ExecuteAsync(
            $"DELETE FROM meter_counters WHERE seq IN ({moved})", parameters, work.Session.Transaction);
        await MarkAsync(work, customer, from, until);
        work.UsageChanged(customer);
    }

    /// <summary>Only the bills.</summary>
    internal async Task MarkAsync(Work work, CustomerId customer, long from, long until)
    {
        foreach (var feature in (await meters.GetAsync(work.Session, work.Scope.EnvironmentId)).LateFeatures)
        {
            await BilledUsage.MarkAsync(
                work.Session, work.Scope.EnvironmentId, customer, feature,
                Instant.FromUnixTimeMilliseconds(from), Instant.FromUnixTimeMilliseconds(until), work.Scope.Now);
        }
    }
}
