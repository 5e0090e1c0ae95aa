using System.Text.Json;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Usage;

/// <summary>Raw events of a story in one line each.</summary>
internal static class EventTelling
{
    private static int _keys;

    /// <summary>A numeric feature that sums up <c>tokens</c> of events named after it.</summary>
    public static async Task EventMeterAsync(this Story story, string id)
    {
        await story.MeterAsync(id);
        await story.PatchAsync($"/api/v1/features/{id}", new
        {
            meter = new
            {
                filters = new[] { new { conditions = new[] { new { field = "eventName", operation = "EQUALS", value = id } } } },
                aggregation = new { function = "SUM", field = "tokens" },
            },
        });
    }

    public static Task<JsonElement> LatenessAsync(this Story story, string feature, string window, string then) =>
        story.PutAsync($"/tollgate/v1/usage/meters/{feature}/lateness", new { acceptWindow = window, then });

    public static Task<JsonElement> SendAsync(
        this Story story, string customer, string name, decimal tokens, string? at = null, string? key = null) =>
        story.PostAsync("/api/v1/events", new { events = new[] { Event(customer, name, tokens, at, key) } });

    /// <summary>One event as the API takes it; without a key it is like no other.</summary>
    public static Dictionary<string, object?> Event(
        string customer, string name, decimal tokens, string? at = null, string? key = null)
    {
        var sent = new Dictionary<string, object?>
        {
            ["customerId"] = customer,
            ["eventName"] = name,
            ["idempotencyKey"] = key ?? $"story-{Interlocked.Increment(ref _keys)}",
            ["dimensions"] = new { tokens },
        };
        if (at is not null)
            sent["timestamp"] = at;
        return sent;
    }

    /// <summary>The ids of the customer's events of a fate, the latest arrival first.</summary>
    public static async Task<string[]> EventIdsAsync(this Story story, string customer, string fate) =>
        [.. (await story.GetAsync($"/tollgate/v1/usage/events?limit=100&customerId={customer}&fate={fate}")).EnumerateArray()
            .Select(e => e.GetProperty("id").GetString()!)];
}
