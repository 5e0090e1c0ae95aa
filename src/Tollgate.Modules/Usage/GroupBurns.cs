using Tollgate.Modules.Credits;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage;

/// <summary>
/// What the accepted reports of a group cost in credits, taken in the transaction that records them. Every answer about
/// a feature priced in credits tells the pool, a repeated report's too: it takes nothing.
/// </summary>
internal sealed class GroupBurns(Session session, BurnCredits credits)
{
    private readonly List<(OperationScope Scope, Burn Burn, UsageRecorded Answer)> _burns = [];
    private BurntCredits? _burnt;

    /// <param name="scope">Who reports.</param>
    /// <param name="plan">The report.</param>
    /// <param name="growth">By how much its window grew; null for what costs nothing whatever prices it.</param>
    /// <param name="answer">Gets the pool after all.</param>
    public void Add(OperationScope scope, PlannedMeasurement plan, decimal? growth, UsageRecorded answer)
    {
        if (plan.Mapping is not { } mapping)
            return;
        var report = plan.Report;
        var cost = growth is { } units
            ? credits.CostOf(scope, mapping, units, new ReportedInputs(report.Dimensions, report.Value))
            : 0;
        _burns.Add((
            scope,
            new(mapping.Pool, cost, answer.Id.ToString(), report.FeatureId, plan.At, report.Dimensions),
            answer));
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_burns.Count == 0)
            return;
        _burnt = await credits.ExecuteAsync(
            session, [.. _burns.Select(b => (b.Scope, b.Burn))], cancellationToken);
        foreach (var ((_, burn, answer), burnt) in _burns.Zip(_burnt.Answers))
            answer.Credit = new(burn.Pool.CurrencyId, burnt);
    }

    /// <summary>After the commit.</summary>
    public void Publish() => _burnt?.Publish();

    /// <summary>When nothing was committed, or nobody knows.</summary>
    public void Doubt() => _burnt?.Doubt();
}
