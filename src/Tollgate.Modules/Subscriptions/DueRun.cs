using NodaTime;
using Tollgate.Domain;

namespace Tollgate.Modules.Subscriptions;

/// <summary>What a run of due work has done so far.</summary>
internal sealed class DueRun
{
    public int Done { get; private set; }

    public int Moved { get; private set; }

    public Dictionary<CustomerId, Exception> Failed { get; } = [];

    public void Add(Advanced advanced)
    {
        Done += advanced.Steps;
        Moved++;
    }

    public void Add(DueRun other)
    {
        Done += other.Done;
        Moved += other.Moved;
    }
}

/// <summary>What came of one customer.</summary>
/// <param name="Steps">The number of changes.</param>
/// <param name="Next">When the next thing of it is due.</param>
internal sealed record Advanced(int Steps, Instant? Next);
