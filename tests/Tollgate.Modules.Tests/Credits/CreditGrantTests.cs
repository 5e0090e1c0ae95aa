using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Catalog.Coupons;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Tests.Billing;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Credits.CreditDriver;

namespace Tollgate.Modules.Tests.Credits;

public sealed class CreditGrantTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Grant_is_read_as_it_was_made_newest_first_and_survives_a_restart(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var first = await host.GrantAsync(Draft(100.123456789012m) with
        {
            Priority = 3,
            Comment = "sorry",
            ExpireAt = host.At(30),
            Metadata = new Dictionary<string, string> { ["why"] = "outage" },
        });
        var second = await host.GrantAsync(50);
        await host.RestartAsync();

        var listed = await host.GrantsAsync();

        Assert.Equal([second.Id, first.Id], listed.Select(grant => grant.Id));
        Assert.Equal(
            (100.123456789012m, 3, "sorry", first.ExpireAt, CreditGrantStatus.Active, "outage"),
            (listed[1].Amount, listed[1].Priority, listed[1].Comment, listed[1].ExpireAt, listed[1].Status,
                listed[1].Metadata["why"]));
        Assert.StartsWith("cred-grant-", first.Id, StringComparison.Ordinal);
        Assert.Equal(150.123456789012m, await host.BalanceAsync());
        Assert.Equal([(CreditEntryKind.Granted, 100.123456789012m), (CreditEntryKind.Granted, 50m)], await host.LedgerAsync());
        Assert.Equal([EventType.CreditGrantCreated, EventType.CreditGrantCreated], await host.CreditEventsAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Grants_start_and_expire_by_time_alone_and_reads_do_not_wait_for_the_worker(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.GrantAsync(Draft(10) with { ExpireAt = host.At(5) });
        await host.GrantAsync(Draft(20) with { EffectiveAt = host.At(3), ExpireAt = host.At(8) });
        Assert.Equal(10, await host.BalanceAsync());
        host.Time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(30, await host.BalanceAsync());
        host.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(20, await host.BalanceAsync());
        Assert.Null(await host.CreditReasonAsync(20));

        // Both changes, each at its own instant.
        Assert.Equal(2, await host.RunDueAsync());
        Assert.Equal(0, await host.RunDueAsync());
        host.Time.Advance(TimeSpan.FromDays(3));
        // The ledger works off what is due before it is read.
        Assert.Equal(
            [
                (CreditEntryKind.Granted, 10m), (CreditEntryKind.Granted, 20m), (CreditEntryKind.Expired, 10m),
                (CreditEntryKind.Expired, 20m),
            ],
            await host.LedgerAsync());
        Assert.Equal(
            [CreditGrantStatus.Expired, CreditGrantStatus.Expired], (await host.GrantsAsync()).Select(grant => grant.Status));
        Assert.Equal(2, (await host.CreditEventsAsync()).Count(type => type == EventType.CreditGrantExpired));
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Void_takes_the_rest_once(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var grant = await host.GrantAsync(100);
        await host.ConsumeAsync(Use(40, "k"));
        var grants = host.Get<CreditGrantUseCases>();

        var voided = (await grants.VoidAsync(host.Scope(), grant.Id, Cancellation)).Value.Grant;
        var twice = await grants.VoidAsync(host.Scope(), grant.Id, Cancellation);

        Assert.Equal((CreditGrantStatus.Voided, 40m), (voided.Status, voided.Consumed));
        Assert.Equal(ErrorCode.CreditGrantAlreadyVoided, twice.Refusal?.Code);
        Assert.Equal(0, await host.BalanceAsync());
        Assert.Equal((CreditEntryKind.Voided, 60m), (await host.LedgerAsync())[^1]);
        Assert.Equal(
            ErrorCode.CreditGrantNotFound, (await grants.VoidAsync(host.Scope(), "none", Cancellation)).Refusal?.Code);
        await host.ConsumeAsync(Use(1, "deficit"));
        var overdraft = (await host.GrantsAsync())[0];
        Assert.Equal(
            ErrorCode.CreditGrantCannotBeVoided, (await grants.VoidAsync(host.Scope(), overdraft.Id, Cancellation)).Refusal?.Code);
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Updated_expiry_changes_the_order_of_the_next_consumption(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var a = await host.GrantAsync(Draft(10) with { ExpireAt = host.At(5) });
        var b = await host.GrantAsync(Draft(10) with { ExpireAt = host.At(6) });
        var grants = host.Get<CreditGrantUseCases>();
        await host.ConsumeAsync(Use(1, "1"));

        var updated = await grants.UpdateAsync(
            host.Scope(), b.Id, new() { ExpireAt = new(host.At(4)), DisplayName = "Soon" }, Cancellation);
        await host.ConsumeAsync(Use(1, "2"));

        Assert.Equal("Soon", updated.Value.Grant.DisplayName);
        Assert.Equal([1m, 1m], (await host.GrantsAsync()).Select(grant => grant.Consumed));
        Assert.Equal([b.Id, a.Id], (await host.GrantsAsync()).Select(grant => grant.Id));
        Assert.Contains((CreditEntryKind.Updated, 0m), await host.LedgerAsync());
        host.Time.Advance(TimeSpan.FromDays(7));
        Assert.Equal(
            ErrorCode.CannotUpdateExpireAtForExpiredCreditGrantError,
            (await grants.UpdateAsync(host.Scope(), a.Id, new() { ExpireAt = new(null) }, Cancellation)).Refusal?.Code);
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Unknown_and_archived_parties_are_refused(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        async Task<ErrorCode?> CodeAsync(CreditGrantDraft draft) => (await host.TryGrantAsync(draft)).Refusal?.Code;

        Assert.Equal(ErrorCode.CustomerNotFound, await CodeAsync(Draft(1, "nobody")));
        Assert.Equal(ErrorCode.CustomerResourceNotFound, await CodeAsync(Draft(1) with { ResourceId = new("r") }));
        Assert.Equal(ErrorCode.CustomCurrencyNotFound, await CodeAsync(Draft(1) with { CurrencyId = new("none") }));
        await host.Get<Tollgate.Modules.Catalog.CreditCurrencies.CustomCurrencyUseCases>()
            .ArchiveAsync(host.Scope(), new("ai"), Cancellation);
        Assert.Equal(ErrorCode.EntityIsArchivedError, await CodeAsync(Draft(1)));
        // What is there goes on burning.
        Assert.Null((await host.TryConsumeAsync(Use(1, "k"))).Refusal);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite, "pm_ok", CreditGrantStatus.Active, PaymentCollection.NotRequired, InvoiceStatus.Paid)]
    [InlineData(DatabaseKind.PostgreSql, "pm_ok", CreditGrantStatus.Active, PaymentCollection.NotRequired, InvoiceStatus.Paid)]
    [InlineData(DatabaseKind.Sqlite, "pm_decline", CreditGrantStatus.PaymentPending, PaymentCollection.Failed, InvoiceStatus.Open)]
    [InlineData(DatabaseKind.PostgreSql, "pm_decline", CreditGrantStatus.PaymentPending, PaymentCollection.Failed, InvoiceStatus.Open)]
    [InlineData(
        DatabaseKind.Sqlite, "pm_action_required", CreditGrantStatus.PaymentPending, PaymentCollection.ActionRequired,
        InvoiceStatus.Open)]
    public async Task Charge_decides_whether_the_credits_are_usable(
        DatabaseKind kind, string method, CreditGrantStatus status, PaymentCollection collection, InvoiceStatus invoiced)
    {
        await using var host = await StartAsync(kind);
        await host.AttachAsync("c", method);

        var billed = (await host.TryGrantAsync(Sold(1000, 12))).Value;

        Assert.Equal((status, collection), (billed.Grant.Status, billed.Grant.PaymentCollection));
        Assert.Equal((invoiced, 12m, BillingReason.Manual), (billed.Invoice!.Status, billed.Invoice.Amounts.Total, billed.Invoice.Reason));
        Assert.Equal(status == CreditGrantStatus.Active ? 1000 : 0, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Paying_the_invoice_makes_the_credits_usable_and_settles_the_deficit(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.AttachAsync("c", "pm_decline");
        var billed = (await host.TryGrantAsync(Sold(1000, 12))).Value;
        await host.ConsumeAsync(Use(200, "k"));
        Assert.Equal(-200, await host.BalanceAsync());

        var paid = await host.Get<InvoiceUseCases>().MarkAsPaidAsync(host.Scope(), billed.Invoice!.Uid, Cancellation);

        Assert.Equal(InvoiceStatus.Paid, paid.Value.Status);
        Assert.Equal(800, await host.BalanceAsync());
        Assert.Equal(CreditGrantStatus.Active, (await host.GrantsAsync()).Single(grant => grant.Id == billed.Grant.Id).Status);
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Voided_invoice_voids_the_grant_and_a_voided_grant_its_invoice(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.AttachAsync("c", "pm_decline");
        var one = (await host.TryGrantAsync(Sold(10, 1))).Value;
        var other = (await host.TryGrantAsync(Sold(10, 1))).Value;

        await host.Get<InvoiceUseCases>().VoidAsync(host.Scope(), one.Invoice!.Uid, Cancellation);
        var voided = (await host.Get<CreditGrantUseCases>().VoidAsync(host.Scope(), other.Grant.Id, Cancellation)).Value;

        Assert.All(await host.GrantsAsync(), grant => Assert.Equal(CreditGrantStatus.Voided, grant.Status));
        Assert.Equal(InvoiceStatus.Void, voided.Invoice!.Status);
        Assert.Empty(await host.LedgerAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Charge_that_nobody_waits_for_is_due_work(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.AttachAsync("c", "pm_ok");

        var billed = (await host.TryGrantAsync(Sold(10, 1) with { AwaitsPayment = false })).Value;
        Assert.Equal(
            (CreditGrantStatus.PaymentPending, PaymentCollection.Processing), (billed.Grant.Status, billed.Grant.PaymentCollection));
        Assert.Null(billed.Invoice);
        await host.RunDueAsync();

        var grant = (await host.GrantsAsync()).Single();
        Assert.Equal(CreditGrantStatus.Active, grant.Status);
        Assert.NotNull(grant.InvoiceUid);
        Assert.Equal(0, await host.RunDueAsync());
        await host.AuditAsync();
    }

    [Fact]
    public async Task Invoice_waits_for_its_payment_and_one_paid_out_of_band_does_not()
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite);
        await host.Get<Tollgate.Modules.Customers.CustomerUseCases>().UpdateAsync(
            host.Scope(), new("c"), new() { Email = "c@example.com" }, Cancellation);
        var invoiced = Sold(10, 1) with { Method = PaymentCollectionMethod.Invoice, DaysUntilDue = 7 };

        var open = (await host.TryGrantAsync(invoiced)).Value;
        var paid = (await host.TryGrantAsync(invoiced with { IsInvoicePaid = true })).Value;

        Assert.Equal(
            (CreditGrantStatus.PaymentPending, PaymentCollection.Processing), (open.Grant.Status, open.Grant.PaymentCollection));
        Assert.Equal(host.At(7), open.Invoice!.DueDate);
        Assert.Equal((CreditGrantStatus.Active, InvoiceStatus.Paid), (paid.Grant.Status, paid.Invoice!.Status));
    }

    [Fact]
    public async Task Preview_prices_and_changes_nothing()
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite);
        var preview = (await host.Get<CreditGrantUseCases>().PreviewAsync(host.Scope(), Sold(10, 12), default, Cancellation)).Value;

        Assert.Equal((12m, 12m), (preview.Invoice.Totals.Amounts.SubTotal, preview.Invoice.Totals.Amounts.Total));
        Assert.Empty(await host.GrantsAsync());
        Assert.Equal(
            ErrorCode.CustomerNotFound,
            (await host.Get<CreditGrantUseCases>().PreviewAsync(host.Scope(), Draft(1, "x"), default, Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Preview_takes_a_discount_off()
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite);
        Assert.Null((await host.Get<CouponUseCases>().CreateAsync(
            host.Scope(), new("spring", "Spring") { PercentOff = 25 }, Cancellation)).Refusal);

        // 12.00 less 25 % = 9.00; less 5.00 = 7.00.
        Assert.Equal((12m, 3m, 9m), await PreviewAsync(new() { References = [new(CouponForm.CouponId, "spring", "appliedCoupon.couponId")] }));
        Assert.Equal((12m, 5m, 7m), await PreviewAsync(new() { Discount = new() { AmountsOff = [new(5, "usd")] } }));
        Assert.Equal(
            ErrorCode.CouponNotFound,
            (await TryAsync(new() { References = [new(CouponForm.CouponId, "none", "appliedCoupon.couponId")] })).Refusal?.Code);
        Assert.Equal(
            ErrorCode.InvalidArgumentError,
            (await TryAsync(new() { Discount = new() { AmountsOff = [new(5, "eur")] } })).Refusal?.Code);
        Assert.Empty(await host.GrantsAsync());

        Task<Result<GrantPreview>> TryAsync(CouponRequest discount) => host.Get<CreditGrantUseCases>().PreviewAsync(
            host.Scope(), Sold(10, 12) with { EffectiveAt = host.At(30) }, new(discount), Cancellation);

        async Task<(decimal, decimal, decimal)> PreviewAsync(CouponRequest discount)
        {
            var amounts = (await TryAsync(discount)).Value.Invoice.Totals.Amounts;
            return (amounts.SubTotal, amounts.Discount, amounts.Total);
        }
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Billing_address_is_on_the_invoice_of_a_grant(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.AttachAsync("c", "pm_ok");
        var address = new BillingAddress { Line1 = "1 Mill Lane", City = "York", Country = "GB" };

        var now = (await host.TryGrantAsync(Sold(10, 12) with { BillingAddress = address })).Value;
        await host.TryGrantAsync(Sold(10, 12) with { BillingAddress = address, AwaitsPayment = false });
        await host.RunDueAsync();

        Assert.Equal(address, now.Invoice!.Address);
        var later = (await host.GrantsAsync())[0];
        Assert.Equal(address, (await InvoiceAsync(host, later.InvoiceUid!.Value)).Address);
        Assert.Equal(
            ErrorCode.BadUserInput,
            (await host.TryGrantAsync(Sold(10, 12) with { BillingAddress = new() { City = new('x', 256) } })).Refusal?.Code);
    }

    private static Task<Invoice> InvoiceAsync(ModuleHost host, Guid uid) => host.Database.ReadAsync(
        async (session, _) => (await host.Get<Invoicing>().FindAsync(session, host.EnvironmentId, uid))!, Cancellation);
}
