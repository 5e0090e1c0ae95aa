using Tollgate.Server.Tests.Faults;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Usage;

public sealed class EventRestTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Events_count_for_the_next_check_and_once_each(DatabaseKind kind)
    {
        using var client = await servers.NewEnvironmentAsync(kind, Cancellation);
        await client.SetUpAsync("c");
        await client.MeterCallsAsync();
        var events = Enumerable.Range(0, 50)
            .Select(i => new { customerId = "c", eventName = "call", idempotencyKey = $"k{i}", dimensions = new { tokens = 2 } });
        var answer = await SendAsync(client, [.. events]);
        Assert.Equal((200, """{"data":{}}"""), (answer.Status, answer.Text));
        // 50 events of 2 tokens.
        Assert.Equal(100, await client.UsageAsync("c"));
        await SendAsync(client, [.. events]);
        Assert.Equal(100, await client.UsageAsync("c"));
    }

    [Fact]
    public async Task Meter_changed_over_http_counts_stored_events_anew()
    {
        using var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        await client.SetUpAsync("c");
        await SendAsync(client, new { customerId = "c", eventName = "call", idempotencyKey = "k", dimensions = new { tokens = 5 } });
        await client.MeterCallsAsync();
        await Tollgate.Testing.Eventually.TrueAsync(
            async () => await client.UsageAsync("c") == 5, cancellationToken: Cancellation);
        var refused = await client.ReportAsync("c");
        Assert.Equal("CannotReportUsageForEntitlementWithMeterError", refused.Code);
    }

    /// <summary>Counted, limited, paid in credits and billed by the use; another customer's batches go through beside it.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Absurd_number_is_taken_priced_and_billed_and_stops_nobody(DatabaseKind kind)
    {
        using var client = await servers.NewEnvironmentAsync(kind, Cancellation);
        await client.SellCallsForCreditsAsync("c");
        await client.DoAsync("/api/v1/customers", new { id = "other" });
        const decimal absurd = 9_999_999_999_999_999_999_999_999_999m;
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => i % 4 == 0
            ? SendAsync(client, new { customerId = "c", eventName = "call", idempotencyKey = $"k{i}", dimensions = new { tokens = absurd } })
            : SendAsync(client, new { customerId = "other", eventName = "call", idempotencyKey = $"k{i}", dimensions = new { tokens = 1 } })));
        Assert.All(answers, answer => Assert.True(answer.Status == 200, answer.Text));

        // Each costs the most credits there are, 10^12, and 2 for the call: 25 - 10 * (10^12 + 2).
        Assert.Equal(25 - (10 * 1_000_000_000_002m), await client.BalanceAsync("c"));
        var history = await client.ReadAsync(
            "/api/v1/usage/c/history/calls?startDate=2020-01-01T00:00:00.000Z&endDate=2100-01-01T00:00:00.000Z&groupBy=model",
            Cancellation);
        Assert.True(history.Status == 200, history.Text);
        await client.AssertBooksAsync();
        await client.DoAsync("/tollgate/v1/test-clock/advance", new { by = "P40D" });
    }

    [Fact]
    public async Task Batch_may_be_large_and_an_event_may_not()
    {
        using var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        var text = new string('x', 1024 * 1024);
        var large = await SendAsync(client, [.. Enumerable.Range(0, 8).Select(i => Sized(i, text[..900_000]))]);
        Assert.True(large.Status == 200, large.Text);

        var refused = await SendAsync(client, Sized(20, "x"), Sized(21, text));
        Assert.Equal((400, "BadUserInput"), (refused.Status, refused.Code));
        Assert.Contains("events[1]", refused.Text, StringComparison.Ordinal);
        Assert.Contains("1048576", refused.Text, StringComparison.Ordinal);

        static object Sized(int key, string text) =>
            new { customerId = "c", eventName = "call", idempotencyKey = $"k{key}", dimensions = new { text } };
    }

    /// <summary>Spec platform, acceptance check 13.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Reports_are_listed_beside_raw_events(DatabaseKind kind)
    {
        using var client = await servers.NewEnvironmentAsync(kind, Cancellation);
        await client.SetUpAsync("c");
        Assert.Equal(201, (await client.CallAsync(HttpMethod.Post, "/api/v1/usage", new
        {
            usages = new object[]
            {
                new { customerId = "c", featureId = "calls", value = 5, idempotencyKey = "k" },
                new { customerId = "c", featureId = "calls", value = 12, updateBehavior = "SET" },
            },
        }, Cancellation)).Status);
        await SendAsync(client, new { customerId = "c", eventName = "other", idempotencyKey = "e" });

        var page = await client.CallAsync(
            HttpMethod.Get, "/tollgate/v1/usage/events?customerId=c&from=2020-01-01T00:00:00Z&to=2999-01-01T00:00:00Z", null, Cancellation);

        // The SET of 12 found 5.
        Tollgate.Testing.JsonAssert.Contains(
            """
            {"data": [
              {"eventName": "other", "fate": "UNMATCHED", "idempotencyKey": "e"},
              {"id": "<uuid>", "eventName": "$usage.reported", "customerId": "c", "resourceId": null, "fate": "COUNTED",
               "countedBy": ["calls"], "dimensions": {"featureRefId": "calls", "value": 7}, "backfillId": null},
              {"id": "<uuid>", "eventName": "$usage.reported", "idempotencyKey": "k", "receivedAt": "<instant>",
               "dimensions": {"featureRefId": "calls", "value": 5}, "correction": null}],
             "pagination": {"next": null}}
            """,
            page.Text);
        var only = await client.CallAsync(
            HttpMethod.Get, "/tollgate/v1/usage/events?eventName=$usage.reported&fate=COUNTED&limit=1", null, Cancellation);
        Assert.Equal(7, only.Json.GetProperty("data")[0].GetProperty("dimensions").GetProperty("value").GetInt32());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Event_is_found_by_its_key_and_shows_how_often_it_came_again(DatabaseKind kind)
    {
        using var client = await servers.NewEnvironmentAsync(kind, Cancellation);
        await client.SetUpAsync("c");
        await client.MeterCallsAsync();
        var sent = new { customerId = "c", eventName = "call", idempotencyKey = "k 1", dimensions = new { tokens = 5 } };
        await SendAsync(client, sent, new { customerId = "c", eventName = "call", idempotencyKey = "k2", resourceId = "r" });
        // Twice more in one call, and once in another one.
        await SendAsync(client, sent, sent);
        await SendAsync(client, sent);

        Assert.Equal(5, await client.UsageAsync("c"));
        foreach (var query in (string[])["customerId=c&idempotencyKey=k%201", "idempotencyKey=k%201&featureId=calls", "fate=DUPLICATE"])
        {
            var page = await client.CallAsync(HttpMethod.Get, $"/tollgate/v1/usage/events?{query}", null, Cancellation);
            Tollgate.Testing.JsonAssert.Contains(
                """{"data": [{"idempotencyKey": "k 1", "countedBy": ["calls"], "duplicates": 3, "lastDuplicateAt": "<instant>"}]}""",
                page.Text);
            Assert.Equal(1, page.Json.GetProperty("data").GetArrayLength());
        }

        var other = await client.CallAsync(HttpMethod.Get, "/tollgate/v1/usage/events?resourceId=r", null, Cancellation);
        Tollgate.Testing.JsonAssert.Contains(
            """{"data": [{"idempotencyKey": "k2", "duplicates": 0, "lastDuplicateAt": null}], "pagination": {"next": null}}""", other.Text);
        var refused = await client.CallAsync(HttpMethod.Get, "/tollgate/v1/usage/events?featureId=tokenz", null, Cancellation);
        Assert.Equal(400, refused.Status);
        Assert.Contains("featureId is 'tokenz'", refused.Text, StringComparison.Ordinal);
        var empty = await client.CallAsync(HttpMethod.Get, "/tollgate/v1/usage/events?idempotencyKey=", null, Cancellation);
        Assert.Equal(400, empty.Status);
        Assert.Contains("idempotencyKey", empty.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Idempotency_key_of_the_call_is_remembered()
    {
        using var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        await client.SetUpAsync("c");
        await client.MeterCallsAsync();
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/events")
            {
                Content = Calls.ToContent(new
                {
                    events = new[]
                    {
                        new { customerId = "c", eventName = "call", idempotencyKey = "k", dimensions = new { tokens = 5 } },
                    },
                }),
            };
            request.Headers.Add("Idempotency-Key", "call-1");
            var answer = await client.CallAsync(request, Cancellation);
            Assert.Equal((200, """{"data":{}}"""), (answer.Status, answer.Text));
        }

        Assert.Equal(5, await client.UsageAsync("c"));
    }

    [Theory]
    [InlineData("""{"events":[]}""", 400, "InvalidArgumentError", "events")]
    [InlineData("""{"events":[{"customerId":"c","eventName":"n"}]}""", 400, "BadUserInput", "events[0].idempotencyKey")]
    [InlineData("""{"events":[{"customerId":"c d","eventName":"n","idempotencyKey":"k"}]}""", 400, "BadUserInput", "events[0].customerId")]
    [InlineData("""{"events":[{"customerId":"c","eventName":"$n","idempotencyKey":"k"}]}""", 400, "BadUserInput", "events[0].eventName")]
    [InlineData(
        """{"events":[{"customerId":"c","eventName":"n","idempotencyKey":"k","dimensions":{"a":1e300}}]}""", 400, "BadUserInput",
        "events[0].dimensions.a")]
    [InlineData(
        """{"events":[{"customerId":"c","eventName":"n","idempotencyKey":"k","timestamp":"2999-01-01T00:00:00Z"}]}""", 400,
        "InvalidArgumentError", "events[0].timestamp")]
    public async Task Faulty_call_is_refused_as_a_whole(string body, int status, string code, string field)
    {
        using var client = await servers.NewEnvironmentAsync(DatabaseKind.Sqlite, Cancellation);
        var answer = await client.CallAsync(HttpMethod.Post, "/api/v1/events", body, Cancellation);
        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.Equal([field], answer.FaultyFields);
    }

    private static Task<Answer> SendAsync(HttpClient client, params object[] events) =>
        client.CallAsync(HttpMethod.Post, "/api/v1/events", new { events }, Cancellation);
}
