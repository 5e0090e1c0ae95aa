using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Contracts;
using Tollgate.Modules.Tests.Catalog;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions;

public sealed class ContractTests
{
    private static readonly ContractDraft Draft = new(new CustomerId("c")) { Name = "Big deal", PoNumber = "PO-1" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Contract_spans_a_subscription_that_exists_and_one_made_with_it(DatabaseKind kind)
    {
        await using var host = await SoldAsync(kind);
        var existing = (await host.ProvisionAsync("c", "custom", r => r with { BillingPeriod = null })).Subscription();

        var made = (await CreateAsync(host, Existing(existing.Id.Value), New("c", "custom-2"))).Value;

        var stored = await host.StoredAsync("c");
        Assert.Equal(stored.Select(s => s.Id), made.Contract.SubscriptionIds);
        Assert.All(stored, s => Assert.Equal(made.Contract.Id, s.ContractId));
        Assert.Equal([("custom", "Test"), ("custom-2", "Second")], made.Subscriptions.Select(s => (s.PlanName, s.ProductName)));
        Assert.Equal(ContractState.Active, made.Contract.StateAt(host.Scope().Now));
        var read = (await host.Get<ContractUseCases>().RetrieveAsync(host.Scope(), made.Contract.Id, Cancellation)).Value;
        Assert.Equal(made.Contract.SubscriptionIds, read.Contract.SubscriptionIds);
        Assert.Equal(("Big deal", "PO-1"), (read.Contract.Name, read.Contract.PoNumber));
        var catalog = new CatalogDriver(host);
        Assert.Equal([EventType.ContractCreated], await catalog.EventsOfAsync(EntityKind.Contract, made.Contract.Id));
        Assert.Equal(
            [EventType.SubscriptionCreated, EventType.SubscriptionUpdated],
            await catalog.EventsOfAsync(EntityKind.Subscription, existing.Id.Value));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Refused_contract_leaves_no_subscription_behind(DatabaseKind kind)
    {
        await using var host = await SoldAsync(kind);
        await host.CustomerAsync("other");
        var foreign = (await host.ProvisionAsync("other", "custom", r => r with { BillingPeriod = null })).Subscription();

        Assert.Equal(ErrorCode.InvalidArgumentError,
            (await CreateAsync(host, New("c", "custom"), Existing(foreign.Id.Value))).Refusal?.Code);
        // A free plan is no custom-priced one.
        Assert.Equal(ErrorCode.InvalidArgumentError, (await CreateAsync(host, New("c", "free"))).Refusal?.Code);
        Assert.Equal(ErrorCode.SubscriptionNotFound, (await CreateAsync(host, Existing("none"))).Refusal?.Code);
        Assert.Equal(ErrorCode.PlanNotFound, (await CreateAsync(host, New("c", "none"))).Refusal?.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await CreateAsync(host, New("other", "custom"))).Refusal?.Code);
        Assert.Equal(ErrorCode.BadUserInput, (await CreateAsync(host)).Refusal?.Code);
        Assert.Equal(ErrorCode.BadUserInput,
            (await CreateAsync(host, new ContractSubscriptionInput(null, null))).Refusal?.Code);
        Assert.Equal(ErrorCode.BadUserInput, (await CreateAsync(
            host, New("c", "custom") with { Existing = foreign.Id })).Refusal?.Code);
        Assert.Equal(ErrorCode.CustomerNotFound, (await host.Get<CreateContract>().ExecuteAsync(
            host.Scope(), new(new("nobody")), [Existing(foreign.Id.Value)], Cancellation)).Refusal?.Code);
        Assert.Empty(await host.StoredAsync("c"));
        Assert.Empty((await ListAsync(host, new())));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Contract_grows_and_is_canceled_while_its_subscriptions_stay(DatabaseKind kind)
    {
        await using var host = await SoldAsync(kind);
        var made = (await CreateAsync(host, New("c", "custom"))).Value.Contract;
        var second = (await host.ProvisionAsync("c", "custom-2", r => r with { BillingPeriod = null })).Subscription();
        var contracts = host.Get<ContractUseCases>();
        Task<Result<ContractView>> UpdateAsync(ContractEdit edit) =>
            contracts.UpdateAsync(host.Scope(), made.Id, edit, Cancellation);

        var grown = (await UpdateAsync(new() { Name = "Bigger", SubscriptionIds = [second.Id] })).Value.Contract;
        Assert.Equal(2, (await UpdateAsync(new() { SubscriptionIds = [second.Id] })).Value.Contract.SubscriptionIds.Count);
        var taken = await CreateAsync(host, Existing(second.Id.Value));
        var canceled = (await contracts.ArchiveAsync(host.Scope(), made.Id, Cancellation)).Value.Contract;
        await contracts.ArchiveAsync(host.Scope(), made.Id, Cancellation);
        var afterwards = await UpdateAsync(new() { Name = "x" });
        var next = await CreateAsync(host, Existing(second.Id.Value));

        Assert.Equal(("Bigger", 2), (grown.Name, grown.SubscriptionIds.Count));
        Assert.Equal(ErrorCode.InvalidArgumentError, taken.Refusal?.Code);
        Assert.Equal(ContractState.Canceled, canceled.StateAt(host.Scope().Now));
        Assert.Equal(ErrorCode.EntityIsArchivedError, afterwards.Refusal?.Code);
        Assert.Null(next.Refusal);
        Assert.All(await host.StoredAsync("c"), s => Assert.Equal(SubscriptionStatus.Active, s.Status));
        Assert.Equal(
            [EventType.ContractCreated, EventType.ContractUpdated, EventType.ContractCanceled],
            await new CatalogDriver(host).EventsOfAsync(EntityKind.Contract, made.Id));
        foreach (var unknown in new[]
        {
            await contracts.RetrieveAsync(host.Scope(), "none", Cancellation),
            await contracts.UpdateAsync(host.Scope(), "none", new(), Cancellation),
            await contracts.ArchiveAsync(host.Scope(), "none", Cancellation),
        })
        {
            Assert.Equal(ErrorCode.InvalidArgumentError, unknown.Refusal?.Code);
        }
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Filters_pick_by_customer_name_and_the_state_of_the_moment(DatabaseKind kind)
    {
        await using var host = await SoldAsync(kind);
        var start = host.Scope().Now + Duration.FromDays(30);
        var end = start + Duration.FromDays(30);
        var subscription = (await host.ProvisionAsync("c", "custom", r => r with { BillingPeriod = null })).Subscription();
        var second = (await host.ProvisionAsync("c", "custom-2", r => r with { BillingPeriod = null })).Subscription();
        await CreateAsync(host, Draft with { Name = "timed", StartsAt = start, EndsAt = end }, Existing(subscription.Id.Value));
        await CreateAsync(host, Draft with { Name = "unbilled", IsBilled = false }, Existing(second.Id.Value));

        async Task<IEnumerable<string?>> Named(params ContractState[] states) =>
            (await ListAsync(host, new() { States = states })).Select(view => view.Contract.Name);

        Assert.Equal(["unbilled", "timed"], await Named());
        Assert.Equal(["unbilled", "timed"], await Named(ContractState.Draft));
        host.Time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(["unbilled"], await Named(ContractState.Draft));
        Assert.Equal(["timed"], await Named(ContractState.Active));
        host.Time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(["timed"], await Named(ContractState.EndBilling));
        Assert.Equal(["unbilled", "timed"], await Named(ContractState.EndBilling, ContractState.Draft));
        Assert.Empty(await Named(ContractState.Active, ContractState.Canceled));
        Assert.Single(await ListAsync(host, new() { Name = "timed", CustomerId = "c" }));
        Assert.Empty(await ListAsync(host, new() { CustomerId = "other" }));
        var contracts = host.Get<ContractUseCases>();
        Assert.Equal(2, (await contracts.ListOfCustomerAsync(host.Scope(), new("c"), Cancellation)).Value.Count);
        Assert.Equal(
            ErrorCode.CustomerNotFound,
            (await contracts.ListOfCustomerAsync(host.Scope(), new("none"), Cancellation)).Refusal?.Code);
    }

    /// <summary>A customer, a free plan, and a custom plan in each of two products.</summary>
    private static async Task<ModuleHost> SoldAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.Get<ProductUseCases>().CreateAsync(host.Scope(), new(new("second"), "Second"), Cancellation);
        await host.FreePlanAsync("free");
        foreach (var (plan, product) in new[] { ("custom", "product-default"), ("custom-2", "second") })
        {
            Assert.Null((await host.Get<PlanUseCases>().CreateAsync(
                host.Scope(),
                new(new(plan), new(product), new() { DisplayName = plan, PricingType = PricingType.Custom }),
                Cancellation)).Refusal);
            Assert.Null((await host.Get<PublishPlan>().ExecuteAsync(
                host.Scope(), new(plan), MigrationType.NewCustomers, Cancellation)).Refusal);
        }

        await host.CustomerAsync("c");
        return host;
    }

    private static ContractSubscriptionInput Existing(string id) => new(new SubscriptionId(id), null);

    private static ContractSubscriptionInput New(string customer, string plan) =>
        new(null, new ProvisionInput(new(new(customer), new(plan))));

    private static Task<Result<ContractView>> CreateAsync(
        ModuleHost host, params ContractSubscriptionInput[] subscriptions) => CreateAsync(host, Draft, subscriptions);

    private static Task<Result<ContractView>> CreateAsync(
        ModuleHost host, ContractDraft draft, params ContractSubscriptionInput[] subscriptions) =>
        host.Get<CreateContract>().ExecuteAsync(host.Scope(), draft, subscriptions, Cancellation);

    private static async Task<IReadOnlyList<ContractView>> ListAsync(ModuleHost host, ContractFilter filter) =>
        (await host.Get<ContractUseCases>().ListAsync(host.Scope(), filter, PageRequest.First, Cancellation)).Value.Items;
}
