using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions;

/// <summary>What subscriptions cost is on the books, in the transaction of the change.</summary>
public sealed class BillingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Creation_renewals_and_an_upgrade_are_billed_once_each(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var created = (await host.ProvisionAsync("c", "basic")).Subscription();

        // January 15 12:00 to February 15 12:00 are 31 days; after 15.5 of them, half is left.
        host.Time.Advance(TimeSpan.FromDays(15.5));
        var upgraded = (await host.ProvisionAsync("c", "pro")).Subscription();
        host.Time.Advance(TimeSpan.FromDays(16));
        await Task.WhenAll(host.RunDueAsync(), host.RunDueAsync());

        var invoices = await InvoicesAsync(host);
        Assert.Equal(created.Id, upgraded.Id);
        Assert.Equal([30m, 30, 90], invoices.Select(i => i.Amounts.Total));
        Assert.Equal([-15m, 45], invoices[1].Lines.Select(l => l.Amount));
        Assert.Equal(
            [BillingReason.SubscriptionCreation, BillingReason.SubscriptionUpdate, BillingReason.BillingCycle],
            invoices.Select(i => i.Reason));
        Assert.All(invoices, i => Assert.Equal(InvoiceStatus.Paid, i.Status));
        var stored = Assert.Single(await host.StoredAsync("c"));
        Assert.Equal(invoices[2].Uid, stored.LatestInvoiceUid);
        Assert.Equal(90, Assert.Single(stored.RunningCharges).Net);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_has_the_lines_of_the_invoice_and_leaves_no_trace(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.ProvisionAsync("c", "basic");
        host.Time.Advance(TimeSpan.FromDays(10));

        var preview = (await PreviewAsync(host, "pro")).Value;
        var before = await InvoicesAsync(host);
        await host.ProvisionAsync("c", "pro");
        var invoice = (await InvoicesAsync(host))[^1];

        Assert.Single(before);
        Assert.Equal(
            invoice.Lines.Select(l => (l.Description, l.Amount, l.Quantity, l.UnitPrice)),
            preview.Immediate.Lines.Select(l => (l.Description, l.Amount, l.Quantity, l.UnitPrice)));
        Assert.Equal(invoice.Amounts, preview.Immediate.Amounts);
        Assert.Equal(90, preview.Recurring.Amounts.Total);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_refuses_what_provisioning_refuses(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);

        var noPeriod = await PreviewAsync(host, "basic", r => r with { BillingPeriod = null });
        var noCode = await PreviewAsync(host, "basic", r => r with
        {
            Coupon = new(new CouponRequest
            {
                References = [new(CouponForm.PromotionCode, "SAVE", "appliedCoupon.promotionCode")],
            }),
        });

        Assert.Equal(ErrorCode.BillingPeriodMissingError, noPeriod.Refusal?.Code);
        Assert.Equal(ErrorCode.PromotionCodeNotFound, noCode.Refusal?.Code);
        Assert.Empty(await InvoicesAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Cancellation_gives_unused_time_back_to_the_balance(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var id = (await host.ProvisionAsync("c", "pro")).Subscription().Id;
        host.Time.Advance(TimeSpan.FromDays(15.5));

        await host.Get<SubscriptionUseCases>().CancelAsync(
            host.Scope(), id, new() { Time = CancellationTime.Immediate }, Cancellation);

        var note = (await InvoicesAsync(host))[^1];
        var balance = (await host.Get<InvoiceUseCases>().BalancesAsync(host.Scope(), new("c"), Cancellation)).Value;
        Assert.True(note.IsCreditNote);
        Assert.Equal(-45, note.Amounts.Total);
        Assert.Equal(45, Assert.Single(balance).Amount);
        // The latest invoice stays the one that was paid.
        Assert.NotEqual(note.Uid, (await host.StoredAsync("c"))[0].LatestInvoiceUid);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archived_customer_is_given_nothing_back(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.ProvisionAsync("c", "pro");
        host.Time.Advance(TimeSpan.FromDays(15.5));

        await host.Get<ArchiveCustomer>().ExecuteAsync(host.Scope(), new("c"), Cancellation);

        Assert.Single(await InvoicesAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Bill_terms_of_the_subscription_hold_for_its_renewals(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.ProvisionAsync("c", "basic", r => r with { InvoiceTerms = new(10, null) });
        host.Time.Advance(TimeSpan.FromDays(31));
        await host.RunDueAsync();

        // 30 and 10 % on top.
        Assert.Equal([33m, 33], (await InvoicesAsync(host)).Select(i => i.Amounts.Total));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Bill_terms_out_of_range_are_refused(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);

        var refused = await host.ProvisionAsync("c", "basic", r => r with { InvoiceTerms = new(101, 2.5m) });

        Assert.Equal(ErrorCode.BadUserInput, refused.Refusal?.Code);
        Assert.Equal(2, refused.Refusal!.Fields.Count);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Failed_change_bills_nothing(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("other");
        await host.ProvisionAsync("other", "basic", r => r with { Id = new("taken") });

        var refused = await host.ProvisionAsync("c", "basic", r => r with { Id = new("taken") });

        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, refused.Refusal?.Code);
        Assert.Empty(await InvoicesAsync(host));
    }

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 30);
        await host.PaidPlanAsync("pro", 90);
        await host.CustomerAsync("c");
        return host;
    }

    private static Task<Result<SubscriptionPreview>> PreviewAsync(
        ModuleHost host, string plan, Func<ProvisionRequest, ProvisionRequest>? with = null)
    {
        var request = new ProvisionRequest(new("c"), new(plan)) { BillingPeriod = BillingPeriod.Monthly };
        return host.Get<PreviewSubscription>().ExecuteAsync(
            host.Scope(), new(with?.Invoke(request) ?? request), Cancellation);
    }

    /// <summary>Those of customer c, the oldest first.</summary>
    private static async Task<IReadOnlyList<Invoice>> InvoicesAsync(ModuleHost host) =>
    [
        .. (await host.Get<InvoiceUseCases>().ListAsync(
            host.Scope(), new() { CustomerId = new("c") }, new(100, null, null), Cancellation)).Value.Items.Reverse(),
    ];
}
