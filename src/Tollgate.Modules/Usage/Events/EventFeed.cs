using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// The stored events of the environment and its usage reports, the latest arrival first, each with what became of it
/// (spec entitlements-and-usage 9). A page goes on in both where the page before ended in them, so that what arrives
/// meanwhile moves nothing.
/// </summary>
public sealed class EventFeed(
    Database database, EventMeters meters, EventReader reader, EventDictionaries dictionaries, CustomerReader customers,
    CatalogReader catalog)
{
    public const int MaxLimit = 100;

    /// <summary>
    /// Rows looked through in one call for what no index leads to, of raw events and of reports: a page is then short.
    /// </summary>
    internal int MaxWalked { get; init; } = 50_000;

    private readonly RawFeed _raw = new(meters, reader, dictionaries, customers);

    public async Task<Result<EventPage>> ExecuteAsync(
        OperationScope scope, EventFeedRequest request, CancellationToken cancellationToken)
    {
        var findings = new Findings();
        var position = FeedPosition.Start;
        if (request.After is { } text && !FeedPosition.TryParse(text, out position))
        {
            findings.Bad("after", $"The cursor after={text} belongs to no page of this list; "
                + "use next of an answer as given.");
        }

        return await database.ReadAsync<Result<EventPage>>(
            async (session, _) =>
            {
                await CheckAsync(session, scope.EnvironmentId, request, findings);
                return findings.ToRefusal() is { } refusal
                    ? refusal
                    : await PageAsync(session, scope.EnvironmentId, request, position);
            },
            cancellationToken);
    }

    /// <summary>One raw event of the environment; null when there is none.</summary>
    internal Task<FeedEvent?> FindAsync(Session session, EnvironmentId environment, EventAddress address) =>
        _raw.FindAsync(session, environment, address);

    private async Task CheckAsync(
        Session session, EnvironmentId environment, EventFeedRequest request, Findings findings)
    {
        if (request.FeatureId is not { } feature)
            return;
        if (await catalog.FeatureAsync(session, environment, feature) is null)
        {
            findings.Add(ErrorCode.FeatureNotFound, "featureId",
                $"featureId is '{feature}', and no feature has this id in this environment; name one that exists.");
        }

        if (request.Fate is not (null or EventFeedFate.Counted or EventFeedFate.Duplicate))
        {
            findings.Bad("featureId",
                $"featureId={feature} lists what the feature counts, and it counts no event of that fate; "
                + "leave out featureId or fate, or ask for COUNTED or DUPLICATE.");
        }
    }

    private async Task<EventPage> PageAsync(
        Session session, EnvironmentId environment, EventFeedRequest request, FeedPosition position)
    {
        var raw = new RawReading(_raw, session, environment, request, position) { MaxWalked = MaxWalked };
        var reports = new ReportFeed(session, environment, request, position.Report) { MaxWalked = MaxWalked };
        var page = new List<FeedEvent>(request.Limit);
        while (true)
        {
            var (sent, reported) = (await raw.PeekAsync(), await reports.PeekAsync());
            var isRaw = reported is null || sent?.ReceivedAt >= reported.ReceivedAt;
            var next = isRaw ? sent : reported;
            // What one of them did not look at may be newer than what the other has.
            var isGivenUp = (raw.IsGivenUp && (next is null || next.ReceivedAt <= raw.PassedAt))
                || (reports.IsGivenUp && (next is null || next.ReceivedAt <= reports.PassedAt));
            if (isGivenUp || (next is not null && page.Count == request.Limit))
            {
                return new(
                    await RepeatsAsync(session, page), (raw.Position with { Report = reports.Position }).ToString());
            }

            if (next is null)
                return new(await RepeatsAsync(session, page), null);
            page.Add(isRaw ? raw.Take() : reports.Take());
        }
    }

    /// <summary>The page with how often each event came again.</summary>
    private static async Task<IReadOnlyList<FeedEvent>> RepeatsAsync(Session session, List<FeedEvent> page)
    {
        var repeats = await EventDuplicates.FindAsync(
            session,
            [.. page.Where(e => e.ReportId is null && e.Fate != EventFeedFate.Conflict).Select(e => e.Address)]);
        return repeats.Count == 0 ? page : page.ConvertAll(
            e => e.ReportId is null && e.Fate != EventFeedFate.Conflict
                ? e with { Repeats = repeats.GetValueOrDefault(e.Address) }
                : e);
    }
}
