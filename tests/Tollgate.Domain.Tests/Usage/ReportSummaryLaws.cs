using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Usage;

namespace Tollgate.Domain.Tests.Usage;

/// <summary>Summaries in the place of reports change no window that begins at midnight UTC, and no lifetime.</summary>
public sealed class ReportSummaryLaws
{
    private static readonly Instant Horizon = Instant.FromUtc(2025, 2, 1, 0, 0);

    [Fact]
    public void Every_window_and_level_comes_to_the_same() => Prop.ForAll(
        Reports().ToArbitrary(),
        reports =>
        {
            var summaries = ReportSummary.Of(reports, Horizon);
            Assert.True(summaries.Count <= reports.Count);
            Assert.Equal(summaries.Count, summaries.Select(s => s.Seq).Distinct().Count());
            Assert.Subset(reports.Select(r => r.Seq).ToHashSet(), summaries.Select(s => s.Seq).ToHashSet());
            // 366 days before the horizon: 2024-02-01.
            foreach (var start in (Instant[])[Instant.MinValue, Horizon - ReportSummary.TellsDays, Horizon - Duration.FromDays(2)])
            {
                foreach (var level in (string[])["", "r", "s"])
                    Assert.Equal(Usage(reports, level, start), Usage(summaries, level, start));
            }

            // Summed up again they are what they are.
            Assert.Equal(summaries.OrderBy(s => s.Seq), ReportSummary.Of(summaries, Horizon).OrderBy(s => s.Seq));
        }).QuickCheckThrowOnFailure();

    /// <summary>Of the customer where there is no resource.</summary>
    private static decimal Usage(IEnumerable<CountingReport> reports, string resource, Instant start) => UsageFold.Of(
        [.. reports
            .Where(r => (resource.Length == 0 ? r.AtCustomer : r.Resource == resource) && r.At >= start)
            .Select(r => new Measurement(r.At, r.Seq, r.Behavior, r.Value))]).Value;

    private static Gen<List<CountingReport>> Reports() =>
        from drafts in (
            from days in Gen.Elements(0, 1, 2, 3, 365, 366, 367, 400)
            from hour in Gen.Choose(0, 23)
            from isSet in Gen.Elements(true, false, false)
            from value in Gen.Choose(-3, 9)
            from resource in Gen.Elements("", "r", "s")
            from atCustomer in Gen.Elements(true, false)
            select new CountingReport(
                0, Horizon - Duration.FromDays(days + 1) + Duration.FromHours(hour), isSet ? UpdateBehavior.Set : UpdateBehavior.Delta,
                value, resource, atCustomer || resource.Length == 0)).ListOf()
        select drafts.Select((report, i) => report with { Seq = i + 1 }).ToList();
}
