using Tollgate.Domain.Errors;
using Tollgate.Modules.Usage.Events;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>The event feed in few words.</summary>
internal static class FeedDriver
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>One page.</summary>
    public static async Task<EventPage> FeedAsync(this ModuleHost host, FeedQuestion asked) =>
        Accepted(await host.TryFeedAsync(asked));

    public static Task<Result<EventPage>> TryFeedAsync(this ModuleHost host, FeedQuestion asked) =>
        host.Get<EventFeed>().TryFeedAsync(host, asked);

    /// <summary>The same of a feed that is not the host's.</summary>
    public static Task<Result<EventPage>> TryFeedAsync(this EventFeed feed, ModuleHost host, FeedQuestion asked)
    {
        var scope = host.Scope(asked.Environment);
        return feed.ExecuteAsync(
            scope,
            new(
                asked.Limit, asked.After, asked.Customer is null ? null : new(asked.Customer), asked.Name, asked.Fate,
                scope.Now.ToUnixTimeMilliseconds())
            {
                ResourceId = asked.Resource is null ? null : new(asked.Resource),
                IdempotencyKey = asked.Key,
                FeatureId = asked.Feature is null ? null : new(asked.Feature),
                From = asked.From,
                Until = asked.Until,
                Backfill = asked.Backfill,
            },
            Cancellation);
    }
}
