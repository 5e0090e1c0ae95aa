using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>Raw events for the feature "calls", sent to servers that may be in trouble.</summary>
internal static class EventMetering
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>From now on calls are the tokens of the events named "call".</summary>
    public static async Task MeterCallsAsync(this HttpClient client)
    {
        var answer = await client.CallAsync(
            HttpMethod.Patch,
            "/api/v1/features/calls",
            new
            {
                meter = new
                {
                    aggregation = new { function = "SUM", field = "tokens" },
                    filters = new[]
                    {
                        new { conditions = new[] { new { field = "eventName", operation = "EQUALS", value = "call" } } },
                    },
                },
            },
            Cancellation);
        Assert.True(answer.Status == 200, answer.Text);
    }

    /// <summary>Sends the events of these keys, one token each; the odd ones are dated.</summary>
    public static Task<Answer> SendAsync(this HttpClient client, string customer, IReadOnlyList<string> keys) =>
        client.CallAsync(
            HttpMethod.Post,
            "/api/v1/events",
            new
            {
                events = keys.Select((key, i) => i % 2 == 0
                    ? (object)new { customerId = customer, eventName = "call", idempotencyKey = key, dimensions = new { tokens = 1 } }
                    : new
                    {
                        customerId = customer,
                        eventName = "call",
                        idempotencyKey = key,
                        dimensions = new { tokens = 1 },
                        timestamp = "2020-01-02T03:04:05.678Z",
                    }).ToArray(),
            },
            Cancellation);

    /// <summary>Sends batches until <paramref name="isOver"/>; answers those that were not acknowledged.</summary>
    public static async Task<List<string[]>> SendUntilAsync(
        this HttpClient client, string customer, string prefix, Func<bool> isOver, Action<string[]> accepted)
    {
        var open = new List<string[]>();
        for (var i = 0; !isOver(); i++)
        {
            var keys = Enumerable.Range(0, 20).Select(n => $"{prefix}-{i}-{n}").ToArray();
            try
            {
                var answer = await client.SendAsync(customer, keys);
                if (answer.Status == 200)
                {
                    accepted(keys);
                    continue;
                }

                Assert.Equal(503, answer.Status);
                open.Add(keys);
            }
            catch (HttpRequestException)
            {
                open.Add(keys);
            }
        }

        return open;
    }

    /// <summary>Sends batches again until each is accepted.</summary>
    public static async Task ResendAsync(this HttpClient client, string customer, IEnumerable<string[]> batches)
    {
        foreach (var keys in batches)
        {
            await Eventually.TrueAsync(
                async () => (await client.SendAsync(customer, keys)).Status == 200, cancellationToken: Cancellation);
        }
    }
}
