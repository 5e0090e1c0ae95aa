using NodaTime;

namespace Tollgate.Domain.Billing.Sync;

/// <summary>What a billing provider answered to an entity it was told of: one of the records below.</summary>
public abstract record SyncAnswer
{
    private SyncAnswer()
    {
    }

    /// <summary>It has the revision.</summary>
    /// <param name="SyncedId">Its own id of the entity.</param>
    /// <param name="Link">Where people see it there; null = nowhere.</param>
    public sealed record Taken(string SyncedId, Uri? Link = null) : SyncAnswer;

    /// <summary>It keeps no copy of such an entity.</summary>
    public sealed record NotNeeded : SyncAnswer;

    /// <summary>It refused, or could not be reached: an attempt.</summary>
    /// <param name="Error">Why, as a sentence for people.</param>
    public sealed record Failed(string Error) : SyncAnswer;

    /// <summary>It asks to be called later: no attempt.</summary>
    /// <param name="RetryAfter">How much later, at least 0.</param>
    public sealed record Busy(Duration RetryAfter) : SyncAnswer;
}
