using Dapper;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Tasks;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage.Events;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>Raw events and meters in few words.</summary>
internal static class EventDriver
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static int _keys;

    /// <summary>A meter of the events of one name.</summary>
    public static Meter MeterOf(AggregationFunction function, string? field = null, string name = "call") =>
        new(new(function, field), [new([new("eventName", ConditionOperation.Equals, name, null)])]);

    /// <summary>An event named "call"; without a key it is like no other.</summary>
    public static UsageEvent Event(
        string customer, string? at = null, string? key = null, string? resource = null, string name = "call",
        params (string Name, object Value)[] dimensions) => new()
        {
            CustomerId = new(customer),
            ResourceId = resource is null ? null : new(resource),
            Name = name,
            IdempotencyKey = key ?? $"key-{Interlocked.Increment(ref _keys)}",
            Timestamp = at is null ? null : At(at),
            Dimensions = NaiveMetering.Dimensions(dimensions.ToDictionary(d => d.Name, d => d.Value)),
        };

    /// <summary>
    /// Feature "calls" sums the tokens of events; customer "c" is on plan "free", which grants so many of it.
    /// </summary>
    public static async Task<ModuleHost> StartCountingAsync(DatabaseKind kind, decimal limit, ResetInput? reset = null)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls", events: MeterOf(AggregationFunction.Sum, "tokens"));
        await host.PlanAsync("free", Limit("calls", limit, reset));
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        return host;
    }

    public static Task<Result<Done>> TrySendAsync(this ModuleHost host, params UsageEvent[] events) =>
        host.Get<ReportEvents>().ExecuteAsync(host.Scope(), events, Cancellation);

    public static async Task SendAsync(this ModuleHost host, params UsageEvent[] events) =>
        Accepted(await host.TrySendAsync(events));

    public static async Task SetMeterAsync(this ModuleHost host, string feature, Meter? meter) =>
        Accepted(await host.Get<FeatureUseCases>().UpdateAsync(
            host.Scope(), new(feature), new() { Meter = new(meter) }, Cancellation));

    /// <summary>Does the tasks that wait; how many.</summary>
    public static Task<int> RunTasksAsync(this ModuleHost host) => host.Get<TaskRunner>().RunDueAsync(Cancellation);

    public static Task<long> CountAsync(this ModuleHost host, string rows) => host.Database.ReadAsync(
        (session, _) => session.Connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {rows}"), Cancellation);
}
