using Tollgate.Domain.Billing;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Tests.Billing;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Credits.CreditDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>Credits that a customer buys once, at half a dollar, 10 to 100 at a time (spec credits 9).</summary>
public sealed class PurchaseTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Bought_credits_are_billed_once_and_there_when_paid(DatabaseKind kind)
    {
        await using var host = await SellingAsync(kind, "pm_ok");
        await host.ConsumeAsync(Use(15, "deficit"));

        var bought = (await BuyAsync(host, 40)).Value;

        Assert.Equal((CreditGrantType.Paid, CreditGrantStatus.Active), (bought.Grant.Type, bought.Grant.Status));
        Assert.Equal((40m, 20m, "usd"), (bought.Grant.Amount, bought.Grant.Cost.Amount, bought.Grant.Cost.Currency));
        Assert.Equal((InvoiceStatus.Paid, 20m), (bought.Invoice!.Status, bought.Invoice.Amounts.Total));
        // 40 less the deficit of 15.
        Assert.Equal(25, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_is_not_paid_is_not_there(DatabaseKind kind)
    {
        await using var host = await SellingAsync(kind, "pm_decline");

        var bought = (await BuyAsync(host, 40)).Value;

        Assert.Equal(
            (CreditGrantStatus.PaymentPending, PaymentCollection.Failed, InvoiceStatus.Open),
            (bought.Grant.Status, bought.Grant.PaymentCollection, bought.Invoice!.Status));
        Assert.Equal(0, await host.BalanceAsync());
    }

    [Fact]
    public async Task What_cannot_be_bought_is_refused()
    {
        await using var host = await SellingAsync(DatabaseKind.Sqlite, "pm_ok");

        foreach (var amount in new[] { 9m, 101m, 10.5m, -1m })
            Assert.Equal(ErrorCode.InvalidQuantity, (await BuyAsync(host, amount)).Refusal?.Code);
        Assert.Equal(
            ErrorCode.CustomerHasNoEmailAddress, (await BuyAsync(host, 10, method: PaymentCollectionMethod.Invoice)).Refusal?.Code);
        Assert.Equal(ErrorCode.CustomerNotFound, (await BuyAsync(host, 10, "nobody")).Refusal?.Code);
        Assert.Equal(ErrorCode.CustomCurrencyNotFound, (await BuyAsync(host, 10, currency: "none")).Refusal?.Code);
        await host.CurrencyAsync("other");
        Assert.Equal(ErrorCode.PriceNotFound, (await BuyAsync(host, 10, currency: "other")).Refusal?.Code);
        await host.DetachAsync("c");
        Assert.Equal(ErrorCode.PaymentMethodNotFoundError, (await BuyAsync(host, 10)).Refusal?.Code);
        Assert.Empty(await host.GrantsAsync());
    }

    private static async Task<ModuleHost> SellingAsync(DatabaseKind kind, string method)
    {
        var host = await StartAsync(kind);
        await host.AttachAsync("c", "pm_ok");
        await host.SubscribeAsync(TopUp(0.5m, 10, 100));
        await host.AttachAsync("c", method);
        return host;
    }

    private static Task<Result<BilledGrant>> BuyAsync(
        ModuleHost host, decimal amount, string customer = "c", string currency = "ai",
        PaymentCollectionMethod method = PaymentCollectionMethod.Charge) =>
        host.Get<PurchaseCredits>().ExecuteAsync(
            host.Scope(), new(new(customer), new(currency), amount, method), Cancellation);
}
