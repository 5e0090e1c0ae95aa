using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// The stored events of the environment and its usage reports, the latest arrival first, each with what became of it (spec
/// entitlements-and-usage 9). A page goes on in both where the page before ended in them, so that what arrives meanwhile moves
/// nothing.
/// </summary>
public sealed class EventFeed(
    Database database, EventMeters meters, EventReader reader, EventDictionaries dictionaries, CustomerReader customers)
{
    public const int MaxLimit = 100;

    private readonly RawFeed _raw = new(meters, reader, dictionaries, customers);

    public Task<Result<EventPage>> ExecuteAsync(
        OperationScope scope, EventFeedRequest request, CancellationToken cancellationToken)
    {
        var position = FeedPosition.Start;
        if (request.After is { } text && !FeedPosition.TryParse(text, out position))
        {
            return Task.FromResult(Result<EventPage>.Refused(Refusal.Of(ErrorCode.BadUserInput,
                [new("after", $"The cursor after={text} belongs to no page of this list; use next of an answer as given.")])));
        }

        return database.ReadAsync<Result<EventPage>>(
            async (session, _) => await PageAsync(session, scope.EnvironmentId, request, position), cancellationToken);
    }

    /// <summary>One raw event of the environment; null when there is none.</summary>
    internal Task<FeedEvent?> FindAsync(Session session, EnvironmentId environment, EventAddress address) =>
        _raw.FindAsync(session, environment, address);

    private async Task<EventPage> PageAsync(
        Session session, EnvironmentId environment, EventFeedRequest request, FeedPosition position)
    {
        var raw = new RawReading(_raw, session, environment, request, position);
        var reports = new ReportFeed(session, environment, request, position.Report);
        var page = new List<FeedEvent>(request.Limit);
        while (true)
        {
            var (sent, reported) = (await raw.PeekAsync(), await reports.PeekAsync());
            // What was not looked at may be newer than any report.
            if (raw.IsGivenUp || (page.Count == request.Limit && (sent ?? reported) is not null))
                return new(page, (raw.Position with { Report = reports.Position }).ToString());
            if (sent is null && reported is null)
                return new(page, null);
            page.Add(sent is null || reported?.ReceivedAt > sent.ReceivedAt ? reports.Take() : raw.Take());
        }
    }
}
