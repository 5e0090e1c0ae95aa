using System.Runtime.InteropServices;
using NodaTime;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Usage;

/// <summary>A stretch of time in which one feature's usage in one scope followed one reset rule and anchor.</summary>
/// <param name="From">
/// When it began: a subscription's start or a plan transition. The first era also covers the time before.
/// </param>
/// <param name="Rule">Null = never resets.</param>
/// <param name="Anchor">What windows are counted from.</param>
/// <param name="ResetsUsage">
/// True: usage started again at 0 at <paramref name="From"/> (a subscription change reset).
/// </param>
public readonly record struct UsageEra(Instant From, ResetRule? Rule, Instant Anchor, bool ResetsUsage);

/// <summary>An instant at which usage started again at 0.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct UsageReset(Instant At, UsageResetKind Kind);

public enum UsageResetKind
{
    Periodic,
    SubscriptionChange,
}

/// <summary>
/// The eras of one feature in one scope, oldest first: which measurements count together at any instant.
/// </summary>
public sealed class UsageTimeline
{
    private readonly UsageEra[] _eras;

    public UsageTimeline(IEnumerable<UsageEra> eras)
    {
        _eras = [.. eras.OrderBy(era => era.From)];
        if (_eras.Length == 0)
            throw new ArgumentException("A timeline has at least one era.", nameof(eras));
    }

    /// <summary>One rule and anchor throughout, with the resets that plan transitions caused.</summary>
    public static UsageTimeline Of(
        Instant start, ResetRule? rule, Instant anchor, params IEnumerable<Instant> cutOffs) =>
        new(cutOffs.Select(cut => new UsageEra(cut, rule, anchor, ResetsUsage: true))
            .Prepend(new(start, rule, anchor, ResetsUsage: false)));

    /// <summary>
    /// The interval whose measurements make up the usage at <paramref name="at"/>: the window, cut at the subscription
    /// change resets before and after the instant.
    /// </summary>
    public UsageWindow CountedAt(Instant at)
    {
        var current = EraAt(at);
        var window = UsageWindows.At(_eras[current].Rule, _eras[current].Anchor, at);
        var (start, end) = (window.Start, window.End);
        for (var i = 0; i < _eras.Length; i++)
        {
            if (!_eras[i].ResetsUsage)
                continue;
            var cut = _eras[i].From;
            if (cut <= at && cut > start)
                start = cut;
            if (cut > at && cut < end)
                end = cut;
        }

        return new(start, end);
    }

    /// <summary>Every reset in <c>[start, end]</c>, ascending; none lies before the first era began.</summary>
    public IEnumerable<UsageReset> ResetsBetween(Instant start, Instant end)
    {
        for (var i = 0; i < _eras.Length; i++)
        {
            var era = _eras[i];
            var until = i + 1 < _eras.Length ? _eras[i + 1].From : Instant.MaxValue;
            if (era.ResetsUsage && start <= era.From && era.From <= end)
                yield return new(era.From, UsageResetKind.SubscriptionChange);
            else if (i > 0 && start <= era.From && era.From <= end && CountedAt(era.From).Start == era.From)
                yield return new(era.From, UsageResetKind.Periodic);
            if (era.Rule is null)
                continue;
            var window = UsageWindows.At(era.Rule, era.Anchor, Instant.Max(start, era.From));
            var next = window.Start == start && window.Start > era.From ? window.Start : window.End;
            while (next < until && next <= end)
            {
                yield return new(next, UsageResetKind.Periodic);
                next = UsageWindows.At(era.Rule, era.Anchor, next).End;
            }
        }
    }

    /// <summary>
    /// The instant from which measurements are needed to tell the usage at every instant of <c>[start, end]</c>.
    /// </summary>
    public Instant NeededFrom(Instant start, Instant end)
    {
        var needed = CountedAt(start).Start;
        foreach (var era in _eras)
        {
            // A new rule without a reset counts its own window again, which may reach back further.
            if (start < era.From && era.From <= end)
                needed = Instant.Min(needed, CountedAt(era.From).Start);
        }

        return needed;
    }

    private int EraAt(Instant at)
    {
        var index = 0;
        for (var i = 1; i < _eras.Length && _eras[i].From <= at; i++)
            index = i;
        return index;
    }
}
