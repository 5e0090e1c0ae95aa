using Tollgate.Domain.Catalog;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Contracts;
using Tollgate.Modules.Tests.Catalog;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions;

/// <summary>Many customers in one transaction; the clock starts on 2025-01-15 at 12:00.</summary>
public sealed class DueTogetherTests
{
    private static readonly string[] Five = ["a", "b", "c", "d", "e"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Customers_due_at_one_instant_renew_in_one_transaction_each_with_its_own_trace(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);

        host.Time.Advance(TimeSpan.FromDays(31));
        var done = await host.RunDueAsync();

        // A notice and a renewal of each of five.
        Assert.Equal(10, done);
        Assert.Equal(Numbers(1, 10), await InvoiceNumbersAsync(host));
        var issued = await EventsOfAsync(host, "InvoiceIssued");
        Assert.Equal(10, issued.Select(e => e.TraceId).Distinct().Count());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_customer_that_fails_undoes_nothing_of_the_others_and_leaves_no_gap_in_the_numbers(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await BreakAsync(host, "c");

        host.Time.Advance(TimeSpan.FromDays(31));
        var failure = await Assert.ThrowsAsync<AggregateException>(host.RunDueAsync);

        Assert.Contains("Due work of 1 customers failed: c.", failure.Message, StringComparison.Ordinal);
        // Five first bills, and four renewals.
        Assert.Equal(Numbers(1, 9), await InvoiceNumbersAsync(host));
        foreach (var customer in Five)
        {
            var renewals = (await EventsOfAsync(host, "SubscriptionUpdated")).Count(e => e.CustomerId == customer);
            Assert.Equal(customer == "c" ? 0 : 1, renewals);
        }

        // The next round tries it again and does nothing twice.
        await Assert.ThrowsAsync<AggregateException>(host.RunDueAsync);
        Assert.Equal(Numbers(1, 9), await InvoiceNumbersAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Late_work_of_many_customers_is_done_in_the_order_of_time(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        foreach (var customer in Five)
        {
            await host.CustomerAsync(customer);
            await host.ProvisionAsync(customer, "basic");
            host.Time.Advance(TimeSpan.FromMinutes(25));
        }

        // Renewals at 12:00, 12:25, 12:50, 13:15, 13:40, each announced an hour before: the renewals of the first two come
        // before the notices of the last two.
        host.Time.Advance(TimeSpan.FromDays(32));
        Assert.Equal(10, await host.RunDueAsync());

        var instants = (await host.EventsAsync(20)).Select(e => e[..20]).ToList();
        Assert.Equal(instants.Order(StringComparer.Ordinal), instants);
        Assert.Equal("2025-02-15T11:00:00Z", instants[0]);
        Assert.Equal("2025-02-15T13:40:00Z", instants[^1]);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task More_customers_than_one_transaction_takes_are_all_done_once(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        foreach (var i in Enumerable.Range(0, 70))
        {
            await host.CustomerAsync($"c{i}");
            await host.ProvisionAsync($"c{i}", "basic");
        }

        host.Time.Advance(TimeSpan.FromDays(31));
        var done = await Task.WhenAll(host.RunDueAsync(), host.RunDueAsync());

        Assert.Equal(140, done.Sum());
        Assert.Equal(Numbers(1, 140), await InvoiceNumbersAsync(host));
    }

    /// <summary>
    /// Due work may put somebody on a plan (a scheduled update, what follows an end): a version published for all customers in
    /// between would move everybody but this one.
    /// </summary>
    [Theory, InlineData(1), InlineData(5)]
    public async Task Due_work_waits_for_a_change_of_the_catalog_in_progress(int customers)
    {
        await using var host = await ModuleHost.StartAsync(DatabaseKind.PostgreSql);
        await host.PaidPlanAsync("basic", 5);
        foreach (var customer in Five.Take(customers))
        {
            await host.CustomerAsync(customer);
            await host.ProvisionAsync(customer, "basic");
        }

        host.Time.Advance(TimeSpan.FromDays(31));
        await using var changing = await host.Database.OpenWriteAsync(
            [UnitOfWork.CatalogLock(host.EnvironmentId)], Cancellation);
        var running = host.RunDueAsync();

        await Eventually.TrueAsync(
            async () => await WaitingAsync(host) == 1 && !running.IsCompleted, cancellationToken: Cancellation);
        await changing.DisposeAsync();
        Assert.Equal(2 * customers, await running);
    }

    /// <summary>A line's feature may be changed in between: the bill is of before or of after, not of both.</summary>
    [Fact]
    public async Task Bill_of_a_contract_waits_for_a_change_of_the_catalog_in_progress()
    {
        await using var host = await ModuleHost.StartAsync(DatabaseKind.PostgreSql);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("custom", PricingType.Custom);
        await catalog.PublishAsync("custom");
        Assert.Null((await host.Get<ProvisionCustomer>().ExecuteAsync(
            host.Scope(), new("c"), new() { Email = "c@example.com" }, Cancellation)).Refusal);
        var subscription = (await host.ProvisionAsync("c", "custom", r => r with { BillingPeriod = null })).Subscription();
        var contract = (await host.Get<CreateContract>().ExecuteAsync(
            host.Scope(),
            new(new("c")) { Name = "Deal", StartsAt = host.Scope().Now },
            [new(subscription.Id, null)],
            Cancellation)).Value.Contract;
        Assert.Null((await host.Get<ContractUseCases>().SetBillingAsync(
            host.Scope(),
            contract.Id,
            new() { Period = BillingPeriod.Monthly, Currency = "usd", Lines = [new("Fee") { UnitPrice = 100 }] },
            Cancellation)).Refusal);
        host.Time.Advance(TimeSpan.FromDays(31));
        await using var changing = await host.Database.OpenWriteAsync(
            [UnitOfWork.CatalogLock(host.EnvironmentId)], Cancellation);

        var running = host.Get<BillContracts>().RunDueAsync(host.Scope().Environment, host.Scope().Now, Cancellation);

        await Eventually.TrueAsync(
            async () => await WaitingAsync(host) == 1 && !running.IsCompleted, cancellationToken: Cancellation);
        await changing.DisposeAsync();
        Assert.InRange(await running, 1, 2);
    }

    private static Task<long> WaitingAsync(ModuleHost host) => host.Database.ReadAsync(
        async (session, _) =>
        {
            await using var command = session.Connection.CreateCommand();
            command.CommandText = """
                SELECT COUNT(*) FROM pg_locks
                WHERE locktype = 'advisory' AND NOT granted
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """;
            return (long)(await command.ExecuteScalarAsync(Cancellation))!;
        },
        Cancellation);

    private static async Task<ModuleHost> SubscribedAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        foreach (var customer in Five)
        {
            await host.CustomerAsync(customer);
            await host.ProvisionAsync(customer, "basic");
        }

        return host;
    }

    /// <summary>Its subscription names a product that is not there.</summary>
    private static Task BreakAsync(ModuleHost host, string customer) => host.Database.WriteAsync(
        [],
        async (session, _) =>
        {
            await using var command = session.Connection.CreateCommand();
            command.Transaction = session.Transaction;
            command.CommandText = $"""
                UPDATE subscriptions SET body = replace(body, '"ProductId":"product-default"', '"ProductId":"gone"')
                WHERE customer_id = '{customer}'
                """;
            Assert.Equal(1, await command.ExecuteNonQueryAsync(Cancellation));
            return true;
        },
        Cancellation);

    private static IEnumerable<string> Numbers(int first, int last) =>
        Enumerable.Range(first, last - first + 1).Select(n => $"INV-{n:D6}");

    private static async Task<IReadOnlyList<string?>> InvoiceNumbersAsync(ModuleHost host)
    {
        var numbers = new List<string?>();
        for (Guid? after = null; ;)
        {
            var page = (await host.Get<InvoiceUseCases>().ListAsync(
                host.Scope(), new(), new(100, after, null), Cancellation)).Value;
            numbers.AddRange(page.Items.Select(invoice => invoice.Number));
            if (page.Next is null)
                return [.. numbers.Order(StringComparer.Ordinal)];
            after = page.Next;
        }
    }

    private static async Task<IReadOnlyList<Modules.EventLog.EventRecord>> EventsOfAsync(ModuleHost host, string type) =>
        (await host.Get<Modules.EventLog.ListEvents>().ExecuteAsync(
            host.Scope(),
            new() { Types = [Enum.Parse<Domain.EventLog.EventType>(type)] },
            new(100, null, null),
            Cancellation)).Value.Items;
}
