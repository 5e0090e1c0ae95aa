using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Customers;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Customers;

/// <summary>Imports of customers (spec subscriptions 19); the clock starts on 2025-01-15 at 12:00.</summary>
public sealed class ImportCustomersTests
{
    private static readonly Instant Now = Instant.FromDateTimeOffset(ModuleHost.Start);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Everything_a_row_says_is_kept_and_the_log_names_the_import_and_the_key(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("known");

        var created = await ImportAsync(
            host,
            new(new("new"), new()
            {
                Name = "New",
                Email = "new@example.com",
                BillingId = "cus_1",
                SalesforceId = "sf_1",
                Metadata = new(new Dictionary<string, string> { ["tier"] = "1" }),
                DefaultPaymentMethod = new DefaultPaymentMethod("pm_1", null, null, null, "CARD"),
            }, null),
            Row("known", "known@example.com", null));

        Assert.Equal(["new"], created.Value.Select(id => id.Value));
        var customer = await CustomerAsync(host, "new");
        Assert.Equal(
            ("New", "new@example.com", "cus_1", "sf_1", "1", "pm_1"),
            (customer.Name, customer.Email, customer.BillingId, customer.SalesforceId, customer.Metadata["tier"],
                customer.DefaultPaymentMethod!.BillingId));
        var logged = (await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { EntityKind = EntityKind.Customer }, new(2, null, null), Cancellation)).Value.Items;
        Assert.Equal(
            [(EventType.CustomerUpdated, "known"), (EventType.CustomerCreated, "new")],
            logged.Select(e => (e.Type, e.EntityId)));
        Assert.All(logged, e => Assert.Equal(
            ("IMPORT", host.Scope().Actor.Id, host.Scope().Actor.Name), (e.Actor.Type, e.Actor.Id, e.Actor.Name)));
        Assert.Empty(await host.StoredAsync("new"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Row_older_than_what_is_stored_is_passed_over_and_a_repeated_import_changes_nothing(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");

        // The customer was made at Now: a row of that instant is not older.
        await ImportAsync(host, Row("c", "older@example.com", Now - Duration.FromMilliseconds(1)));
        var passed = await CustomerAsync(host, "c");
        await ImportAsync(host, Row("c", "same@example.com", Now));
        var taken = await CustomerAsync(host, "c");
        var count = await EventsAsync(host);
        host.Time.Advance(TimeSpan.FromHours(1));
        var again = await ImportAsync(host, Row("c", "same@example.com", null));

        Assert.Null(passed.Email);
        Assert.Equal("same@example.com", taken.Email);
        Assert.Empty(again.Value);
        Assert.Equal(count, await EventsAsync(host));
        Assert.Equal(taken.UpdatedAt, (await CustomerAsync(host, "c")).UpdatedAt);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Every_faulty_row_is_named_and_none_is_applied(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("gone");
        Assert.Null((await host.Get<ArchiveCustomer>().ExecuteAsync(host.Scope(), new("gone"), Cancellation)).Refusal);
        var manyKeys = Enumerable.Range(0, 51).ToDictionary(i => $"key-{i}", _ => "x");

        var refused = await ImportAsync(
            host,
            Row("fine", "fine@example.com", null),
            Row("gone", "gone@example.com", null),
            new(new("meta"), new() { Metadata = new(manyKeys) }, null),
            Row("mail", "no address", null));

        Assert.Equal(ErrorCode.FailedToImportCustomer, refused.Refusal?.Code);
        Assert.Equal(
            ["customers[1]", "customers[2].metadata", "customers[3].email"],
            refused.Refusal!.Fields.Select(f => f.Path));
        Assert.Equal(
            ErrorCode.CustomerNotFound,
            (await host.Get<CustomerUseCases>().RetrieveAsync(host.Scope(), new("fine"), Cancellation)).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Call_of_the_wrong_shape_is_refused_before_any_row(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var rows = Enumerable.Range(0, ImportCustomers.MaxRows + 1).Select(i => Row($"c{i}", null, null)).ToArray();

        var many = await ImportAsync(host, rows);
        var most = await ImportAsync(host, rows[1..]);
        var twice = await ImportAsync(host, Row("x", null, null), Row("y", null, null), Row("x", null, null));
        var elsewhere = await host.Get<ImportCustomers>().ExecuteAsync(
            host.Scope(), [Row("x", null, null)], "integration", Cancellation);

        Assert.Equal(ErrorCode.BadUserInput, many.Refusal?.Code);
        Assert.Equal(ImportCustomers.MaxRows, most.Value.Count);
        Assert.Equal(ErrorCode.FailedToImportCustomer, twice.Refusal?.Code);
        Assert.Equal(["customers[2].id"], twice.Refusal!.Fields.Select(f => f.Path));
        Assert.Equal(ErrorCode.IntegrationNotFound, elsewhere.Refusal?.Code);
    }

    private static CustomerImportRow Row(string id, string? email, Instant? updatedAt) =>
        new(new(id), new() { Email = new Optional<string>(email), Name = new Optional<string>(null) }, updatedAt);

    private static Task<Result<IReadOnlyList<CustomerId>>> ImportAsync(ModuleHost host, params CustomerImportRow[] rows) =>
        host.Get<ImportCustomers>().ExecuteAsync(host.Scope(), rows, null, Cancellation);

    private static async Task<Customer> CustomerAsync(ModuleHost host, string id) =>
        (await host.Get<CustomerUseCases>().RetrieveAsync(host.Scope(), new(id), Cancellation)).Value;

    private static async Task<int> EventsAsync(ModuleHost host) => (await host.Get<ListEvents>().ExecuteAsync(
        host.Scope(), new(), new(100, null, null), Cancellation)).Value.Items.Count;
}
