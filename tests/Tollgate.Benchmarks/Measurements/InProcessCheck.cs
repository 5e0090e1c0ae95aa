using Tollgate.Modules;
using Tollgate.Modules.Entitlements;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Benchmarks.Measurements;

/// <summary>A check without HTTP: what remains when everything is in memory. The same on both databases.</summary>
internal static class InProcessCheck
{
    public static async Task RunAsync(Report report)
    {
        await using var host = await ModuleHost.StartAsync(DatabaseKind.Sqlite);
        await EntitledCustomer.CreateAsync(host, CancellationToken.None);
        report.Line("## Check in process, warm");
        report.Line();
        report.Table(
            ["feature", "ns per check", "bytes per check"],
            [
                await MeasureAsync(host, "boolean", EntitledCustomer.Flag),
                await MeasureAsync(host, "metered, monthly", EntitledCustomer.Meter),
            ]);
    }

    private static async Task<IReadOnlyList<string>> MeasureAsync(ModuleHost host, string name, string feature)
    {
        var check = host.Get<CheckEntitlement>();
        var scope = host.Scope();
        var question = new EntitlementQuestion(EntitledCustomer.Customer, null, feature, 0, []);
        await check.CheckAsync(scope.Environment, question, scope.Now, CancellationToken.None);
        var (environment, now) = (scope.EnvironmentId, scope.Now);
        var cost = Cost.Of(() => check.TryCheck(environment, question, now, out _));
        return [name, cost.Nanoseconds, cost.Bytes];
    }
}
