using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Modules.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Customers;

/// <summary>The coupon a request names for a customer.</summary>
internal static class CustomerCoupons
{
    /// <summary>
    /// What a change of the customer holds besides the customer's lock: a coupon that is given must not be
    /// archived meanwhile.
    /// </summary>
    public static IReadOnlyCollection<LockKey> Locks(EnvironmentId environment, CustomerEdit fields) =>
        IdOf(fields) is null ? [] : [UnitOfWork.CatalogInUse(environment)];

    /// <summary>The coupon that the fields name; null when they clear it, say nothing, or it does not exist.</summary>
    public static async Task<Coupon?> NamedAsync(
        this CatalogReader catalog, Session session, EnvironmentId environment, CustomerEdit fields) =>
        IdOf(fields) is { } id ? await catalog.CouponAsync(session, environment, id) : null;

    private static string? IdOf(CustomerEdit fields) =>
        fields.CouponId is { IsGiven: true, Value: { Length: > 0 } id } ? id : null;
}
