namespace Tollgate.Modules.Billing.Webhooks;

/// <summary>What came of applying a message: one of the records below.</summary>
public abstract record NewsOutcome
{
    private NewsOutcome()
    {
    }

    /// <summary>It was ended in the transaction of its effect, here or by another worker.</summary>
    public sealed record Ended : NewsOutcome;

    /// <summary>What it is about is not there, or not there yet.</summary>
    public sealed record NotYet(string Why) : NewsOutcome;

    /// <summary>It contradicts what is stored.</summary>
    public sealed record Refused(string Why) : NewsOutcome;
}
