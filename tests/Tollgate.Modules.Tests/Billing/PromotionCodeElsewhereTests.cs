using System.Collections.Concurrent;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Contracts;
using Tollgate.Modules.Tests.Credits;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

/// <summary>
/// Promotion codes of a connected provider where something else than a subscription is asked for (ADR 30): the price of credits, and a
/// contract with new subscriptions.
/// </summary>
public sealed class PromotionCodeElsewhereTests
{
    private static readonly PromotionCode Save = new()
    {
        Code = "SAVE20",
        Name = "Twenty off",
        PercentOff = 20,
        MinimumAmounts = [new(12, "usd")],
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Price_of_credits_is_shown_with_a_code(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.CurrencyAsync("ai");
        var asked = new ConcurrentQueue<PromotionCodeQuery>();
        remote.Codes = (query, _) =>
        {
            asked.Enqueue(query);
            return Task.FromResult<PromotionCodeAnswer>(query.Code == "save20"
                ? new PromotionCodeAnswer.StandsFor(Save)
                : new PromotionCodeAnswer.Refused(PromotionCodeRefusal.MaxRedemptionsReached));
        };

        // 12.00 less 20 % = 9.60.
        var amounts = (await PreviewAsync(host, "save20", 12)).Value.Invoice.Totals.Amounts;
        Assert.Equal((12m, 2.4m, 9.6m), (amounts.SubTotal, amounts.Discount, amounts.Total));
        var query = Assert.Single(asked);
        Assert.Equal(("save20", "c", (PackageId?)null), (query.Code, query.PayerId.Value, query.PlanId));
        // Just below what the code asks for.
        await RefusedAsync(ErrorCode.PromotionCodeMinimumAmountNotReached, "save20", 11.99m);
        await RefusedAsync(ErrorCode.PromotionCodeMaxRedemptionsReached, "used", 12);
        remote.Codes = (_, _) => throw new HttpRequestException("connection refused");
        await RefusedAsync(ErrorCode.ServiceUnavailable, "save20", 12);
        // Without codes of its own the provider knows none.
        remote.Codes = null;
        await RefusedAsync(ErrorCode.PromotionCodeNotFound, "save20", 12);
        Assert.Empty(await host.GrantsAsync());

        async Task RefusedAsync(ErrorCode code, string named, decimal cost)
        {
            var refusal = (await PreviewAsync(host, named, cost)).Refusal;
            Assert.Equal((code, "appliedCoupon.promotionCode"), (refusal?.Code, refusal?.Fields[0].Path));
        }
    }

    /// <summary>A contract is billed by its own lines: the subscription keeps the code, for when something else bills it.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task New_subscription_of_a_contract_keeps_a_code_and_a_refused_one_makes_no_contract(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        Assert.Null((await host.Get<PlanUseCases>().CreateAsync(
            host.Scope(),
            new(new("custom"), new("product-default"), new() { DisplayName = "custom", PricingType = PricingType.Custom }),
            Cancellation)).Refusal);
        Assert.Null((await host.Get<PublishPlan>().ExecuteAsync(
            host.Scope(), new("custom"), MigrationType.NewCustomers, Cancellation)).Refusal);

        remote.Codes = (_, _) => Task.FromResult<PromotionCodeAnswer>(new PromotionCodeAnswer.Refused(PromotionCodeRefusal.NotActive));
        await RefusedAsync(ErrorCode.PromotionCodeNotActive);
        remote.Codes = (_, _) => throw new HttpRequestException("connection refused");
        await RefusedAsync(ErrorCode.ServiceUnavailable);
        Assert.Empty(await host.StoredAsync("c"));

        PromotionCodeQuery? asked = null;
        remote.Codes = (query, _) =>
        {
            asked = query;
            return Task.FromResult<PromotionCodeAnswer>(new PromotionCodeAnswer.StandsFor(Save with { MinimumAmounts = [] }));
        };
        var made = (await CreateAsync(host)).Value;

        var stored = Assert.Single(await host.StoredAsync("c"));
        Assert.Equal([stored.Id], made.Contract.SubscriptionIds);
        Assert.Equal("SAVE20", Assert.Single(stored.Coupons).PromotionCode);
        Assert.Equal(("CODE", "c", "custom"), (asked?.Code, asked?.PayerId.Value, asked?.PlanId?.Value));

        async Task RefusedAsync(ErrorCode code)
        {
            var refusal = (await CreateAsync(host)).Refusal;
            Assert.Equal(
                (code, "subscriptions[0].newSubscription.appliedCoupon.promotionCode"), (refusal?.Code, refusal?.Fields[0].Path));
        }
    }

    private static Task<Result<GrantPreview>> PreviewAsync(ModuleHost host, string code, decimal cost) =>
        host.Get<CreditGrantUseCases>().PreviewAsync(host.Scope(), CreditDriver.Sold(10, cost), new(By(code)), Cancellation);

    private static Task<Result<ContractView>> CreateAsync(ModuleHost host) => host.Get<CreateContract>().ExecuteAsync(
        host.Scope(),
        new(new("c")),
        [new(null, new ProvisionInput(new(new("c"), new("custom")) { Coupon = new(By("CODE")) }))],
        Cancellation);

    private static CouponRequest By(string code) =>
        new() { References = [new(CouponForm.PromotionCode, code, "appliedCoupon.promotionCode")] };
}
