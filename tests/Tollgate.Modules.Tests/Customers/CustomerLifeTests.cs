using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Customers;

public sealed class CustomerLifeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task New_customer_starts_with_what_the_journey_says(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.FreePlanAsync("free");
        await host.CustomerAsync("before");
        await host.Get<ProductUseCases>().UpdateAsync(
            host.Scope(),
            new("product-default"),
            new() { Settings = new() { StartSetup = SubscriptionStartSetup.FreePlan, StartPlanId = new("free") } },
            Cancellation);

        var provisioned = (await host.Get<ProvisionCustomer>().ExecuteAsync(host.Scope(), new("c"), new(), Cancellation)).Value;
        var twice = await host.Get<ProvisionCustomer>().ExecuteAsync(host.Scope(), new("c"), new(), Cancellation);

        Assert.Equal(SubscriptionDecisionStrategy.PredefinedFreePlan, provisioned.Strategy);
        Assert.Equal("free", Assert.Single(await host.StoredAsync("c")).PlanId.Value);
        Assert.Empty(await host.StoredAsync("before"));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, twice.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Payer_of_another_customer_cannot_be_archived_until_that_ends(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        await host.CustomerAsync("payer");
        await host.CustomerAsync("user");
        var subscription = (await host.ProvisionAsync(
            "user", "basic", r => r with { PayingCustomerId = new("payer") })).Subscription();
        var archive = host.Get<ArchiveCustomer>();

        var refused = await archive.ExecuteAsync(host.Scope(), new("payer"), Cancellation);
        await host.Get<SubscriptionUseCases>().CancelAsync(
            host.Scope(), subscription.Id, new() { Time = CancellationTime.Immediate }, Cancellation);
        var archived = (await archive.ExecuteAsync(host.Scope(), new("payer"), Cancellation)).Value;
        var again = (await archive.ExecuteAsync(host.Scope(), new("payer"), Cancellation)).Value;
        var read = await host.Get<CustomerUseCases>().RetrieveAsync(host.Scope(), new("payer"), Cancellation);

        Assert.Equal(ErrorCode.CannotDeleteCustomerError, refused.Refusal?.Code);
        Assert.True(archived.IsArchived);
        Assert.Equal(archived.ArchivedAt, again.ArchivedAt);
        Assert.Equal(ErrorCode.CustomerNotFound, read.Refusal?.Code);
        Assert.Equal(ErrorCode.EntityIsArchivedError, (await host.ProvisionAsync("payer", "basic")).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Import_applies_every_row_or_none(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("old");
        var import = host.Get<ImportCustomers>();

        var refused = await import.ExecuteAsync(
            host.Scope(), [Row("new", "a@example.com"), Row("bad", "no address")], null, Cancellation);
        var created = await import.ExecuteAsync(
            host.Scope(), [Row("new", "a@example.com"), Row("old", "b@example.com")], null, Cancellation);

        Assert.Equal(ErrorCode.FailedToImportCustomer, refused.Refusal?.Code);
        Assert.Equal(["customers[1].email"], refused.Refusal!.Fields.Select(f => f.Path));
        Assert.Equal(["new"], created.Value.Select(id => id.Value));
        var old = (await host.Get<CustomerUseCases>().RetrieveAsync(host.Scope(), new("old"), Cancellation)).Value;
        Assert.Equal("b@example.com", old.Email);
    }

    private static CustomerImportRow Row(string id, string email) =>
        new(new(id), new CustomerEdit { Email = email, Name = new Optional<string>(null) }, null);
}
