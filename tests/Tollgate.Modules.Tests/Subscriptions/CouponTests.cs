using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Coupons;
using Tollgate.Modules.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions;

/// <summary>Coupons and agreed prices survive the database (spec subscriptions 3.6 and 12).</summary>
public sealed class CouponTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static CouponRequest By(string id) => new() { References = [new(CouponForm.CouponId, id, "appliedCoupon.couponId")] };

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Coupons_and_prices_are_stored_replaced_and_removed(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        await host.CustomerAsync("c");
        foreach (var id in (string[])["SAVE20", "SAVE30"])
        {
            Assert.Null((await host.Get<CouponUseCases>().CreateAsync(
                host.Scope(), new(id, id) { PercentOff = 20 }, Cancellation)).Refusal);
        }

        var first = (await host.ProvisionAsync("c", "basic", r => r with
        {
            Coupon = new(By("SAVE20")),
            PriceOverrides = [new() { BaseCharge = true, Amount = 4 }],
        })).Subscription();
        var again = await host.ProvisionAsync("c", "basic", r => r with { Coupon = new(By("SAVE20")) });
        host.Time.Advance(TimeSpan.FromDays(1));
        var replaced = await UpdateAsync(host, first, new() { Coupon = new(By("SAVE30")) });
        var discounted = await UpdateAsync(
            host, first, new() { Coupon = new(new CouponRequest { Discount = new() { AmountsOff = [new(1, "usd")] } }) });
        var removed = await UpdateAsync(host, first, new() { Coupon = new(null), PriceOverrides = [] });

        Assert.Equal(first.UpdatedAt, again.Subscription().UpdatedAt);
        Assert.Equal(4m, again.Value.Provisioned.Subscription!.Charges[0].Charge.Price?.Amount);
        Assert.Equal(["SAVE20", "SAVE30"], replaced.Subscription.Coupons.Select(c => c.Terms.Code));
        Assert.True(discounted.Subscription.Coupons[^1].IsAdHoc);
        Assert.Equal(
            [AppliedCouponStatus.Removed, AppliedCouponStatus.Removed, AppliedCouponStatus.Removed],
            removed.Subscription.Coupons.Select(c => c.StatusAt(host.Scope().Now)));
        Assert.Equal(5m, removed.Charges[0].Charge.Price?.Amount);
        Assert.Equal(3, Assert.Single(await host.StoredAsync("c")).Coupons.Count);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Coupons_that_cannot_be_applied_leave_no_trace(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        await host.CustomerAsync("c");
        await host.Get<CouponUseCases>().CreateAsync(host.Scope(), new("old", "old") { PercentOff = 5 }, Cancellation);
        await host.Get<CouponUseCases>().ArchiveAsync(host.Scope(), "old", Cancellation);

        ErrorCode? Code(CouponRequest request) =>
            host.ProvisionAsync("c", "basic", r => r with { Coupon = new(request) }).Result.Refusal?.Code;

        Assert.Equal(ErrorCode.CouponNotFound, Code(By("nope")));
        Assert.Equal(ErrorCode.ArchivedCouponCantBeApplied, Code(By("old")));
        Assert.Empty(await host.StoredAsync("c"));
    }

    private static async Task<PricedSubscription> UpdateAsync(ModuleHost host, Subscription subscription, UpdateRequest request) =>
        (await host.Get<SubscriptionUseCases>().UpdateAsync(host.Scope(), subscription.Id, new(request), Cancellation)).Value;
}
