using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

public sealed class ListCustomerInvoicesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Each_order_runs_both_ways_and_ties_keep_the_order_of_issue(DatabaseKind kind)
    {
        await using var host = await HostWithInvoicesAsync(kind);

        Assert.Equal([1, 2, 3, 4], await NumbersAsync(host, new()));
        Assert.Equal([4, 3, 2, 1], await NumbersAsync(host, new() { Descending = true }));
        // Totals 9.50, 100, 9.50, 20; due after 30, 1, 10 and 2 days.
        Assert.Equal([1, 3, 4, 2], await NumbersAsync(host, new() { Order = InvoiceOrder.Total }));
        Assert.Equal([2, 4, 3, 1], await NumbersAsync(host, new() { Order = InvoiceOrder.Total, Descending = true }));
        Assert.Equal([2, 4, 3, 1], await NumbersAsync(host, new() { Order = InvoiceOrder.DueDate }));
        Assert.Equal([1, 3, 4, 2], await NumbersAsync(host, new() { Order = InvoiceOrder.DueDate, Descending = true }));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Pages_join_to_the_whole_list_in_both_directions(DatabaseKind kind)
    {
        await using var host = await HostWithInvoicesAsync(kind);
        foreach (var order in Enum.GetValues<InvoiceOrder>())
        {
            foreach (var descending in new[] { false, true })
            {
                var query = new CustomerInvoiceQuery { Order = order, Descending = descending, Limit = 1 };
                var whole = await NumbersAsync(host, query with { Limit = 20 });
                var (forwards, last) = await WalkAsync(host, query, page => page.Next, c => query with { After = c });
                var (backwards, _) = await WalkAsync(
                    host, query with { After = last }, page => page.Previous, c => query with { Before = c });

                Assert.Equal(whole, forwards);
                Assert.Equal(whole.Reverse(), backwards);
            }
        }
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Filters_leave_out_what_they_say(DatabaseKind kind)
    {
        await using var host = await HostWithInvoicesAsync(kind);
        var second = ModuleHostStart + Duration.FromDays(1);

        Assert.Equal([1, 2, 3, 4], await NumbersAsync(host, new() { Statuses = [InvoiceStatus.Open, InvoiceStatus.Void] }));
        Assert.Empty(await NumbersAsync(host, new() { Statuses = [InvoiceStatus.Paid] }));
        Assert.Equal([2, 3, 4], await NumbersAsync(host, new() { IssuedFrom = second }));
        Assert.Equal([1], await NumbersAsync(host, new() { IssuedBefore = second }));
        Assert.Empty(await NumbersAsync(host, new() { ContractExternalId = "contract-1" }));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Drafts_credit_notes_and_others_invoices_are_not_in_the_list(DatabaseKind kind)
    {
        await using var host = await HostWithInvoicesAsync(kind);
        await host.CustomerAsync("other");
        await host.IssueAsync(host.Bill("other", 10));
        await host.IssueAsync(host.Bill("c", -10));
        await host.WriteAsync("c", (work, _) => host.Get<Invoicing>().DraftAsync(work, host.Bill("c", 10)));

        Assert.Equal([1, 2, 3, 4], await NumbersAsync(host, new()));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Unknown_customer_and_foreign_cursors_are_refused(DatabaseKind kind)
    {
        await using var host = await HostWithInvoicesAsync(kind);
        await host.CustomerAsync("other");
        await host.IssueAsync(host.Bill("other", 10));
        await host.IssueAsync(host.Bill("other", 11));
        var foreign = (await PageAsync(host, new() { Limit = 1 }, "other")).Value.Next;

        Assert.Equal(ErrorCode.CustomerNotFound, (await PageAsync(host, new(), "nobody")).Refusal?.Code);
        foreach (var cursor in new[] { foreign!, "not a cursor", "aTE6eHg", "" })
        {
            Assert.Equal(ErrorCode.BadUserInput, (await PageAsync(host, new() { After = cursor })).Refusal?.Code);
            Assert.Equal("before", Assert.Single((await PageAsync(host, new() { Before = cursor })).Refusal!.Fields).Path);
        }
    }

    private static Instant ModuleHostStart => Instant.FromDateTimeOffset(ModuleHost.Start);

    /// <summary>Four open invoices of customer c, a day apart.</summary>
    private static async Task<ModuleHost> HostWithInvoicesAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        foreach (var (amount, days) in new[] { (9.50m, 30), (100m, 1), (9.50m, 10), (20m, 2) })
        {
            await host.IssueAsync(
                host.Bill("c", amount) with { Method = PaymentCollectionMethod.Invoice, DaysUntilDue = days });
            host.Time.Advance(TimeSpan.FromDays(1));
        }

        return host;
    }

    private static async Task<(List<int> Numbers, string? Last)> WalkAsync(
        ModuleHost host, CustomerInvoiceQuery first, Func<CursorPage<Invoice>, string?> next,
        Func<string, CustomerInvoiceQuery> follow)
    {
        var numbers = new List<int>();
        string? last = null;
        for (var query = first; query is not null;)
        {
            var page = (await PageAsync(host, query)).Value;
            numbers.AddRange(page.Items.Select(NumberOf));
            var cursor = next(page);
            last = cursor ?? last;
            query = cursor is null ? null : follow(cursor);
        }

        return (numbers, last);
    }

    private static async Task<IReadOnlyList<int>> NumbersAsync(ModuleHost host, CustomerInvoiceQuery query) =>
        [.. (await PageAsync(host, query)).Value.Items.Select(NumberOf)];

    private static int NumberOf(Invoice invoice) => int.Parse(invoice.Number!.Split('-')[1]);

    private static Task<Result<CursorPage<Invoice>>> PageAsync(
        ModuleHost host, CustomerInvoiceQuery query, string customer = "c") =>
        host.Get<ListCustomerInvoices>().ExecuteAsync(host.Scope(), new(customer), query, Cancellation);
}
