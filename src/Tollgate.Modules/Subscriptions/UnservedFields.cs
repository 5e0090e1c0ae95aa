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

    /// <summary>A strategy other than IMMEDIATE, as spelled by the caller.</summary>
    public string? ScheduleStrategy { get; init; }

    /// <summary>Null when the request asks for nothing that is missing.</summary>
    /// <param name="subject">The subscription as the rest of the request leaves it.</param>
    internal Refusal? Check(Subscription subject)
    {
        if (CreditCurrencyIds.Count > 0)
        {
            return Refusal.Of(ErrorCode.CustomCurrencyNotFound, [.. CreditCurrencyIds.Select(id => new FieldFault(
                "entitlements", $"There is no credit currency with the id '{id}'; remove it."))]);
        }

        return CheckBilling(subject) ?? CheckSchedule(subject);
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

    private Refusal? CheckSchedule(Subscription subject) => (ScheduleStrategy, subject.BillingPeriod) switch
    {
        (null, _) => null,
        (_, null) => new(ErrorCode.SubscriptionDoesNotHaveBillingPeriod,
            $"Plan '{subject.PlanId}' has no billing period, so nothing can wait for {ScheduleStrategy}; leave "
            + "scheduleStrategy out or send IMMEDIATE."),
        _ => new(ErrorCode.UnsupportedSubscriptionScheduleType,
            $"The schedule strategy {ScheduleStrategy} is not available in this build; leave scheduleStrategy out or send "
            + "IMMEDIATE."),
    };
}
