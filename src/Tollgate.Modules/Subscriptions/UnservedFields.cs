using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// What a request asks of capabilities that this build does not have. Such a request is refused: nothing that is accepted is
/// ever ignored.
/// </summary>
public sealed record UnservedFields
{
    public static UnservedFields None { get; } = new();

    /// <summary>Credit currencies named by charges or entitlements.</summary>
    public IReadOnlyList<string> CreditCurrencyIds { get; init; } = [];
    public string? IntegrationId { get; init; }
    public string? ConnectedAccount { get; init; }

    /// <summary>Null when the request asks for nothing that is missing.</summary>
    /// <param name="subject">The subscription as the rest of the request leaves it.</param>
    internal Refusal? Check(Subscription subject)
    {
        if (CreditCurrencyIds.Count > 0)
        {
            return Refusal.Of(ErrorCode.CustomCurrencyNotFound, [.. CreditCurrencyIds.Select(id => new FieldFault(
                "entitlements", $"There is no credit currency with the id '{id}'; remove it."))]);
        }

        return CheckBilling(subject);
    }

    private Refusal? CheckBilling(Subscription subject)
    {
        if (IntegrationId is not null)
        {
            return new(ErrorCode.IntegrationNotFound,
                $"There is no billing integration '{IntegrationId}' in this environment; remove "
                + "billingInformation.integrationId.");
        }

        if (ConnectedAccount is not null)
        {
            return new(ErrorCode.BillingIntegrationMissing,
                $"No billing integration is connected that could charge on behalf of '{ConnectedAccount}'; remove "
                + "billingInformation.chargeOnBehalfOfAccount.");
        }

        return null;
    }
}
