using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

public sealed class InvoicingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Bill_is_totalled_as_its_preview_said_numbered_and_kept_whole(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        await host.SettleAsync(new() { TaxPercentage = 8.25m });
        var bill = host.Bill("c", 49m, 10.01m) with
        {
            Discounts = [new() { Code = "SAVE15", Name = "15% off", PercentOff = 15, Start = host.Scope().Now }],
        };

        var preview = await host.Database.ReadAsync(
            (session, _) => host.Get<Invoicing>().PreviewAsync(session, host.EnvironmentId, bill), Cancellation);
        var issued = await host.IssueAsync(bill);
        var stored = await host.ReadAsync(issued);

        // 59.01; 15 % = 8.8515 -> 8.85; 8.25 % of 50.16 = 4.1382 -> 4.14; 50.16 + 4.14 (catalog 9.12).
        Assert.Equal(new(59.01m, 8.85m, 4.14m, 54.30m, 0, 54.30m) { TaxPercentage = 8.25m }, issued.Amounts);
        Assert.Equal(issued.Amounts, preview.Totals.Amounts);
        Assert.Equal([7.35m, 1.50m], stored.Lines.Select(line => line.Discount));
        Assert.Equal("INV-000001", stored.Number);
        Assert.Equal(issued.Amounts, stored.Amounts);
        Assert.Equal("SAVE15", Assert.Single(stored.Discounts).Code);
        Assert.True(stored.PaymentToken!.Length >= 22, "a token holds 128 bits or more");
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Who_never_had_a_payment_method_is_not_collected_from(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        await host.CustomerAsync("c");

        var issued = await host.IssueAsync(host.Bill("c", 10));

        Assert.Equal(InvoiceStatus.Paid, issued.Status);
        Assert.Equal(issued.IssuedAt, issued.PaidAt);
        Assert.Equal(0, issued.AttemptCount);
        Assert.Equal(
            ["2025-01-15T12:00:00Z InvoiceIssued", "2025-01-15T12:00:00Z InvoicePaid"], await host.BillingEventsAsync());
        Assert.Empty(settled.Told);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite, "pm_ok", InvoiceStatus.Paid, false, null)]
    [InlineData(DatabaseKind.PostgreSql, "pm_ok", InvoiceStatus.Paid, false, null)]
    [InlineData(DatabaseKind.Sqlite, "pm_decline", InvoiceStatus.Open, false, "declined")]
    [InlineData(DatabaseKind.PostgreSql, "pm_decline", InvoiceStatus.Open, false, "declined")]
    [InlineData(DatabaseKind.Sqlite, "pm_action_required", InvoiceStatus.Open, true, "confirm")]
    [InlineData(DatabaseKind.PostgreSql, "pm_action_required", InvoiceStatus.Open, true, "confirm")]
    [InlineData(DatabaseKind.Sqlite, "pm_expired", InvoiceStatus.Open, false, "expired")]
    [InlineData(DatabaseKind.PostgreSql, "pm_expired", InvoiceStatus.Open, false, "expired")]
    public async Task Charge_is_taken_from_the_payment_method_at_once(
        DatabaseKind kind, string method, InvoiceStatus status, bool requiresAction, string? message)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        await host.AttachAsync("c", method);

        var issued = await host.IssueAsync(host.Bill("c", 10));

        Assert.Equal(status, issued.Status);
        Assert.Equal(1, issued.AttemptCount);
        Assert.Equal(requiresAction, issued.RequiresAction);
        if (message is null)
            Assert.Null(issued.ErrorMessage);
        else
            Assert.Contains(message, issued.ErrorMessage!, StringComparison.Ordinal);
        Assert.Equal(
            status == InvoiceStatus.Paid ? "InvoicePaid" : "CustomerPaymentFailed",
            (await host.BillingEventsAsync())[^1].Split(' ')[1]);
        // Only renewals are retried.
        Assert.Null(issued.NextAttemptAt);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Method_of_collection_decides_whatever_the_payment_method(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        await host.AttachAsync("c", "pm_decline");

        var none = await host.IssueAsync(host.Bill("c", 10) with { Method = PaymentCollectionMethod.None });
        var outOfBand = await host.IssueAsync(host.Bill("c", 10) with { IsPaid = true });
        var nothingDue = await host.IssueAsync(host.Bill("c", 0));
        var sent = await host.IssueAsync(host.Bill("c", 10) with { Method = PaymentCollectionMethod.Invoice });
        var soon = await host.IssueAsync(
            host.Bill("c", 10) with { Method = PaymentCollectionMethod.Invoice, DaysUntilDue = 7 });

        Assert.All([none, outOfBand, nothingDue], invoice => Assert.Equal(InvoiceStatus.Paid, invoice.Status));
        Assert.All([sent, soon], invoice => Assert.Equal(InvoiceStatus.Open, invoice.Status));
        Assert.Equal(0, sent.AttemptCount);
        Assert.Null(sent.ErrorMessage);
        // 30 days after January 15 by default.
        Assert.Equal(Instant.FromUtc(2025, 2, 14, 12, 0), sent.DueDate);
        Assert.Equal(Instant.FromUtc(2025, 1, 22, 12, 0), soon.DueDate);
        Assert.Equal(["INV-000001", "INV-000002", "INV-000003", "INV-000004", "INV-000005"],
            new[] { none, outOfBand, nothingDue, sent, soon }.Select(i => i.Number));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Missing_method_fails_where_one_is_required_and_for_renewals_of_who_had_one(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        await host.AttachAsync("c", "pm_ok");
        await host.DetachAsync("c");

        var renewal = await host.IssueAsync(host.Renewal("c", new("s"), 10));
        var first = await host.IssueAsync(host.Renewal("c", new("t"), 10) with { Reason = BillingReason.SubscriptionCreation });
        await host.SettleAsync(new() { PaymentMethodRequired = true });
        var required = await host.IssueAsync(host.Bill("c", 10));

        Assert.Equal(InvoiceStatus.Open, renewal.Status);
        Assert.Contains("no payment method", renewal.ErrorMessage!, StringComparison.Ordinal);
        Assert.Equal(Instant.FromUtc(2025, 1, 18, 12, 0), renewal.NextAttemptAt);
        // Nothing counts as billing integration for a new purchase without a method (subscriptions 5.4).
        Assert.Equal(InvoiceStatus.Paid, first.Status);
        Assert.Equal(InvoiceStatus.Open, required.Status);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Built_in_billing_counts_when_there_is_a_method_a_checkout_or_a_rule(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");

        Assert.False(await CountsAsync(false));
        Assert.True(await CountsAsync(true));
        await host.AttachAsync("c", "pm_ok");
        Assert.True(await CountsAsync(false));
        await host.DetachAsync("c");
        Assert.False(await CountsAsync(false));
        await host.SettleAsync(new() { PaymentMethodRequired = true });
        Assert.True(await CountsAsync(false));

        Task<bool> CountsAsync(bool hasCheckout) => host.Database.ReadAsync(
            (session, _) => host.Get<Invoicing>().IsBillingIntegrationForAsync(
                session, host.EnvironmentId, new("c"), hasCheckout),
            Cancellation);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Negative_bill_becomes_credit_that_later_bills_use_oldest_first(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        await host.AttachAsync("c", "pm_ok");

        var old = await host.IssueAsync(host.Bill("c", -30));
        var young = await host.IssueAsync(host.Bill("c", -5));
        var used = await host.IssueAsync(host.Bill("c", 32));
        var euro = await host.IssueAsync(host.Bill("c", 7) with { Currency = "eur" });
        var rest = await host.IssueAsync(host.Bill("c", 10));

        Assert.Equal(("CN-000001", true, InvoiceStatus.Paid), (old.Number, old.IsCreditNote, old.Status));
        Assert.Equal(-30m, old.Amounts.Total);
        Assert.Equal(0m, old.Amounts.AmountDue);
        Assert.Equal(("CN-000002", "INV-000003"), (young.Number, used.Number));
        // 30 + 5 in credit, 32 used: the whole of the first and 2 of the second.
        Assert.Equal((32m, 0m, 0), (used.Amounts.BalanceUsed, used.Amounts.AmountDue, used.AttemptCount));
        Assert.Equal((0m, 7m), (euro.Amounts.BalanceUsed, euro.Amounts.AmountDue));
        Assert.Equal((3m, 7m, 1), (rest.Amounts.BalanceUsed, rest.Amounts.AmountDue, rest.AttemptCount));
        var balance = Assert.Single(await host.BalancesAsync("c"));
        Assert.Equal(0m, balance.Amount);
        Assert.Equal(
            [(BalanceEntryKind.CreditNote, 30m), (BalanceEntryKind.CreditNote, 5m), (BalanceEntryKind.Used, -30m),
                (BalanceEntryKind.Used, -2m), (BalanceEntryKind.Used, -3m)],
            balance.Entries.Select(e => (e.Kind, e.Amount)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Voiding_gives_back_the_balance_to_where_it_came_from(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        await host.CustomerAsync("c");
        await host.IssueAsync(host.Bill("c", -30));
        await host.IssueAsync(host.Bill("c", -5));
        var open = await host.IssueAsync(host.Bill("c", 40) with { Method = PaymentCollectionMethod.Invoice });

        var voided = (await host.WriteAsync("c", (work, token) =>
            host.Get<Invoicing>().VoidAsync(work, open.Uid, work.Scope.Now, token))).Value;
        var again = (await host.WriteAsync("c", (work, token) =>
            host.Get<Invoicing>().VoidAsync(work, open.Uid, work.Scope.Now, token))).Value;

        Assert.Equal((35m, 5m), (open.Amounts.BalanceUsed, open.Amounts.AmountDue));
        Assert.Equal(InvoiceStatus.Void, voided.Status);
        Assert.Equal(voided.VoidedAt, again.VoidedAt);
        var entries = Assert.Single(await host.BalancesAsync("c")).Entries;
        Assert.Equal(35m, entries.Sum(e => e.Amount));
        Assert.Equal([30m, 5m], entries.Where(e => e.Kind == BalanceEntryKind.CreditNote).Select(e => e.Remaining));
        Assert.Equal("InvoiceVoided", (await host.BillingEventsAsync())[^1].Split(' ')[1]);
        // The caller voided it and knows.
        Assert.Empty(settled.Told);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Refused_transaction_leaves_no_gap_in_the_numbers(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        await host.IssueAsync(host.Bill("c", 1));

        await Assert.ThrowsAsync<InvalidOperationException>(() => host.WriteAsync<Invoice>("c", async (work, token) =>
        {
            var issued = await host.Get<Invoicing>().IssueAsync(work, host.Bill("c", 2), token);
            var numbered = await host.Get<Invoicing>().FindAsync(work.Session, host.EnvironmentId, issued.Uid);
            Assert.Equal("INV-000002", numbered!.Number);
            throw new InvalidOperationException("after it was numbered");
        }));
        var next = await host.IssueAsync(host.Bill("c", 3));

        Assert.Equal("INV-000002", next.Number);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Bills_of_one_transaction_are_numbered_in_their_order_and_so_are_their_events(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        var invoicing = host.Get<Invoicing>();

        var issued = (await host.WriteAsync<IReadOnlyList<Invoice>>("c", async (work, token) =>
        [
            await invoicing.IssueAsync(work, host.Bill("c", 2), token),
            await invoicing.IssueAsync(work, host.Bill("c", -1), token),
            await invoicing.IssueAsync(work, host.Bill("c", 3) with { Method = PaymentCollectionMethod.Invoice }, token),
        ])).Value;

        string[] numbers = ["INV-000001", "CN-000002", "INV-000003"];
        Assert.All(issued, invoice => Assert.Null(invoice.Number));
        Assert.Equal(numbers, await Task.WhenAll(issued.Select(async i => (await host.ReadAsync(i)).Number)));
        Assert.Equal(
            ["InvoiceIssued INV-000001", "InvoicePaid INV-000001", "InvoiceIssued CN-000002", "InvoiceIssued INV-000003"],
            await host.NumberedEventsAsync());
    }

    /// <summary>On SQLite there is one writer at a time anyway.</summary>
    [Fact]
    public async Task Transaction_that_issued_keeps_nobody_else_from_issuing()
    {
        await using var host = await ModuleHost.StartAsync(DatabaseKind.PostgreSql);
        await host.CustomerAsync("slow");
        await host.CustomerAsync("quick");

        Invoice? quick = null;
        var slow = await host.WriteAsync("slow", async (work, token) =>
        {
            var issued = await host.Get<Invoicing>().IssueAsync(work, host.Bill("slow", 2), token);
            quick = await host.IssueAsync(host.Bill("quick", 3)).WaitAsync(TimeSpan.FromSeconds(30), token);
            return issued;
        });

        Assert.Equal("INV-000001", quick!.Number);
        Assert.Equal("INV-000002", (await host.ReadAsync(slow.Value)).Number);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Bills_of_many_customers_at_once_share_one_sequence(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        foreach (var i in Enumerable.Range(0, 8))
            await host.CustomerAsync($"c{i}");

        var issued = await Task.WhenAll(
            Enumerable.Range(0, 24).Select(i => host.IssueAsync(host.Bill($"c{i % 8}", i - 11))));

        Assert.Equal(
            Enumerable.Range(1, 24), issued.Select(invoice => int.Parse(invoice.Number!.Split('-')[1])).Order());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Latest_of_a_subscription_is_the_newest_issued_that_is_no_credit_note(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        Assert.Null(await LatestAsync());

        await host.IssueAsync(host.Renewal("c", new("s"), 1));
        var newest = await host.IssueAsync(host.Renewal("c", new("s"), 2));
        await host.IssueAsync(host.Renewal("c", new("s"), -1));
        await host.IssueAsync(host.Renewal("c", new("t"), 3));
        await host.WriteAsync("c", (work, _) => host.Get<Invoicing>().DraftAsync(work, host.Renewal("c", new("s"), 4)));

        Assert.Equal(newest.Uid, (await LatestAsync())?.Uid);

        Task<Invoice?> LatestAsync() => host.Database.ReadAsync(
            (session, _) => host.Get<Invoicing>().LatestOfSubscriptionAsync(
                session, host.EnvironmentId, new SubscriptionId("s")),
            Cancellation);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Bill_of_the_past_is_logged_when_it_was_due(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        var bill = host.Bill("c", 10);

        host.Time.Advance(TimeSpan.FromDays(2));
        var issued = await host.IssueAsync(bill);

        Assert.Equal(bill.At, issued.IssuedAt);
        Assert.Equal(
            ["2025-01-15T12:00:00Z InvoiceIssued", "2025-01-15T12:00:00Z InvoicePaid"], await host.BillingEventsAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Method_put_in_the_place_of_the_attached_one_by_an_import_is_not_charged(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        await host.AttachAsync("c", "pm_decline");
        var elsewhere = new Domain.Customers.DefaultPaymentMethod("card_1", null, null, null, "CARD");
        await host.Get<Modules.Customers.ImportCustomers>().ExecuteAsync(
            host.Scope(), [new(new("c"), new() { DefaultPaymentMethod = elsewhere }, null)], null, Cancellation);

        Assert.Equal(InvoiceStatus.Paid, (await host.IssueAsync(host.Bill("c", 10))).Status);
        Assert.False(await host.Database.ReadAsync(
            (session, _) => host.Get<Invoicing>().HasPaymentMethodAsync(session, host.EnvironmentId, new("c")), Cancellation));
    }
}
