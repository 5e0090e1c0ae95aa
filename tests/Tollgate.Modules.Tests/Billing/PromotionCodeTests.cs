using System.Collections.Concurrent;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Billing.Providers;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

/// <summary>
/// Promotion codes of a connected provider (spec catalog 12, subscriptions 5.3 and 12). Customer c has a card there; plan pro
/// costs 90 dollars a month. The clock starts on 2025-01-15 at 12:00.
/// </summary>
public sealed class PromotionCodeTests
{
    private static readonly PromotionCode Save = new()
    {
        Code = "SAVE20",
        Name = "Twenty off",
        PercentOff = 20,
        DurationInMonths = 3,
    };

    private static readonly PromotionCode Ten = new() { Code = "TEN", Name = "Ten off", AmountsOff = [new(10, "usd")] };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static CouponRequest By(string code) =>
        new() { References = [new(CouponForm.PromotionCode, code, "appliedCoupon.promotionCode")] };

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_code_discounts_previews_bills_and_renewals_like_a_coupon(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var asked = new ConcurrentQueue<PromotionCodeQuery>();
        remote.Codes = async (query, _) =>
        {
            asked.Enqueue(query);
            // Takes the customer's lock: nobody who waits for the provider holds it.
            Assert.Null((await host.RenameAsync("c", $"Asked {asked.Count} times")).Refusal);
            return new PromotionCodeAnswer.StandsFor(Save);
        };

        var preview = await PreviewAsync(host, "save20");
        var bought = (await host.ProvisionAsync("c", "pro", r => r with { Coupon = new(By("save20")) })).Subscription();
        // 365 days later: the renewals of February to January, 12 of them.
        host.Time.Advance(TimeSpan.FromDays(365));
        await host.RunDueAsync();
        await host.SendAsync();

        // 90 less 20 % = 72, three times.
        var bills = await InvoicesAsync(host, bought);
        Assert.Equal([72m, 72, 72, 90], bills.Take(4).Select(bill => bill.Amounts.Total));
        Assert.Equal(13, bills.Count);
        Assert.Equal(bills[0].Amounts, preview.Value.Immediate.Amounts);
        Assert.Equal("SAVE20", preview.Value.Immediate.Coupon?.Code);
        Assert.Equal("SAVE20", Assert.Single(bought.Coupons).PromotionCode);
        var told = remote.Calls.Last(call => call.Kind == SyncedKind.Subscription).As<ProviderSubscription>();
        Assert.Equal("SAVE20", told.PromotionCode);
        Assert.All(asked, query => Assert.Equal(
            ("save20", "c", "pro", remote.IdOf(SyncedKind.Customer, "c")),
            (query.Code, query.PayerId.Value, query.PlanId?.Value, query.PayerSyncedId)));
        // The preview and the call; no renewal asks.
        Assert.Equal(2, asked.Count);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task An_update_takes_a_code_and_shows_before_what_it_would_bring(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        remote.Codes = (query, _) => Task.FromResult<PromotionCodeAnswer>(query.Code == "TEN"
            ? new PromotionCodeAnswer.StandsFor(Ten)
            : new PromotionCodeAnswer.Refused(PromotionCodeRefusal.NotFound));
        var held = (await host.ProvisionAsync("c", "pro")).Subscription();
        var use = host.Get<SubscriptionUseCases>();
        var update = new UpdateInput(new() { Coupon = new(By("TEN")) });

        var preview = await use.PreviewUpdateAsync(host.Scope(), held.Id, update, Cancellation);
        var unchanged = Assert.Single(await host.StoredAsync("c"));
        var updated = await use.UpdateAsync(host.Scope(), held.Id, update, Cancellation);
        // Whoever holds it keeps it when the call comes again, though it is used up by now.
        remote.Codes = (_, _) => Task.FromResult<PromotionCodeAnswer>(
            new PromotionCodeAnswer.Refused(PromotionCodeRefusal.MaxRedemptionsReached));
        var again = await use.UpdateAsync(host.Scope(), held.Id, update, Cancellation);
        host.Time.Advance(TimeSpan.FromDays(31));
        await host.RunDueAsync();

        // 90 less 10.
        Assert.Equal(80m, preview.Value.Recurring.Amounts.Total);
        Assert.Empty(unchanged.Coupons);
        Assert.Equal("TEN", Assert.Single(updated.Value.Subscription.Coupons).PromotionCode);
        Assert.Equal(updated.Value.Subscription.UpdatedAt, again.Value.Subscription.UpdatedAt);
        Assert.Equal([90m, 80], (await InvoicesAsync(host, held)).Select(bill => bill.Amounts.Total));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_code_that_is_refused_leaves_no_trace(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.CustomerAsync("d");
        Assert.Null((await host.AttachAsync("d", "card-2", RemoteBilling.Id)).Refusal);
        var held = (await host.ProvisionAsync("d", "pro")).Subscription();
        var use = host.Get<SubscriptionUseCases>();
        async Task CheckAsync(ErrorCode code, PromotionCodeAnswer answer)
        {
            remote.Codes = (_, _) => Task.FromResult(answer);
            var update = new UpdateInput(new() { Coupon = new(By("CODE")) });
            Refusal?[] refusals =
            [
                (await PreviewAsync(host, "CODE")).Refusal,
                (await host.ProvisionAsync("c", "pro", r => r with { Coupon = new(By("CODE")) })).Refusal,
                (await use.PreviewUpdateAsync(host.Scope(), held.Id, update, Cancellation)).Refusal,
                (await use.UpdateAsync(host.Scope(), held.Id, update, Cancellation)).Refusal,
            ];
            Assert.All(refusals, refusal => Assert.Equal(
                (code, "appliedCoupon.promotionCode"), (refusal?.Code, refusal?.Fields[0].Path)));
        }

        await CheckAsync(
            ErrorCode.PromotionCodeNotFound, new PromotionCodeAnswer.Refused(PromotionCodeRefusal.NotFound));
        await CheckAsync(
            ErrorCode.PromotionCodeNotActive, new PromotionCodeAnswer.Refused(PromotionCodeRefusal.NotActive));
        await CheckAsync(
            ErrorCode.PromotionCodeNotForCustomer, new PromotionCodeAnswer.Refused(PromotionCodeRefusal.NotForCustomer));
        await CheckAsync(
            ErrorCode.PromotionCodeMaxRedemptionsReached,
            new PromotionCodeAnswer.Refused(PromotionCodeRefusal.MaxRedemptionsReached));
        await CheckAsync(
            ErrorCode.PromotionCodeCustomerNotFirstPurchase,
            new PromotionCodeAnswer.Refused(PromotionCodeRefusal.CustomerNotFirstPurchase));
        await CheckAsync(
            ErrorCode.PromotionCodeMinimumAmountNotReached,
            new PromotionCodeAnswer.StandsFor(Save with { MinimumAmounts = [new(90.01m, "usd")] }));
        Assert.Empty(await host.StoredAsync("c"));
        Assert.Empty(Assert.Single(await host.StoredAsync("d")).Coupons);
        // Only calls fail, previews do not.
        Assert.Equal(6, (await host.EventsOfAsync(EventType.CreateSubscriptionFailed)).Count);
        // The steps before the coupon come first.
        remote.Codes = (_, _) => throw new InvalidOperationException("Asked for nobody.");
        Assert.Equal(
            ErrorCode.CustomerNotFound,
            (await host.ProvisionAsync("nobody", "pro", r => r with { Coupon = new(By("CODE")) })).Refusal?.Code);
        remote.Codes = null;
        Assert.Equal(ErrorCode.PromotionCodeNotFound, (await PreviewAsync(host, "CODE")).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_code_that_waits_with_a_change_is_asked_for_once(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.PaidPlanAsync("basic", 30);
        var held = (await host.ProvisionAsync("c", "pro")).Subscription();
        remote.Codes = (_, _) => Task.FromResult<PromotionCodeAnswer>(
            new PromotionCodeAnswer.StandsFor(Ten with { MinimumAmounts = [new(30, "usd")] }));

        Assert.Null((await host.ProvisionAsync("c", "basic", r => r with
        {
            Coupon = new(By("TEN")),
            ScheduleStrategy = ScheduleStrategy.EndOfBillingPeriod,
        })).Refusal);
        remote.Codes = (_, _) => throw new InvalidOperationException("Asked again.");
        host.Time.Advance(TimeSpan.FromDays(31));
        await host.RunDueAsync();

        // The downgrade and its code, from the next period on: 30 less 10.
        var after = Assert.Single(await host.StoredAsync("c"));
        Assert.Equal(("basic", "TEN"), (after.PlanId.Value, Assert.Single(after.Coupons).PromotionCode));
        Assert.All(after.FutureUpdates, update => Assert.Equal(ScheduleStatus.Done, update.Status));
        Assert.Equal([90m, 20], (await InvoicesAsync(host, held)).Select(bill => bill.Amounts.Total));
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_refuses_the_call_for_now()
    {
        var (host, remote) = await RemoteDriver.StartAsync(DatabaseKind.Sqlite);
        await using var _ = host;
        remote.Codes = (_, _) => throw new HttpRequestException("connection refused");
        var down = await PreviewAsync(host, "SAVE20");
        var begun = new TaskCompletionSource();
        remote.Codes = (_, _) =>
        {
            begun.SetResult();
            return new TaskCompletionSource<PromotionCodeAnswer>().Task;
        };
        var slow = PreviewAsync(host, "SAVE20");
        await Task.WhenAny(begun.Task, slow);
        host.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(ErrorCode.ServiceUnavailable, down.Refusal?.Code);
        Assert.Equal(ErrorCode.ServiceUnavailable, (await slow).Refusal?.Code);
        Assert.Empty(await host.StoredAsync("c"));
    }

    private static Task<Result<SubscriptionPreview>> PreviewAsync(ModuleHost host, string code) =>
        host.Get<PreviewSubscription>().ExecuteAsync(
            host.Scope(),
            new(new(new("c"), new("pro")) { BillingPeriod = BillingPeriod.Monthly, Coupon = new(By(code)) }),
            Cancellation);

    /// <summary>The oldest first.</summary>
    private static async Task<IReadOnlyList<Invoice>> InvoicesAsync(ModuleHost host, Subscription subscription) =>
    [
        .. (await host.Get<InvoiceUseCases>().ListAsync(
            host.Scope(), new() { SubscriptionId = subscription.Id }, new(100, null, null), Cancellation)).Value.Items.Reverse(),
    ];
}
