using Microsoft.Extensions.Logging;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.Customers;

namespace Tollgate.Modules.Billing;

/// <summary>
/// Asks the payer's billing provider what a promotion code stands for (spec catalog 12), before the transaction that
/// applies it: no lock waits for somebody else's network. The rules decide later, in their order, from the answer on
/// the request.
/// </summary>
public sealed partial class PromotionCodes(
    UnitOfWork unitOfWork, PayerProviders payers, CustomerReader customers, TimeProvider time,
    ILogger<PromotionCodes> log)
{
    /// <summary>How long a provider may take: somebody waits at a checkout.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The request with the provider's answer to its code; as it is when it names none, when the provider has no codes,
    /// or when there is no such payer. Refused only when the provider does not answer.
    /// </summary>
    /// <param name="scope">Who asks and where.</param>
    /// <param name="asked">The discount of a request.</param>
    /// <param name="payer">Who pays.</param>
    /// <param name="plan">What is bought or held; null without a plan.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Result<Optional<CouponRequest>>> LookUpAsync(
        OperationScope scope, Optional<CouponRequest> asked, CustomerId payer, PackageId? plan,
        CancellationToken cancellationToken)
    {
        if (asked.Or(null) is not { References: [{ Form: CouponForm.PromotionCode, Id: var code }], Discount: null } request
            || string.IsNullOrWhiteSpace(code))
        {
            return asked;
        }

        var (provider, linked) = await unitOfWork.Database.ReadAsync(
            async (session, _) => await customers.FindAsync(session, scope.EnvironmentId, payer) is null
                ? (null, null)
                : await payers.FindAsync(session, scope.Environment, payer),
            cancellationToken);
        if (provider?.PromotionCodes is not { } codes)
            return asked;
        var query = new PromotionCodeQuery(scope.Environment, code.Trim(), payer)
        {
            PayerSyncedId = linked?.BillingId,
            PlanId = plan,
        };
        return await AskAsync(codes, query, cancellationToken) switch
        {
            PromotionCodeAnswer.StandsFor { Code: var found } => new Optional<CouponRequest>(
                request with { Promotion = found }),
            PromotionCodeAnswer.Refused { Why: var why } => new Optional<CouponRequest>(
                request with { PromotionRefusal = why }),
            _ => Refusal.Of(ErrorCode.ServiceUnavailable, [new(request.References[0].Path,
                $"The billing integration '{provider.IntegrationId}' did not say what the promotion code '{code}' "
                + "stands for; try again, or leave the code out.")]),
        };
    }

    private async Task<PromotionCodeAnswer?> AskAsync(
        IProviderPromotionCodes codes, PromotionCodeQuery query, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await codes.FindAsync(query, either.Token).WaitAsync(either.Token);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogUnanswered(exception, query.Environment.Name, exception.Message);
            return null;
        }
    }

    [LoggerMessage(
        3301, LogLevel.Warning, "A billing provider of environment {Environment} did not look up a code: {Reason}")]
    private partial void LogUnanswered(Exception exception, string environment, string reason);
}
