using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>One reading of rows.</summary>
/// <param name="Kind">The database.</param>
/// <param name="Environment">Whose rows.</param>
/// <param name="Request">Which of them.</param>
/// <param name="Index">Where they are found.</param>
/// <param name="After">Where to go on.</param>
/// <param name="Take">Rows at most.</param>
internal sealed record FeedRead(
    DatabaseKind Kind, EnvironmentId Environment, EventFeedRequest Request, RawIndex Index, FeedPosition After, int Take)
{
    /// <summary>
    /// Among all events of the environment few may be of the asked name, fate or backfill, and no index leads to them: rows are
    /// read as they come, and whoever reads passes over the others, so that one call looks at so many and no more.
    /// </summary>
    public bool IsWalk => Index.Sources is null
        && Request.Fate is not (EventFeedFate.Conflict or EventFeedFate.Duplicate)
        && (Request.EventName is not null || Request.Backfill is not null
            || Request.Fate is EventFeedFate.Quarantined or EventFeedFate.Voided);
}
