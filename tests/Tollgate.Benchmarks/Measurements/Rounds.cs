using Tollgate.Benchmarks.Load;

namespace Tollgate.Benchmarks.Measurements;

/// <summary>Subjects take turns, so that a noisy machine is noisy for all of them.</summary>
internal static class Rounds
{
    /// <summary>The median round of each subject.</summary>
    /// <param name="subjects">What runs for the given number of seconds.</param>
    /// <param name="options">How long and how often.</param>
    /// <param name="warmUp">Whether a round of each is run and forgotten first, so that code is compiled.</param>
    public static async Task<LoadResult[]> RunAsync(
        IReadOnlyList<(string Name, Func<int, Task<LoadResult>> Run)> subjects, BenchmarkOptions options, bool warmUp)
    {
        var results = subjects.Select(_ => new List<LoadResult>()).ToArray();
        for (var round = warmUp ? -1 : 0; round < options.Rounds; round++)
        {
            for (var i = 0; i < subjects.Count; i++)
            {
                var result = await subjects[i].Run(options.Seconds);
                if (round >= 0)
                    results[i].Add(result);
            }
        }

        return [.. results.Select(LoadResult.Median)];
    }
}
