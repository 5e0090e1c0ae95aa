using System.Text.Json;

namespace Tollgate.Stories.Tests.Telling;

/// <summary>Customers and subscriptions of a story, in one line each.</summary>
internal static class SubscriptionTelling
{
    public static Task CustomerAsync(this Story story, string id) =>
        story.PostAsync("/api/v1/customers", new { id, email = $"{id}@example.com" });

    /// <summary>A monthly (or other) subscription, without a trial unless the plan has one; answers its id.</summary>
    public static Task<string> SubscribeAsync(
        this Story story, string customer, string plan, string? period = "MONTHLY", object? with = null)
    {
        var request = new Dictionary<string, object?> { ["customerId"] = customer, ["planId"] = plan };
        if (period is not null)
            request["billingPeriod"] = period;
        foreach (var property in with?.GetType().GetProperties() ?? [])
            request[property.Name] = property.GetValue(with);
        return story.ProvisionAsync(request);
    }

    public static Task<JsonElement> UpdateAsync(this Story story, string id, object change) =>
        story.PatchAsync($"/api/v1/subscriptions/{id}", change);

    public static Task<JsonElement> CancelAsync(this Story story, string id, object? how = null) =>
        story.PostAsync($"/api/v1/subscriptions/{id}/cancel", how ?? new { cancellationTime = "IMMEDIATE" });

    public static Task<JsonElement> PayWithAsync(this Story story, string customer, string method) =>
        story.PostAsync($"/api/v1/customers/{customer}/payment-method", new
        {
            integrationId = "builtin",
            paymentMethodId = method,
            vendorIdentifier = "STRIPE",
        });

    /// <summary>
    /// A subscription in one line: <c>ACTIVE pro 2040-06-01..2040-07-01</c>, then what is unusual: trial end, payment
    /// problem, cancellation date, reason.
    /// </summary>
    public static async Task<string> StateAsync(this Story story, string id) =>
        SayState(await story.GetAsync($"/api/v1/subscriptions/{id}"));

    /// <summary>Every subscription of the customer, the oldest first, as <see cref="StateAsync"/> says it.</summary>
    public static async Task<IReadOnlyList<string>> StatesAsync(this Story story, string customer) =>
        [.. (await story.GetAsync($"/api/v1/subscriptions?customerId={customer}")).EnumerateArray().Reverse().Select(SayState)];

    public static string SayState(JsonElement subscription)
    {
        var said = $"{Text("status")} {Text("planId")}";
        if (Text("resourceId") is { } resource)
            said += $"/{resource}";
        if (Day("currentBillingPeriodStart") is { } start)
            said += $" {start}..{Day("currentBillingPeriodEnd")}";
        if (Text("status") == "IN_TRIAL" && Day("trialEndDate") is { } trial)
            said += $" trial to {trial}";
        if (Text("paymentCollection") is { } payment && payment != "NOT_REQUIRED")
            said += $" {payment}";
        if (Day("cancellationDate") is { } canceled)
            said += $" canceled at {canceled}";
        if (Text("cancelReason") is { } reason)
            said += $" {reason}";
        return said;

        string? Text(string name) =>
            subscription.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : null;

        string? Day(string name) => Text(name)?[..10];
    }
}
