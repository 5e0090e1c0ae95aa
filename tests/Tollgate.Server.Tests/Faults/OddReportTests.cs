using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>Reports no honest client sends, in the middle of honest ones.</summary>
public sealed class OddReportTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Odd_report_is_refused_or_counted_and_disturbs_no_other(DatabaseKind kind)
    {
        using var client = await servers.NewEnvironmentAsync(kind, Cancellation);
        await client.SetUpAsync("c");
        string[] odd =
        [
            """ "customerId":"c","featureId":"calls","value":1e30 """,
            """ "customerId":"c","featureId":"calls","value":9007199254740992 """,
            """ "customerId":"c","featureId":"calls","value":1.5 """,
            """ "customerId":"a\u0000b","featureId":"calls","value":1 """,
            """ "customerId":"c","featureId":"a\u0000b","value":1 """,
            """ "customerId":"c","featureId":"calls","value":1,"resourceId":"a\u0000b" """,
            """ "customerId":"c","featureId":"calls","value":1,"idempotencyKey":"a\u0000b" """,
            """ "customerId":"c","featureId":"calls","value":1,"idempotencyKey":"\ud800" """,
            $$""" "customerId":"c","featureId":"calls","value":1,"idempotencyKey":"{{new string('k', 9000)}}" """,
            """ "customerId":"\ud800","featureId":"calls","value":1 """,
            """ "customerId":"c","featureId":"calls","value":1,"createdAt":"9999-12-31T23:59:59.999Z" """,
            """ "customerId":"c","featureId":"calls","value":-1,"createdAt":"0001-01-01T00:00:00.000Z" """,
        ];

        var refused = odd.Select(report => client.CallAsync(
            HttpMethod.Post, "/api/v1/usage", "{\"usages\":[{" + report + "}]}", Cancellation)).ToArray();
        var honest = Enumerable.Range(0, 40).Select(_ => client.ReportAsync("c")).ToArray();
        // A surrogate without its half and a name given twice are kept as sent; they must not spoil later readings.
        var strange = client.CallAsync(
            HttpMethod.Post,
            "/api/v1/usage",
            """{"usages":[{"customerId":"c","featureId":"calls","value":1,"dimensions":{"a":1,"a":"x","b":"\ud800"}}]}""",
            Cancellation);

        Assert.All(await Task.WhenAll(honest), answer => Assert.Equal(201, answer.Status));
        foreach (var (report, answer) in odd.Zip(await Task.WhenAll(refused)))
            Assert.True(answer.Status == 400, $"{report}: {answer.Status} {answer.Text}");
        var counted = 40 + ((await strange).Status == 201 ? 1 : 0);
        Assert.True((await strange).Status is 201 or 400, (await strange).Text);
        Assert.Equal(counted, await client.UsageAsync("c"));
        Assert.Equal(counted, await client.UsageByHistoryAsync("c"));
        var grouped = await client.ReadAsync(
            "/api/v1/usage/c/history/calls?startDate=2020-01-01T00:00:00Z&groupBy=a,b", Cancellation);
        Assert.True(grouped.Status == 200, grouped.Text);
    }
}
