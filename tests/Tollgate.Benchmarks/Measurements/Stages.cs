namespace Tollgate.Benchmarks.Measurements;

internal static class Stages
{
    public static Task RunAsync(Report report) => Task.CompletedTask;
}
