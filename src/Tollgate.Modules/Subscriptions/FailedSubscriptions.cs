using System.Globalization;
using Microsoft.Extensions.Logging;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// Notes that a subscription was asked for and refused (spec subscriptions 4). The refusal has rolled everything back,
/// so the note is a transaction of its own, after it; when it cannot be written the call is refused all the same.
/// </summary>
public sealed partial class FailedSubscriptions(UnitOfWork unitOfWork, ILogger<FailedSubscriptions> log)
{
    public async Task NoteAsync(
        OperationScope scope, ProvisionRequest request, Refusal refusal, CancellationToken cancellationToken)
    {
        try
        {
            await unitOfWork.WriteAsync<Done>(
                // The key of a refused call stays free: it protects no effect.
                scope with { Idempotency = null },
                [],
                (work, _) =>
                {
                    work.Record(EventOf(request, refusal));
                    return Task.FromResult<Result<Done>>(default(Done));
                },
                cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogUnwritten(exception, request.CustomerId, refusal.Code);
        }
    }

    private static DomainEvent EventOf(ProvisionRequest request, Refusal refusal)
    {
        var facts = new Dictionary<string, string>
        {
            ["code"] = refusal.Code.ToString(),
            ["error"] = refusal.Message,
            ["customerId"] = request.CustomerId.Value,
            ["planId"] = request.PlanId.Value,
        };
        Add("resourceId", request.ResourceId?.Value);
        Add("payingCustomerId", request.PayingCustomerId?.Value);
        Add("billingPeriod", request.BillingPeriod is { } period ? Word(period) : null);
        Add("startDate", request.StartDate?.ToString("g", CultureInfo.InvariantCulture));
        return new(
            EventType.CreateSubscriptionFailed, EntityKind.Subscription, request.Id?.Value ?? "", request.CustomerId,
            null, null)
        {
            Facts = facts,
        };

        void Add(string name, string? value)
        {
            if (value is not null)
                facts[name] = value;
        }
    }

    private static string Word(BillingPeriod period) => period switch
    {
        BillingPeriod.Monthly => "MONTHLY",
        BillingPeriod.Annually => "ANNUALLY",
        _ => throw new ArgumentOutOfRangeException(nameof(period), period, "Not a billing period."),
    };

    [LoggerMessage(
        4103, LogLevel.Warning,
        "The refused subscription of customer {Customer} ({Code}) could not be noted in the event log")]
    private partial void LogUnwritten(Exception exception, CustomerId customer, ErrorCode code);
}
