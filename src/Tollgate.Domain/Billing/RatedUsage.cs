using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>One usage charge over one stretch of time at one price.</summary>
internal sealed record RatedUsage(
    BilledContent Content, BilledCharge Charge, UsageNeed Need, UsageTerms? Terms, bool IsOverage)
{
    /// <summary>The part of it that is billed already; null when none is.</summary>
    public UsageNeed? Billed { get; private init; }

    public Feature? Feature => Content.Features.GetValueOrDefault(Need.FeatureId);

    /// <summary>Everything that is due: pay-as-you-go, then overage, each in catalog order and then by time.</summary>
    public static IReadOnlyList<RatedUsage> Due(IReadOnlyList<ContentSpan> spans, ArrearsDue due)
    {
        var payAsYouGo = Joined(spans.SelectMany(span => PayAsYouGo(span, due)));
        var overage = Joined(spans.SelectMany(span => Overage(span, due)));
        return [.. payAsYouGo.Concat(overage).Select(rated => rated.Without(due)).OfType<RatedUsage>()];
    }

    /// <summary>Null when all of it is billed. Levels, and overage on renewal, are never billed on the way.</summary>
    private RatedUsage? Without(ArrearsDue due)
    {
        if (due.BilledUntil is not { } billed || IsLevel || IsOverage && !IsMonthlyOverage
            || billed <= Need.Window.Start)
        {
            return this;
        }

        return billed >= Need.Window.End
            ? null
            : this with { Billed = Need with { Window = Need.Window with { End = billed } } };
    }

    private bool IsLevel => Need.Measure == UsageMeasure.Level || (IsOverage && Terms!.Reset is null);

    private bool IsMonthlyOverage => Charge.Package.OverageBillingPeriod == OverageBillingPeriod.Monthly;

    private static IEnumerable<RatedUsage> PayAsYouGo(ContentSpan span, ArrearsDue due)
    {
        if (span.Within(due.Month) is not { } part)
            yield break;
        foreach (var charge in BilledCharge.Packages(span.Content)
            .SelectMany(package => BilledCharge.PayAsYouGo(span.Content, package)))
        {
            var feature = charge.Charge.FeatureId!.Value;
            // Events and resettable usage add up, so each price takes its part; a level is what it is at the end.
            var accumulates = charge.Charge.Reset is not null
                || span.Content.Features.GetValueOrDefault(feature)?.Meter is not null;
            if (!accumulates && (due.IsInterim || part.End != due.Month.End))
                continue;
            var measure = accumulates ? UsageMeasure.Accumulated : UsageMeasure.Level;
            yield return new(span.Content, charge,
                new(feature, part, measure, charge.Charge.Reset, span.UsageAnchor) { Scope = span.Scope },
                null, IsOverage: false);
        }
    }

    private static IEnumerable<RatedUsage> Overage(ContentSpan span, ArrearsDue due)
    {
        foreach (var package in BilledCharge.Packages(span.Content))
        {
            var window = package.OverageBillingPeriod == OverageBillingPeriod.Monthly ? due.Month : due.Term;
            if (window is null || span.Within(window.Value) is not { } part)
                continue;
            foreach (var charge in BilledCharge.Overage(span.Content, package))
            {
                var feature = charge.Charge.FeatureId!.Value;
                if (!span.Terms.TryGetValue(feature, out var terms))
                    continue;
                if (terms.Reset is null && (due.IsInterim || part.End != window.Value.End))
                    continue;
                yield return new(span.Content, charge,
                    new(feature, part, UsageMeasure.PerUsageWindow, terms.Reset, terms.Anchor) { Scope = span.Scope },
                    terms, IsOverage: true);
            }
        }
    }

    /// <summary>
    /// Stretches that follow each other at the same price and terms are one: a change of seats does not split the tiers
    /// of calls. The later content names the line.
    /// </summary>
    private static List<RatedUsage> Joined(IEnumerable<RatedUsage> all)
    {
        var joined = new List<RatedUsage>();
        foreach (var ofOne in all.GroupBy(rated => rated.Charge.Key))
        {
            RatedUsage? open = null;
            foreach (var next in ofOne)
            {
                if (open is not null && open.Continues(next))
                {
                    open = next with
                    {
                        Need = next.Need with { Window = new(open.Need.Window.Start, next.Need.Window.End) },
                    };
                    continue;
                }

                if (open is not null)
                    joined.Add(open);
                open = next;
            }

            joined.Add(open!);
        }

        return joined;
    }

    private bool Continues(RatedUsage next) =>
        Need.Window.End == next.Need.Window.Start && Need.Measure == next.Need.Measure
        && Need.Scope == next.Need.Scope && Terms == next.Terms
        && Content.Currency == next.Content.Currency && PackageContent.Same(Charge.Charge, next.Charge.Charge);
}
