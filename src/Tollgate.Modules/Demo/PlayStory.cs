using System.Diagnostics;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Modules.Demo;

/// <summary>Does one act of the story unless it was done before.</summary>
public sealed class PlayStory(
    CustomerUseCases customers, ProvisionCustomer provisionCustomer, SubscriptionUseCases subscriptions,
    ProvisionWithEntitlements provision)
{
    internal Task PlayAsync(OperationScope scope, Act act, CancellationToken cancellationToken) => act switch
    {
        Arrives arrives => ArriveAsync(scope, arrives, cancellationToken),
        Subscribes subscribes => SubscribeAsync(scope, subscribes, cancellationToken),
        Moves moves => MoveAsync(scope, moves, cancellationToken),
        Cancels cancels => CancelAsync(scope, cancels, cancellationToken),
        _ => throw new UnreachableException($"{act.GetType().Name} is not an act of a customer."),
    };

    private async Task ArriveAsync(OperationScope scope, Arrives act, CancellationToken cancellationToken)
    {
        var id = new CustomerId(act.Customer);
        if ((await customers.RetrieveAsync(scope, id, cancellationToken)).Refusal is null)
            return;
        _ = (await provisionCustomer.ExecuteAsync(
            scope,
            id,
            new() { Name = act.Name, Email = $"billing@{act.Customer}.example" },
            cancellationToken)).Value;
    }

    private async Task SubscribeAsync(OperationScope scope, Subscribes act, CancellationToken cancellationToken)
    {
        if (await FindAsync(scope, act.Id, cancellationToken) is not null)
            return;
        await ProvisionAsync(
            scope,
            new(new(act.Customer), new(act.Plan))
            {
                Id = new(act.Id),
                BillingPeriod = act.Period,
                ResourceId = act.Resource is { } resource ? new(resource) : null,
                Quantities = act.Seats is { } seats ? [new(new(CollaborationSheet.Seats), seats)] : null,
                Overrides = act.Agreed,
                SkipTrial = act.SkipsTrial,
                StartDate = act.StartsIn is { } wait
                    ? (scope.Now.InUtc().LocalDateTime + wait).InUtc().ToInstant()
                    : null,
            },
            cancellationToken);
    }

    private async Task MoveAsync(OperationScope scope, Moves act, CancellationToken cancellationToken)
    {
        if ((await FindAsync(scope, act.Id, cancellationToken))!.PlanId.Value == act.Plan)
            return;
        await ProvisionAsync(
            scope,
            new(new(act.Customer), new(act.Plan)) { Id = new(act.Id), BillingPeriod = act.Period },
            cancellationToken);
    }

    private async Task CancelAsync(OperationScope scope, Cancels act, CancellationToken cancellationToken)
    {
        if (await FindAsync(scope, act.Id, cancellationToken) is { IsEnded: false, CancellationDate: null } held)
            _ = (await subscriptions.CancelAsync(scope, held.Id, new() { Time = act.Time }, cancellationToken)).Value;
    }

    private async Task ProvisionAsync(
        OperationScope scope, ProvisionRequest request, CancellationToken cancellationToken) =>
        _ = (await provision.ExecuteAsync(scope, new(request), cancellationToken)).Value;

    private async Task<Subscription?> FindAsync(OperationScope scope, string id, CancellationToken cancellationToken) =>
        (await subscriptions.RetrieveAsync(scope, new(id), cancellationToken)).TryGet(out var found, out _)
            ? found.Subscription
            : null;
}
