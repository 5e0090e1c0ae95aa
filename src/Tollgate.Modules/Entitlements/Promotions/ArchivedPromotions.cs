using Tollgate.Domain;
using Tollgate.Domain.Entitlements;
using Tollgate.Modules.Customers;

namespace Tollgate.Modules.Entitlements.Promotions;

/// <summary>Promotional entitlements are paused while their customer is archived.</summary>
internal sealed class ArchivedPromotions : IArchivedWithCustomer
{
    private readonly PromotionalEntitlementStore _store = new();

    public async Task ArchiveAsync(Work work, CustomerId customer)
    {
        foreach (var row in await _store.ListLiveOfCustomerAsync(work.Session, work.Scope.EnvironmentId, customer))
        {
            var paused = PromotionRules.Pause(row.Value, work.Scope.Now);
            await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, paused);
        }
    }

    public async Task UnarchiveAsync(Work work, CustomerId customer)
    {
        foreach (var row in await _store.ListLiveOfCustomerAsync(work.Session, work.Scope.EnvironmentId, customer))
        {
            var (resumed, events) = PromotionRules.Resume(row.Value, work.Scope.Now);
            await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, resumed);
            work.Record(events);
        }
    }
}
