using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.Providers;

namespace Tollgate.Testing;

/// <summary>How the messages of <see cref="RemoteBilling"/> are signed, as Stripe does it, and read.</summary>
public sealed class RemoteWebhooks : IProviderWebhooks
{
    public const string Header = "Acme-Signature";

    private const string Secret = "whsec-of-the-tests";

    private static readonly Duration Tolerance = Duration.FromMinutes(5);

    /// <summary>A message: <c>{id, type, at (ms), entityId?, syncedId?, method?, key?, code?, action?}</c>.</summary>
    public static string Message(
        string type, string? entity = null, string? synced = null, string? id = null, long at = 1, string? method = null,
        string? key = null, bool action = false)
    {
        var message = new JsonObject
        {
            ["id"] = id ?? $"evt_{Guid.NewGuid():N}",
            ["type"] = type,
            ["at"] = at,
            ["entityId"] = entity,
            ["syncedId"] = synced,
            ["method"] = method,
            ["key"] = key,
            ["action"] = action,
        };
        return message.ToJsonString();
    }

    public static string Sign(string body, Instant at)
    {
        var stamp = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{stamp}.{body}"));
        return $"t={stamp},v1={Convert.ToHexStringLower(hash)}";
    }

    public static ProviderRequest Request(string body, Instant at, string? signature = null) => new(
        new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [Header] = signature ?? Sign(body, at) },
        Encoding.UTF8.GetBytes(body),
        at);

    public Result<Done> Verify(AccountEnvironment environment, ProviderRequest request)
    {
        if (!request.Headers.TryGetValue(Header, out var given) || given.Split(',') is not [['t', '=', .. var stamp], _]
            || !long.TryParse(stamp, CultureInfo.InvariantCulture, out var seconds))
        {
            return Refuse("is missing or malformed");
        }

        var at = Instant.FromUnixTimeSeconds(seconds);
        var right = Sign(Encoding.UTF8.GetString(request.Body.Span), at);
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(right)))
            return Refuse("is wrong");
        return request.ReceivedAt - at > Tolerance ? Refuse("is too old") : default(Done);

        static Refusal Refuse(string what) => Refusal.Of(
            ErrorCode.InvalidArgumentError, [new(Header, $"The header {Header} {what}; sign the body as it is sent.")]);
    }

    public ProviderMessage Read(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var message = document.RootElement;
            return new(
                Text("id") ?? throw new FormatException("It has no id."),
                Text("type") ?? throw new FormatException("It has no type."),
                Instant.FromUnixTimeMilliseconds(message.GetProperty("at").GetInt64()),
                NewsOf(message, Text("type")!));

            string? Text(string name) => message.TryGetProperty(name, out var value) ? value.GetString() : null;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("It is no message.", exception);
        }
    }

    private static ProviderNews? NewsOf(JsonElement message, string type)
    {
        var of = new ProviderReference(message.GetProperty("entityId").GetString(), message.GetProperty("syncedId").GetString());
        var method = message.GetProperty("method").GetString() ?? "";
        return type switch
        {
            "invoice.paid" => new ProviderNews.PaymentSucceeded(of),
            "invoice.payment_failed" => new ProviderNews.PaymentFailed(
                of,
                message.GetProperty("action").GetBoolean()
                    ? new(PaymentOutcome.ActionRequired, "authentication_required", "Please confirm.")
                    : new(PaymentOutcome.Declined, "card_declined", "The card was declined."),
                message.GetProperty("key").GetString()),
            "invoice.voided" => new ProviderNews.InvoiceVoided(of),
            "invoice.uncollectible" => new ProviderNews.InvoiceUncollectible(of),
            "method.attached" => new ProviderNews.PaymentMethodAttached(of, RemoteBilling.Card(method)),
            "method.detached" => new ProviderNews.PaymentMethodDetached(of, method),
            "subscription.deleted" => new ProviderNews.SubscriptionCanceled(of),
            "customer.deleted" => new ProviderNews.CustomerDeleted(of),
            _ => null,
        };
    }
}
