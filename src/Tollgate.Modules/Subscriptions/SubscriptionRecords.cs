using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Every subscription a customer ever had, oldest first, as read under the customer's lock.</summary>
internal sealed class SubscriptionRecords(IReadOnlyList<Versioned<Subscription>> rows)
{
    public IReadOnlyList<Subscription> All { get; } = [.. rows.Select(row => row.Value)];

    public IReadOnlySet<Guid> Uids { get; } = rows.Select(row => row.Value.Uid).ToHashSet();

    public Versioned<Subscription>? Row(Guid uid) => rows.FirstOrDefault(row => row.Value.Uid == uid);

    /// <summary>The records of a scope that have not ended.</summary>
    public IReadOnlyList<Subscription> Open(ProductId product, ResourceId? resource) =>
        [.. All.Where(s => !s.IsEnded && s.ProductId == product && s.ResourceId == resource)];

    /// <summary>
    /// The record of a scope that ended last. An ended record never changes again, so its last change is its end.
    /// </summary>
    public Subscription? LastEnded(ProductId product, ResourceId? resource) => All
        .Where(s => s.IsEnded && s.ProductId == product && s.ResourceId == resource)
        .OrderBy(s => s.UpdatedAt)
        .LastOrDefault();

    /// <summary>A paid subscription of the scope was ACTIVE with a price.</summary>
    public bool HasPaid(ProductId product, ResourceId? resource) =>
        All.Any(s => s.WasPaid && s.ProductId == product && s.ResourceId == resource);

    /// <summary>
    /// Those that fix the currency of further ones, the one that did so first before the others: whatever was paid,
    /// ended or not, then what is to be paid once it starts or its trial ends (spec catalog 10).
    /// </summary>
    public IEnumerable<Subscription> FixingCurrency => All
        .Where(s => s.WasPaid || (s.PricingType == PricingType.Paid && !s.IsEnded))
        .OrderByDescending(s => s.WasPaid);

    /// <summary>Paid subscriptions that have not ended: they fix the country of further ones.</summary>
    public IEnumerable<Subscription> FixingCountry =>
        FixingCurrency.Where(s => !s.IsEnded && s.PricingType == PricingType.Paid);
}
