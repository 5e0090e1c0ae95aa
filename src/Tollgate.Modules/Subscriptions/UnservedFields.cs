using Tollgate.Domain.Errors;
using Tollgate.Modules.Billing.BuiltIn;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// What a request asks of capabilities that this build does not have. Such a request is refused: nothing that is accepted is
/// ever ignored.
/// </summary>
public sealed record UnservedFields
{
    public static UnservedFields None { get; } = new();

    public string? IntegrationId { get; init; }
    public string? ConnectedAccount { get; init; }

    /// <summary>Null when the request asks for nothing that is missing.</summary>
    internal Refusal? Check()
    {
        if (IntegrationId is not (null or BuiltInProvider.Id))
        {
            return new(ErrorCode.IntegrationNotFound,
                $"There is no billing integration '{IntegrationId}' in this environment; remove "
                + $"billingInformation.integrationId or send '{BuiltInProvider.Id}'.");
        }

        return ConnectedAccount is null
            ? null
            : new(ErrorCode.BillingIntegrationMissing,
                $"No billing integration is connected that could charge on behalf of '{ConnectedAccount}'; remove "
                + "billingInformation.chargeOnBehalfOfAccount.");
    }
}
