using System.Diagnostics;

namespace Tollgate.Benchmarks.Measurements;

/// <summary>Time and memory of a short piece of code, called in a loop by one thread.</summary>
internal sealed record Cost(double Time, double Allocated)
{
    private const int Rounds = 15;
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(1500);
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(200);

    public string Nanoseconds => Time.ToString("N0");

    public string Bytes => Allocated.ToString("N0");

    /// <summary>The median of <see cref="Rounds"/> rounds, after the compiler has had time to optimise.</summary>
    public static Cost Of(Func<bool> call)
    {
        var (time, calls) = (Stopwatch.StartNew(), 0);
        while (time.Elapsed < WarmUp)
        {
            Repeat(call, 1000);
            calls += 1000;
        }

        var count = Math.Max(100, (int)(calls * (Round / WarmUp)));
        var costs = new List<Cost>();
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            Repeat(call, count);
            var elapsed = Stopwatch.GetElapsedTime(started);
            costs.Add(new(elapsed.TotalNanoseconds / count, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)count));
        }

        return costs.OrderBy(cost => cost.Time).ElementAt(Rounds / 2);
    }

    private static void Repeat(Func<bool> call, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (!call())
                throw new InvalidOperationException("What is measured no longer does what it should.");
        }
    }
}
