using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Tollgate.Modules.Tests.Subscriptions.Histories;

internal enum StepKind
{
    Advance,
    Provision,
    Seats,
    Addons,
    Period,
    Coupon,
    Price,
    Cancel,
    Resume,
    DropSchedule,
    Trial,
    Report,
    Minimum,
    Detour,
    CustomerCoupon,
    Restart,
}

/// <summary>One thing that happens. What the numbers mean depends on the kind; 0 is the simplest of everything.</summary>
internal sealed record Step(StepKind Kind, int A, int B, int C)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind}({A},{B},{C})");
}

/// <summary>What one customer does, in a world.</summary>
internal sealed record History(HistorySetting Setting, IReadOnlyList<Step> Steps)
{
    /// <summary>Which kinds happen how often.</summary>
    private static readonly StepKind[] Kinds =
    [
        StepKind.Advance, StepKind.Advance, StepKind.Advance, StepKind.Advance, StepKind.Advance, StepKind.Provision,
        StepKind.Provision, StepKind.Provision, StepKind.Provision, StepKind.Seats, StepKind.Seats, StepKind.Addons,
        StepKind.Addons, StepKind.Period, StepKind.Coupon, StepKind.Price, StepKind.Cancel, StepKind.Resume,
        StepKind.DropSchedule, StepKind.Trial, StepKind.Report, StepKind.Report, StepKind.Minimum, StepKind.Detour,
        StepKind.CustomerCoupon, StepKind.Restart,
    ];

    public static Arbitrary<History> Any(int longest) => Arb.From(Gen(longest), Shrink);

    public override string ToString() => $"[{Setting}] {string.Join(" ", Steps)}";

    private static Gen<History> Gen(int longest) =>
        from bits in FsCheck.Fluent.Gen.Choose(0, (28 * 32) - 1)
        from first in FsCheck.Fluent.Gen.Choose(0, 99_999)
        from length in FsCheck.Fluent.Gen.Choose(1, longest)
        from steps in Steps1.ListOf(length)
        select new History(new(bits), [new(StepKind.Provision, first, first / 7, first / 49), .. steps]);

    private static Gen<Step> Steps1 =>
        from kind in FsCheck.Fluent.Gen.Elements(Kinds)
        from a in FsCheck.Fluent.Gen.Choose(0, 9_999)
        from b in FsCheck.Fluent.Gen.Choose(0, 9_999)
        from c in FsCheck.Fluent.Gen.Choose(0, 9_999)
        select new Step(kind, a, b, c);

    /// <summary>Fewer steps first, then a simpler world, then smaller numbers.</summary>
    private static IEnumerable<History> Shrink(History history)
    {
        var steps = history.Steps;
        for (var size = steps.Count / 2; size >= 1; size /= 2)
        {
            for (var from = 0; from + size <= steps.Count; from += size)
                yield return history with { Steps = [.. steps.Take(from), .. steps.Skip(from + size)] };
        }

        foreach (var bits in Smaller(history.Setting.Bits))
            yield return history with { Setting = new(bits) };
        for (var i = 0; i < steps.Count; i++)
        {
            foreach (var step in Smaller(steps[i]))
                yield return history with { Steps = [.. steps.Take(i), step, .. steps.Skip(i + 1)] };
        }
    }

    private static IEnumerable<Step> Smaller(Step step) =>
    [
        .. Smaller(step.A).Select(a => step with { A = a }),
        .. Smaller(step.B).Select(b => step with { B = b }),
        .. Smaller(step.C).Select(c => step with { C = c }),
    ];

    private static int[] Smaller(int number) =>
        [.. new[] { 0, number % 10, number / 2, number - 1 }.Where(n => n >= 0 && n < number).Distinct()];
}
