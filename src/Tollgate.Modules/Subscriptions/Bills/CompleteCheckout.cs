using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>Provisions what a hosted checkout was opened for, once its payer gave a payment method (spec subscriptions 5.4).</summary>
internal sealed class CompleteCheckout(SubscribeCustomer subscribe, DecisionBiller biller) : ICheckoutCompletion
{
    public IReadOnlyCollection<LockKey> Locks(EnvironmentId environment, Checkout checkout) =>
        SubscribeCustomer.Locks(environment, StoredProvision.Read(checkout.Request).Request);

    public async Task<Result<InvoiceDraft>> PriceAsync(
        Work work, Checkout checkout, string? promotionCode, CancellationToken cancellationToken)
    {
        var input = WithCode(StoredProvision.Read(checkout.Request), promotionCode);
        if (!(await subscribe.DecideAsync(work, input, cancellationToken)).TryGet(out var decided, out var refusal))
            return refusal;
        var bill = await biller.PlanAsync(work, decided.Decision, work.Scope.Now, input.Billing);
        return bill.Drafts.FirstOrDefault(draft => draft.Subject == decided.Decision.Subject.Uid) is { } subject
            ? subject.Draft
            : new Refusal(ErrorCode.InvalidArgumentError,
                $"Subscription '{decided.Decision.Subject.Id}' has nothing to pay any more; close this checkout.");
    }

    public async Task<Result<CompletedCheckout>> CompleteAsync(
        Work work, Checkout checkout, CancellationToken cancellationToken)
    {
        var input = WithCode(StoredProvision.Read(checkout.Request), checkout.PromotionCode);
        if (!(await subscribe.ApplyAsync(work, input, cancellationToken)).TryGet(out var done, out var refusal))
            return refusal;
        return new CompletedCheckout(done.Id, done.Invoices.FirstOrDefault(i => i.SubscriptionId == done.Id));
    }

    private static ProvisionInput WithCode(ProvisionInput input, string? code) => code is null ? input : input with
    {
        Request = input.Request with
        {
            Coupon = new(new CouponRequest
            {
                References = [new(CouponForm.PromotionCode, code, "promotionCode")],
            }),
        },
    };
}
