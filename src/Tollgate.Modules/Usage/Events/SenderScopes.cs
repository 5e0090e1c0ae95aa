using Tollgate.Domain;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Usage.Events;

/// <summary>What the sender of an event may use.</summary>
internal static class SenderScopes
{
    /// <summary>A resource that nobody subscribed for is not refused: its events count at customer level.</summary>
    public static async ValueTask<ScopeAccess> OfSenderAsync(
        this EntitlementSnapshots snapshots, OperationScope scope, CustomerId customer, ResourceId? resource,
        CancellationToken cancellationToken)
    {
        var access = await snapshots.GetAsync(scope.Environment, customer, resource, scope.Now, cancellationToken);
        return access.Facts.IsResourceUnknown
            ? await snapshots.GetAsync(scope.Environment, customer, null, scope.Now, cancellationToken)
            : access;
    }
}
