using Tollgate.Domain.Catalog;
using Tollgate.Modules.Tests.Usage;
using Tollgate.Modules.Tests.Usage.Events;
using Tollgate.Storage;
using static Tollgate.Modules.Tests.Credits.CreditDriver;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>Consumption, reports and events have writers of their own, and one pool may pay for all of them.</summary>
public sealed class PoolWritersTests
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Writers_of_one_pool_do_not_lose_what_others_took(DatabaseKind kind)
    {
        await using var host = await EventBurnDriver.StartAsync(kind, MeterOf(AggregationFunction.Sum, "tokens"));
        await host.GrantAsync(1_000);

        await Task.WhenAll(
            Task.Run(() => ManyAsync(i => host.ConsumeAsync(Use(1, $"k{i}")))),
            Task.Run(() => ManyAsync(_ => host.ReportAsync(Delta("c", "tokens", 2)))),
            Task.Run(() => ManyAsync(i => host.SendAsync(Event("c", key: $"e{i}", dimensions: ("tokens", 2m))))));

        // Each of the 3 x 150 costs 1.
        Assert.Equal(550m, await host.BalanceAsync());
        await host.AuditAsync();

        static async Task ManyAsync(Func<int, Task> once)
        {
            for (var i = 0; i < 150; i++)
                await once(i);
        }
    }
}
