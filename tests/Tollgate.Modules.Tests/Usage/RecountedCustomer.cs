using NodaTime;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Usage;

namespace Tollgate.Modules.Tests.Usage;

/// <summary>
/// The rules of usage as simply as they can be told: a list of what was accepted, counted anew for every question. "calls"
/// start at 0 each calendar month and with each change of the plan, "seats" never; the site "r" has calls of its own.
/// </summary>
internal sealed class RecountedCustomer(string customer)
{
    private readonly List<Accepted> _accepted = [];
    private readonly List<Instant> _resets = [];

    public string Customer { get; } = customer;

    /// <summary>"one", "two" or, before the first subscription, null.</summary>
    public string? Plan { get; private set; }

    public bool HasSite { get; set; }

    public void ChangePlan(Instant now)
    {
        if (Plan is not null)
            _resets.Add(now);
        Plan = Plan == "one" ? "two" : "one";
    }

    /// <summary>The usage after each report, or null when one of them would bring a window below 0.</summary>
    public IReadOnlyList<decimal>? TryAdd(IReadOnlyList<UsageReport> reports, Instant now)
    {
        var before = _accepted.Count;
        var answers = new List<decimal>();
        foreach (var report in reports)
        {
            var onSite = report.ResourceId is not null && HasSite && report.FeatureId.Value == "calls";
            var at = report.CreatedAt ?? now;
            var (feature, level) = (report.FeatureId.Value, onSite ? "r" : null);
            var held = Count(feature, level, at);
            _accepted.Add(new(feature, report.ResourceId?.Value, !onSite, report.Behavior, report.Value, at));
            var holds = Count(feature, level, at);
            if (holds < 0 && holds < held)
            {
                _accepted.RemoveRange(before, _accepted.Count - before);
                return null;
            }

            answers.Add(Math.Max(0, Count(feature, level, now)));
        }

        return answers;
    }

    /// <summary>What a check in the scope shows.</summary>
    public decimal Usage(string feature, string? resource, Instant now) =>
        Math.Max(0, Count(feature, HasSite && feature == "calls" ? resource : null, now));

    private decimal Count(string feature, string? level, Instant at)
    {
        var (start, end) = WindowAt(feature, level, at);
        var counted = _accepted
            .Where(a => a.Feature == feature && (level is null ? a.IsCustomerLevel : a.Resource == level))
            .Where(a => start <= a.At && a.At < end)
            .OrderBy(a => a.At); // stable: of the same instant in order of arrival
        var usage = 0m;
        foreach (var each in counted)
            usage = each.Behavior == UpdateBehavior.Set ? each.Value : usage + each.Value;
        return usage;
    }

    private (Instant Start, Instant End) WindowAt(string feature, string? level, Instant at)
    {
        if (feature == "seats" || (Plan is null && level is null))
            return (Instant.MinValue, Instant.MaxValue);
        var day = at.InUtc().Date;
        var first = new LocalDate(day.Year, day.Month, 1);
        var start = first.AtMidnight().InUtc().ToInstant();
        var end = first.PlusMonths(1).AtMidnight().InUtc().ToInstant();
        foreach (var reset in level is null ? _resets : [])
        {
            if (reset <= at && reset > start)
                start = reset;
            if (reset > at && reset < end)
                end = reset;
        }

        return (start, end);
    }

    private sealed record Accepted(
        string Feature, string? Resource, bool IsCustomerLevel, UpdateBehavior Behavior, decimal Value, Instant At);
}
