using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Subscriptions.Bills;

/// <summary>
/// Says what a provisioning would cost by provisioning and rolling back: the executed call makes a bill with exactly these
/// lines (spec subscriptions 11).
/// </summary>
public sealed class PreviewSubscription(UnitOfWork unitOfWork, SubscribeCustomer subscribe, DescribePreview describe)
{
    public async Task<Result<SubscriptionPreview>> ExecuteAsync(
        OperationScope scope, ProvisionInput input, CancellationToken cancellationToken) =>
        (await subscribe.PrepareAsync(scope, input, cancellationToken)).TryGet(out var ready, out var refusal)
            ? await RunAsync(scope, ready, cancellationToken)
            : refusal;

    private Task<Result<SubscriptionPreview>> RunAsync(
        OperationScope scope, ProvisionInput input, CancellationToken cancellationToken) =>
        unitOfWork.PreviewAsync<SubscriptionPreview>(
            scope,
            SubscribeCustomer.Locks(scope.EnvironmentId, input.Request),
            // A preview opens no checkout, so there is a subscription.
            async (work, token) => (await subscribe.ApplyAsync(work, input, token)).TryGet(out var done, out var refusal)
                ? await describe.OfAsync(work, done.Subscription!.Subscription, done.Invoices, done.Direction)
                : refusal,
            cancellationToken);
}
