using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

public sealed class InvoiceUseCasesTests
{
    private static readonly Guid Nothing = new("00000000-0000-0000-0000-0000000000ff");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Draft_written_by_hand_has_no_number_until_it_is_finalized(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        await CustomerWithEmailAsync(host, "c");
        await host.SettleAsync(new() { TaxPercentage = 10 });
        await host.IssueAsync(host.Bill("c", -4));
        var invoices = host.Get<InvoiceUseCases>();

        var draft = (await invoices.CreateDraftAsync(
            host.Scope(), Manual("c", new ManualInvoiceLine("Setup", 2, 50)), Cancellation)).Value;
        await host.SettleAsync(new() { TaxPercentage = 20 });
        host.Time.Advance(TimeSpan.FromDays(1));
        var issued = (await invoices.FinalizeAsync(host.Scope(), draft.Uid, Cancellation)).Value;
        var twice = await invoices.FinalizeAsync(host.Scope(), draft.Uid, Cancellation);

        Assert.Equal((InvoiceStatus.Draft, null, null), (draft.Status, draft.Number, draft.PaymentToken));
        Assert.Equal(110m, draft.Amounts.Total);
        Assert.Equal((InvoiceStatus.Open, "INV-000002"), (issued.Status, issued.Number));
        // 100 + 10 % as drafted = 110, of which the credit note of 4.40 (4 + its tax) pays a part.
        Assert.Equal((110m, 4.40m, 105.60m),
            (issued.Amounts.Total, issued.Amounts.BalanceUsed, issued.Amounts.AmountDue));
        Assert.Null(draft.IssuedAt);
        Assert.Equal(host.Scope().Now, issued.IssuedAt);
        Assert.Equal(ErrorCode.SubscriptionInvoiceStatusError, twice.Refusal?.Code);
        Assert.Empty(settled.Told);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Draft_needs_a_customer_that_can_be_billed(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("quiet");
        await host.CustomerAsync("gone");
        await host.Get<ArchiveCustomer>().ExecuteAsync(host.Scope(), new("gone"), Cancellation);

        Assert.Equal(ErrorCode.CustomerNotFound, await RefusedAsync("nobody"));
        Assert.Equal(ErrorCode.EntityIsArchivedError, await RefusedAsync("gone"));
        Assert.Equal(ErrorCode.CustomerHasNoEmailAddress, await RefusedAsync("quiet"));

        async Task<ErrorCode?> RefusedAsync(string customer) => (await host.Get<InvoiceUseCases>().CreateDraftAsync(
            host.Scope(), Manual(customer, new ManualInvoiceLine("Setup", 1, 50)), Cancellation)).Refusal?.Code;
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Voided_draft_concerns_nobody(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        await CustomerWithEmailAsync(host, "c");
        var invoices = host.Get<InvoiceUseCases>();
        var draft = (await invoices.CreateDraftAsync(
            host.Scope(), Manual("c", new ManualInvoiceLine("Setup", 1, 50)), Cancellation)).Value;

        var voided = (await invoices.VoidAsync(host.Scope(), draft.Uid, Cancellation)).Value;

        Assert.Equal((InvoiceStatus.Void, null), (voided.Status, voided.Number));
        Assert.Empty(settled.Told);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Open_invoice_is_paid_voided_or_given_up_and_its_maker_is_told(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        await host.CustomerAsync("c");
        var invoices = host.Get<InvoiceUseCases>();
        var (a, b, c) = (await SentAsync(host), await SentAsync(host), await SentAsync(host));

        var paid = (await invoices.MarkAsPaidAsync(host.Scope(), a.Uid, Cancellation)).Value;
        var voided = (await invoices.VoidAsync(host.Scope(), b.Uid, Cancellation)).Value;
        var lost = (await invoices.MarkUncollectibleAsync(host.Scope(), c.Uid, Cancellation)).Value;
        var late = (await invoices.MarkAsPaidAsync(host.Scope(), c.Uid, Cancellation)).Value;

        Assert.Equal(
            [InvoiceStatus.Paid, InvoiceStatus.Void, InvoiceStatus.Uncollectible, InvoiceStatus.Paid],
            new[] { paid, voided, lost, late }.Select(i => i.Status));
        Assert.Equal(
            ["paid INV-000001 Paid", "voided INV-000002 Void", "voided INV-000003 Uncollectible", "paid INV-000003 Paid"],
            settled.Told);
        Assert.Equal(
            ["InvoicePaid", "InvoiceVoided", "InvoiceUncollectible", "InvoicePaid"],
            (await host.BillingEventsAsync()).TakeLast(4).Select(e => e.Split(' ')[1]));
        foreach (var uid in new[] { a.Uid, b.Uid })
        {
            Assert.Equal(ErrorCode.SubscriptionInvoiceStatusError,
                (await invoices.VoidAsync(host.Scope(), uid, Cancellation)).Refusal?.Code);
            Assert.Equal(ErrorCode.SubscriptionInvoiceStatusError,
                (await invoices.MarkAsPaidAsync(host.Scope(), uid, Cancellation)).Refusal?.Code);
            Assert.Equal(ErrorCode.SubscriptionInvoiceStatusError,
                (await invoices.MarkUncollectibleAsync(host.Scope(), uid, Cancellation)).Refusal?.Code);
        }
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Paying_now_charges_the_method_there_is(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        await host.CustomerAsync("c");
        var open = await SentAsync(host);
        var invoices = host.Get<InvoiceUseCases>();

        var without = await invoices.PayNowAsync(host.Scope(), open.Uid, Cancellation);
        await host.AttachAsync("c", "pm_decline");
        var declined = (await invoices.PayNowAsync(host.Scope(), open.Uid, Cancellation)).Value;
        await host.AttachAsync("c", "pm_ok");
        var paid = (await invoices.PayNowAsync(host.Scope(), open.Uid, Cancellation)).Value;
        var twice = await invoices.PayNowAsync(host.Scope(), open.Uid, Cancellation);

        Assert.Equal(ErrorCode.PaymentMethodNotFoundError, without.Refusal?.Code);
        Assert.Equal((InvoiceStatus.Open, 1), (declined.Status, declined.AttemptCount));
        // It is still overdue on its due date.
        Assert.Equal(open.DueDate, declined.NextAttemptAt);
        Assert.Equal((InvoiceStatus.Paid, 2, null), (paid.Status, paid.AttemptCount, paid.ErrorMessage));
        Assert.Equal(ErrorCode.SubscriptionInvoiceStatusError, twice.Refusal?.Code);
        Assert.Equal(["failed INV-000001 Open", "paid INV-000001 Paid"], settled.Told);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Latest_invoice_of_a_subscription_is_marked_as_paid_once_also_by_two_at_once(DatabaseKind kind)
    {
        var (host, settled) = await BillingDriver.StartAsync(kind);
        await using var _ = host;
        await host.FreePlanAsync("free");
        await host.CustomerAsync("user");
        await host.CustomerAsync("payer");
        var id = (await host.ProvisionAsync("user", "free", r => r with { BillingPeriod = null })).Subscription().Id;
        var invoices = host.Get<InvoiceUseCases>();

        var unknown = await invoices.MarkLatestAsPaidAsync(host.Scope(), new("nothing"), Cancellation);
        var none = await invoices.MarkLatestAsPaidAsync(host.Scope(), id, Cancellation);
        await host.IssueAsync(host.Renewal("payer", id, 10) with { Method = PaymentCollectionMethod.Invoice });
        var two = await Task.WhenAll(
            invoices.MarkLatestAsPaidAsync(host.Scope(), id, Cancellation),
            invoices.MarkLatestAsPaidAsync(host.Scope(), id, Cancellation));

        Assert.Equal(ErrorCode.SubscriptionNotFound, unknown.Refusal?.Code);
        Assert.Equal(ErrorCode.MissingSubscriptionInvoiceError, none.Refusal?.Code);
        Assert.Single(two, result => result.Refusal is null);
        Assert.Single(two, result => result.Refusal?.Code == ErrorCode.SubscriptionInvoiceStatusError);
        Assert.Equal(["paid INV-000001 Paid"], settled.Told);
        Assert.Single(await host.BillingEventsAsync(), e => e.EndsWith("InvoicePaid", StringComparison.Ordinal));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Given_up_invoice_is_not_marked_as_paid_through_its_subscription(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.FreePlanAsync("free");
        await host.CustomerAsync("c");
        var id = (await host.ProvisionAsync("c", "free", r => r with { BillingPeriod = null })).Subscription().Id;
        var open = await host.IssueAsync(host.Renewal("c", id, 10) with { Method = PaymentCollectionMethod.Invoice });
        await host.Get<InvoiceUseCases>().MarkUncollectibleAsync(host.Scope(), open.Uid, Cancellation);

        var marked = await host.Get<InvoiceUseCases>().MarkLatestAsPaidAsync(host.Scope(), id, Cancellation);

        Assert.Equal(ErrorCode.SubscriptionInvoiceStatusError, marked.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Unknown_invoice_is_not_found_by_any_call(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var invoices = host.Get<InvoiceUseCases>();
        var calls = new Func<OperationScope, Guid, CancellationToken, Task<Result<Invoice>>>[]
        {
            invoices.RetrieveAsync, invoices.FinalizeAsync, invoices.VoidAsync, invoices.MarkUncollectibleAsync,
            invoices.PayNowAsync, invoices.MarkAsPaidAsync,
        };

        foreach (var call in calls)
        {
            Assert.Equal(
                ErrorCode.MissingSubscriptionInvoiceError, (await call(host.Scope(), Nothing, Cancellation)).Refusal?.Code);
        }

        Assert.Equal(
            ErrorCode.CustomerNotFound,
            (await invoices.BalancesAsync(host.Scope(), new("nobody"), Cancellation)).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Invoice_of_another_environment_is_not_found(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        var issued = await SentAsync(host);

        var elsewhere = await host.Get<InvoiceUseCases>().MarkAsPaidAsync(host.Scope("production"), issued.Uid, Cancellation);

        Assert.Equal(ErrorCode.MissingSubscriptionInvoiceError, elsewhere.Refusal?.Code);
        Assert.Equal(InvoiceStatus.Open, (await host.ReadAsync(issued)).Status);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task List_is_filtered_by_payer_subscription_status_and_kind(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("a");
        await host.CustomerAsync("b");
        await host.IssueAsync(host.Bill("a", 1));
        await host.IssueAsync(host.Bill("a", -2));
        await host.IssueAsync(host.Renewal("b", new("s"), 3) with { Method = PaymentCollectionMethod.Invoice });

        Assert.Equal(["INV-000003", "CN-000002", "INV-000001"], await NumbersAsync(new()));
        Assert.Equal(["CN-000002", "INV-000001"], await NumbersAsync(new() { CustomerId = new CustomerId("a") }));
        Assert.Equal(["INV-000003"], await NumbersAsync(new() { SubscriptionId = new SubscriptionId("s") }));
        Assert.Equal(["INV-000003"], await NumbersAsync(new() { Statuses = [InvoiceStatus.Open, InvoiceStatus.Void] }));
        Assert.Equal(["CN-000002"], await NumbersAsync(new() { CreditNotes = true }));
        Assert.Equal(["INV-000003", "INV-000001"], await NumbersAsync(new() { CreditNotes = false }));

        async Task<IEnumerable<string?>> NumbersAsync(InvoiceFilter filter) => (await host.Get<InvoiceUseCases>().ListAsync(
            host.Scope(), filter, new(20, null, null), Cancellation)).Value.Items.Select(i => i.Number);
    }

    private static Task<Invoice> SentAsync(ModuleHost host) =>
        host.IssueAsync(host.Bill("c", 10) with { Method = PaymentCollectionMethod.Invoice });

    private static async Task CustomerWithEmailAsync(ModuleHost host, string id)
    {
        await host.CustomerAsync(id);
        await host.Get<CustomerUseCases>().UpdateAsync(
            host.Scope(), new(id), new() { Email = $"{id}@example.com" }, Cancellation);
    }

    private static ManualInvoice Manual(string customer, params ManualInvoiceLine[] lines) =>
        new() { CustomerId = new(customer), Lines = lines };
}
