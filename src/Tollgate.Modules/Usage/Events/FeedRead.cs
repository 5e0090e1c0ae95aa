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
    DatabaseKind Kind, EnvironmentId Environment, EventFeedRequest Request, RawIndex Index, FeedPosition After, int Take);
