using Tollgate.Server.Tests.Faults;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Usage;

public sealed class RetentionRestTests(SharedServers servers)
{
    private const string Path = "/tollgate/v1/usage/retention";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Days_are_read_changed_and_bounded()
    {
        using var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        Tollgate.Testing.JsonAssert.Equal(
            """
            {"data": {"usageDays": 400, "reportLogDays": 30, "eventLogDays": 365, "usageFrom": null, "lastUsageRemoval": null,
              "lastLogRemoval": null}}
            """,
            (await client.CallAsync(HttpMethod.Get, Path, null, Cancellation)).Text);
        var changed = await client.CallAsync(HttpMethod.Patch, Path, new { usageDays = 800, eventLogDays = 30 }, Cancellation);
        Tollgate.Testing.JsonAssert.Contains(
            """{"data": {"usageDays": 800, "reportLogDays": 30, "eventLogDays": 30}}""", changed.Text);

        foreach (var (body, field) in ((object, string)[])
            [(new { usageDays = 399 }, "usageDays"), (new { reportLogDays = 801 }, "reportLogDays"), (new { eventLogDays = 29 }, "eventLogDays")])
        {
            var refused = await client.CallAsync(HttpMethod.Patch, Path, body, Cancellation);
            Assert.Equal((400, "InvalidArgumentError"), (refused.Status, refused.Code));
            Assert.Equal([field], refused.FaultyFields);
        }

        Tollgate.Testing.JsonAssert.Contains(
            """{"data": {"usageDays": 800}}""", (await client.CallAsync(HttpMethod.Get, Path, null, Cancellation)).Text);
    }
}
