namespace Tollgate.Server.Tests.Contract;

/// <summary>Coupons and the customers that hold them.</summary>
internal static class CouponSteps
{
    private const string Nobody = "no-such-coupon";

    public static async Task CouponsAsync(Walk walk)
    {
        await walk.DoesAsync("v1.coupons.create", [], Percent("p20"));
        await walk.DoesAsync("v1.coupons.create", [], new
        {
            id = "welcome",
            name = "Welcome",
            description = "Ten off",
            amountsOff = new object[] { new { amount = 10, currency = "usd" }, new { amount = 9.5m, currency = "eur" } },
            durationInMonths = (int?)null,
            metadata = new { campaign = "spring" },
            percentOff = (int?)null,
        });
        await walk.RefusesAsync("v1.coupons.create", 409, "DuplicatedEntityNotAllowed", [], Percent("p20"));
        await walk.RefusesAsync("v1.coupons.create", 400, "BadUserInput", [], new { id = "half", name = "Half" });
        await walk.DoesAsync("v1.coupons.list", []);
        await walk.DoesAsync(
            "v1.coupons.list", [], query: "id=welcome&type=FIXED&status=ACTIVE,ARCHIVED&createdAt%5Bgt%5D=2020-01-01T00:00:00Z");
        await walk.RefusesAsync("v1.coupons.list", 400, "BadUserInput", [], query: "type=HALF");
        await walk.DoesAsync("v1.coupons.retrieve", ["welcome"]);
        await walk.RefusesAsync("v1.coupons.retrieve", 404, "CouponNotFound", [Nobody]);
        await walk.DoesAsync(
            "v1.coupons.updateCoupon", ["welcome"], new { name = "Hello", description = (string?)null, metadata = (object?)null });
        await walk.RefusesAsync("v1.coupons.updateCoupon", 404, "CouponNotFound", [Nobody], new { name = "x" });
    }

    public static async Task HoldersAsync(Walk walk)
    {
        await walk.DoesAsync("v1.customers.provision", [], new { id = "fay", couponId = "p20" });
        // The provision operation declares no 404.
        await walk.RefusesAsync(
            "v1.customers.provision", 400, "CouponNotFound", [], new { id = "gus", couponId = Nobody }, keepsContract: true);
        await walk.RefusesAsync("v1.customers.update", 404, "CouponNotFound", ["fay"], new { couponId = Nobody });
        await walk.RefusesAsync(
            "v1.customers.update", 409, "CustomerAlreadyHaveCustomerCoupon", ["fay"], new { couponId = "welcome" });
        await walk.DoesAsync("v1.coupons.archiveCoupon", ["p20"]);
        await walk.RefusesAsync("v1.coupons.archiveCoupon", 404, "CouponNotFound", [Nobody]);
        await walk.RefusesAsync("v1.coupons.updateCoupon", 409, "EntityIsArchivedError", ["p20"], new { name = "x" });
        await walk.RefusesAsync(
            "v1.customers.update", 409, "ArchivedCouponCantBeApplied", ["bob"], new { couponId = "p20" });
        await walk.DoesAsync("v1.customers.update", ["fay"], new { couponId = (string?)null });
    }

    private static object Percent(string id) => new
    {
        id,
        name = "20 off",
        amountsOff = (object?)null,
        description = (string?)null,
        durationInMonths = 3,
        metadata = (object?)null,
        percentOff = 20,
    };
}
