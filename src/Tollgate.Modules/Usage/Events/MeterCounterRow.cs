using Tollgate.Domain.Usage;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Usage.Events;

/// <summary>A stored counter of a meter.</summary>
internal sealed class MeterCounterRow
{
    public const string Columns = """
        seq AS Seq, generation AS Generation, floor_at AS Floor, end_at AS Until, tally_count AS Count,
        tally_sum AS Sum, tally_min AS Min, tally_max AS Max, reported AS Reported
        """;

    public long Seq { get; set; }
    public long Generation { get; set; }
    public long Floor { get; set; }
    public long Until { get; set; }
    public long Count { get; set; }
    public object Sum { get; set; } = 0m;
    public object Min { get; set; } = 0m;
    public object Max { get; set; } = 0m;
    public object Reported { get; set; } = 0m;

    public UsageWindow Interval => Bounds.Interval(Floor, Until);

    public MeteredCount ToCount() =>
        new((int)Generation, Seq, new(Count, Exact.Of(Sum), Exact.Of(Min), Exact.Of(Max)))
        {
            Reported = Exact.Of(Reported),
        };
}
