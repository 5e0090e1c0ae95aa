using NodaTime;

namespace Tollgate.Domain.Usage;

/// <summary>
/// What stands for the reports of one feature of a customer once they are too old to be kept: for each counter one a
/// UTC day, and one for everything more than a year before the horizon. Every window that begins at midnight UTC, and
/// life, come to the same.
/// </summary>
public static class ReportSummary
{
    /// <summary>How far before the horizon days are told apart: the longest usage window.</summary>
    public static readonly Duration TellsDays = Duration.FromDays(366);

    /// <summary>The reports to store instead, each in the row of one of them; the other rows go.</summary>
    /// <param name="reports">
    /// Some that follow one another in the order in which they take effect, all before the horizon; earlier summaries
    /// among them.
    /// </param>
    /// <param name="horizon">A midnight UTC.</param>
    public static IReadOnlyList<CountingReport> Of(IEnumerable<CountingReport> reports, Instant horizon) =>
        [.. reports
            .OrderBy(report => report.At).ThenBy(report => report.Seq)
            .GroupBy(report => report.At < horizon - TellsDays ? (LocalDate?)null : report.At.InUtc().Date)
            .SelectMany(day => Of([.. day]))];

    /// <summary>Of one day, in the order in which they take effect.</summary>
    private static List<CountingReport> Of(List<CountingReport> day)
    {
        var atCustomer = day.FindAll(report => report.AtCustomer);
        var summaries = new List<CountingReport>();
        var isCustomerDone = atCustomer.Count == 0;
        foreach (var resource in day.Select(report => report.Resource).Distinct())
        {
            if (resource.Length == 0)
                continue;
            var own = day.FindAll(report => report.Resource == resource);
            var isAll = own.SequenceEqual(atCustomer);
            isCustomerDone |= isAll;
            summaries.Add(Fold(own) with { Resource = resource, AtCustomer = isAll });
        }

        if (!isCustomerDone)
            summaries.Add(Fold(atCustomer) with { Resource = "", AtCustomer = true });
        // One report may move two counters: then the reports themselves are the shortest way to say it.
        if (summaries.Count > day.Count)
            return day;
        // Each in the row of the last report that it stands for, unless another one is there.
        var free = day.Select(report => report.Seq).Except(summaries.Select(summary => summary.Seq)).ToList();
        for (var i = 1; i < summaries.Count; i++)
        {
            if (!summaries.Take(i).Any(other => other.Seq == summaries[i].Seq))
                continue;
            summaries[i] = summaries[i] with { Seq = free[^1] };
            free.RemoveAt(free.Count - 1);
        }

        return summaries;
    }

    private static CountingReport Fold(List<CountingReport> reports)
    {
        var (behavior, value) = (UpdateBehavior.Delta, 0m);
        foreach (var report in reports)
        {
            if (report.Behavior == UpdateBehavior.Set)
                (behavior, value) = (UpdateBehavior.Set, report.Value);
            else
                value += report.Value;
        }

        return reports[^1] with { Behavior = behavior, Value = value };
    }
}
