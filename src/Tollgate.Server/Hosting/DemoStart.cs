using System.Diagnostics;
using Tollgate.Modules.Demo;
using Tollgate.Server.Configuration;

namespace Tollgate.Server.Hosting;

/// <summary>The demo at a start with <c>--demo</c>: loads it and says what is there and what to try first.</summary>
internal static class DemoStart
{
    private const string Environment = "development";

    /// <param name="services">Started, because usage is written by a worker.</param>
    /// <param name="options">Where the server listens.</param>
    /// <param name="generatedKey">The server key if this start made one; a key that the operator chose is not
    /// repeated.</param>
    /// <param name="cancellationToken">Loading may be broken off: the next start goes on with it.</param>
    public static async Task RunAsync(
        IServiceProvider services, ServerOptions options, string? generatedKey, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var report = await services.GetRequiredService<LoadDemo>().ExecuteAsync(Environment, cancellationToken);
        if (report.Outcome == DemoOutcome.NotEmpty)
        {
            await Console.Out.WriteLineAsync(
                $"The demo was not loaded: the environment {Environment} holds other data. "
                + "Start with an empty --data folder.");
            return;
        }

        await Console.Out.WriteLineAsync(report.Outcome == DemoOutcome.Loaded
            ? $"Loaded the demo into the environment {Environment} in {watch.Elapsed.TotalSeconds:0.0} s: "
                + $"{report.Products} products, {report.Plans} plans, {report.Customers} customers, "
                + $"{report.UsageReports} usage reports."
            : $"The environment {Environment} has the demo already.");
        await Console.Out.WriteLineAsync(
            $"Its test clock shows {report.Now} and ticks on; production keeps real time.");
        await Console.Out.WriteLineAsync("Try:");
        await Console.Out.WriteLineAsync(
            $"  curl -H 'X-API-KEY: {generatedKey ?? "<server key>"}' "
            + $"'{options.Urls.Split(';')[0]}/api/v1/customers/harbor-legal/entitlements/check?featureId=collab-sso'");
    }
}
