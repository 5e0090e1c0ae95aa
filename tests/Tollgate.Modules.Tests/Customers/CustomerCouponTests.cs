using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.Coupons;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Customers;

public sealed class CustomerCouponTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Customer_holds_a_coupon_from_the_instant_it_was_given(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await CouponAsync(host, "ten");
        await host.CustomerAsync("c");
        host.Time.Advance(TimeSpan.FromDays(2));
        var given = host.Scope().Now;
        Assert.Null((await GiveAsync(host, "c", "ten")).Refusal);
        host.Time.Advance(TimeSpan.FromDays(5));
        Assert.Null((await GiveAsync(host, "c", "ten")).Refusal);

        var terms = await host.Database.ReadAsync(
            async (session, _) => DiscountTerms.OfCustomer(
                (await host.Get<CustomerReader>().FindAsync(session, host.EnvironmentId, new("c")))!,
                await host.Get<CatalogReader>().CouponAsync(session, host.EnvironmentId, "ten")),
            Cancellation);

        Assert.Equal((10m, given), (terms!.PercentOff, terms.Start));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Second_coupon_waits_until_the_first_is_cleared(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await CouponAsync(host, "ten");
        await CouponAsync(host, "other");
        await host.CustomerAsync("c");
        await GiveAsync(host, "c", "ten");

        var refused = await GiveAsync(host, "c", "other");
        var kept = (await host.Get<CustomerUseCases>().RetrieveAsync(host.Scope(), new("c"), Cancellation)).Value;
        var cleared = (await GiveAsync(host, "c", "")).Value;
        var second = (await GiveAsync(host, "c", "other")).Value;

        Assert.Equal(ErrorCode.CustomerAlreadyHaveCustomerCoupon, refused.Refusal?.Code);
        Assert.Equal("ten", kept.CouponId);
        Assert.Null(cleared.CouponId);
        Assert.Equal("other", second.CouponId);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archived_coupon_stays_with_its_holders_and_is_not_given_any_more(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await CouponAsync(host, "ten");
        await host.CustomerAsync("holder");
        await host.CustomerAsync("late");
        await GiveAsync(host, "holder", "ten");
        await host.Get<CouponUseCases>().ArchiveAsync(host.Scope(), "ten", Cancellation);

        Assert.Equal("ten", (await GiveAsync(host, "holder", "ten")).Value.CouponId);
        Assert.Equal(ErrorCode.ArchivedCouponCantBeApplied, (await GiveAsync(host, "late", "ten")).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Unknown_coupon_refuses_the_customer_as_a_whole(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await CouponAsync(host, "ten");
        var provision = host.Get<ProvisionCustomer>();

        var refused = await provision.ExecuteAsync(host.Scope(), new("c"), new() { CouponId = "none" }, Cancellation);
        var read = await host.Get<CustomerUseCases>().RetrieveAsync(host.Scope(), new("c"), Cancellation);
        var created = await provision.ExecuteAsync(host.Scope(), new("c"), new() { CouponId = "ten" }, Cancellation);

        Assert.Equal(ErrorCode.CouponNotFound, refused.Refusal?.Code);
        Assert.Equal(ErrorCode.CustomerNotFound, read.Refusal?.Code);
        Assert.Equal(("ten", host.Scope().Now), (created.Value.Customer.CouponId, created.Value.Customer.CouponAppliedAt));
        Assert.Equal(ErrorCode.CouponNotFound, (await GiveAsync(host, "c", "none")).Refusal?.Code);
    }

    private static async Task CouponAsync(ModuleHost host, string id) => Assert.Null(
        (await host.Get<CouponUseCases>().CreateAsync(host.Scope(), new(id, id) { PercentOff = 10 }, Cancellation)).Refusal);

    private static Task<Result<Customer>> GiveAsync(ModuleHost host, string customer, string? coupon) =>
        host.Get<CustomerUseCases>().UpdateAsync(
            host.Scope(), new(customer), new() { CouponId = new Optional<string>(coupon) }, Cancellation);
}
