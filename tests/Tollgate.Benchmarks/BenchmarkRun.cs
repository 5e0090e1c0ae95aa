using Tollgate.Benchmarks.Load;
using Tollgate.Benchmarks.Measurements;
using Tollgate.Benchmarks.Subjects;
using Tollgate.Storage;

namespace Tollgate.Benchmarks;

/// <summary>Runs what was asked for, database by database, and reports it.</summary>
internal static class BenchmarkRun
{
    public static async Task RunAsync(BenchmarkOptions options, Report report)
    {
        var load = LoadClients.Best();
        report.Line("# Benchmarks");
        report.Line();
        report.Line($"{DateTime.UtcNow:yyyy-MM-dd}; {Machine.Processor}, {Environment.ProcessorCount} cores, shared by server, "
            + $"database and load client; {load.Name}; {options.Rounds} rounds of {options.Seconds} s taken in turns, "
            + "the median of each.");
        report.Line();
        foreach (var database in options.Databases)
        {
            report.Line($"## {Named(database)}");
            report.Line();
            if (options.Runs("check") || options.Runs("usage") || options.Runs("credits"))
                await OverHttpAsync(database, load, options, report);
            if (options.Runs("events"))
                await EventsOverHttp.RunAsync(database, options, report);
            if (options.Runs("endurance"))
                await Endurance.RunAsync(database, options, report);
            if (options.Runs("subscriptions") || options.Runs("renewal"))
                await SubscriptionsAsync(database, options, report);
        }

        if (options.Runs("inprocess"))
            await InProcessCheck.RunAsync(report);
    }

    private static async Task OverHttpAsync(DatabaseKind database, ILoadClient load, BenchmarkOptions options, Report report)
    {
        await using var server = await BenchmarkServer.StartAsync(database);
        var memory = new List<IReadOnlyList<string>> { (string[])["start, data in place", server.ResidentMegabytes] };
        if (options.Runs("check"))
        {
            await CheckOverHttp.RunAsync(server, load, options, report);
            memory.Add(["after the checks", server.ResidentMegabytes]);
        }

        if (options.Runs("usage"))
        {
            await UsageOverHttp.RunAsync(server, load, options, report);
            memory.Add(["after the usage reports", server.ResidentMegabytes]);
        }

        if (options.Runs("credits"))
        {
            await CreditsOverHttp.RunAsync(server, load, options, report);
            memory.Add(["after the consumptions", server.ResidentMegabytes]);
        }

        report.Line("### Resident memory of the server");
        report.Line();
        report.Table(["moment", "MB"], memory);
    }

    /// <summary>The subscriptions made by the first measurement are those that the second one renews.</summary>
    private static async Task SubscriptionsAsync(DatabaseKind database, BenchmarkOptions options, Report report)
    {
        await using var server = await BillingServer.StartAsync(database);
        await SubscriptionsOverHttp.RunAsync(
            server, options.Subscriptions, await server.CreateDatabaseAsync(), report);
        if (options.Runs("renewal"))
            await RenewalNight.RunAsync(server, options.Subscriptions, report);
    }

    private static string Named(DatabaseKind database) => database == DatabaseKind.Sqlite ? "SQLite" : "PostgreSQL";
}
