using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// What a request asks of capabilities that this build does not have. Such a request is refused: nothing that is
/// accepted is ever ignored.
/// </summary>
public sealed record UnservedFields
{
    public static UnservedFields None { get; } = new();

    public string? ConnectedAccount { get; init; }

    /// <summary>Null when the request asks for nothing that is missing.</summary>
    internal Refusal? Check() => ConnectedAccount is null
        ? null
        : new(ErrorCode.BillingIntegrationMissing,
            $"No billing integration is connected that could charge on behalf of '{ConnectedAccount}'; remove "
            + "billingInformation.chargeOnBehalfOfAccount.");
}
