using NodaTime;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;

namespace Tollgate.Modules.Billing.Providers;

/// <summary>How messages of a remote billing provider are read (spec integrations 2.7).</summary>
public interface IProviderWebhooks
{
    /// <summary>
    /// Refuses, as INVALID_ARGUMENT, what the provider did not sign for this environment, or signed too long ago.
    /// </summary>
    Result<Done> Verify(AccountEnvironment environment, ProviderRequest request);

    /// <summary>What a verified body says; called again each time the message is tried.</summary>
    /// <exception cref="FormatException">It is not what the provider documents.</exception>
    ProviderMessage Read(string body);
}

/// <summary>A request as it arrived.</summary>
/// <param name="Headers">By name, whatever the case.</param>
/// <param name="Body">The raw bytes, which are what is signed.</param>
/// <param name="ReceivedAt">In real time, whatever the clock of the environment shows.</param>
public sealed record ProviderRequest(
    IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body, Instant ReceivedAt);

/// <summary>One message of a provider.</summary>
/// <param name="Id">The provider's id of it: a message that comes again has the same.</param>
/// <param name="Type">What the provider calls it: <c>invoice.paid</c>.</param>
/// <param name="OccurredAt">By the provider's clock; only compared with other messages of it.</param>
/// <param name="News">What it means here; null = nothing.</param>
public sealed record ProviderMessage(string Id, string Type, Instant OccurredAt, ProviderNews? News);
