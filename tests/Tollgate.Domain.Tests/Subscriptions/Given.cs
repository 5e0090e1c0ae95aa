using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>Valid defaults for the records these rules read; a test says only what differs.</summary>
internal static class Given
{
    public static readonly Instant Now = Instant.FromUtc(2026, 1, 31, 10, 13);
    public static readonly CustomerId CustomerId = new("acme");
    public static readonly ProductId ProductId = new("app");
    public static readonly FeatureId Seats = new("seats");

    public static Customer Customer() => new()
    {
        Uid = new Guid(1, 0, 0, new byte[8]), Id = CustomerId, CreatedAt = Now, UpdatedAt = Now,
    };

    public static Product Product(ProductSettings? settings = null) => new()
    {
        Uid = new Guid(2, 0, 0, new byte[8]), Id = ProductId, DisplayName = "App", CreatedAt = Now, UpdatedAt = Now,
        Settings = settings ?? new(),
    };

    public static Subscription Subscription(
        string id = "sub-1", string plan = "pro", SubscriptionStatus status = SubscriptionStatus.Active) => new()
        {
            Uid = new Guid(3, 0, 0, new byte[8]), Id = new(id), CustomerId = CustomerId, ProductId = ProductId,
            PlanId = new(plan), PlanVersion = 1, PriceVersion = 1, PricingType = PricingType.Paid, Status = status,
            StartDate = Now, UsageAnchor = Now, CreatedAt = Now, UpdatedAt = Now,
        };
}
