using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>Backfills in few words.</summary>
internal static class BackfillDriver
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens a session for every customer and feature, and brings it these events.</summary>
    public static async Task<Guid> BackfillAsync(this ModuleHost host, params UsageEvent[] events)
    {
        var id = Accepted(await host.Get<BackfillSessions>().OpenAsync(
            host.Scope(), new("January", "the outage", null, null), Cancellation)).Uid;
        if (events.Length > 0)
            await host.IngestAsync(id, events);
        return id;
    }

    public static async Task<BackfillIngested> IngestAsync(
        this ModuleHost host, Guid backfill, params UsageEvent[] events) =>
        Accepted(await host.TryIngestAsync(backfill, events));

    public static Task<Result<BackfillIngested>> TryIngestAsync(
        this ModuleHost host, Guid backfill, params UsageEvent[] events) =>
        host.Get<BackfillEvents>().ExecuteAsync(host.Scope(), backfill, events, Cancellation);

    public static async Task<Backfill> CloseAsync(this ModuleHost host, Guid backfill) =>
        Accepted(await host.Get<BackfillSessions>().CloseAsync(host.Scope(), backfill, "checked", Cancellation));
}
