using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

/// <summary>Short words for what catalog tests do over and over, in the environment development.</summary>
internal sealed class CatalogDriver(ModuleHost host)
{
    private readonly SubscriptionStore _subscriptions = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public PlanUseCases Plans { get; } = host.Get<PlanUseCases>();

    public AddonUseCases Addons { get; } = host.Get<AddonUseCases>();

    public AddonEntitlementUseCases AddonEntitlements { get; } = host.Get<AddonEntitlementUseCases>();

    public PlanEntitlementUseCases Entitlements { get; } = host.Get<PlanEntitlementUseCases>();

    public async Task MeteredFeatureAsync(string id) => Accepted(await host.Get<FeatureUseCases>().CreateAsync(
        host.Scope(),
        new() { Id = new(id), DisplayName = id, Type = FeatureType.Number, MeterType = MeterType.Fluctuating },
        Cancellation));

    /// <summary>A draft of the default product.</summary>
    public async Task<PackageVersion> DraftAsync(
        string id, PricingType type = PricingType.Free, string? basePlan = null) =>
        Accepted(await Plans.CreateAsync(
            host.Scope(),
            new(new(id), new("product-default"), new()
            {
                DisplayName = id,
                PricingType = type,
                BasePlanId = basePlan is null ? default : new(new PackageId(basePlan)),
            }),
            Cancellation));

    /// <summary>A draft of an add-on of the default product; a paid one costs 10 a month.</summary>
    public async Task<PackageVersion> AddonDraftAsync(string id, PricingType type = PricingType.Paid)
    {
        Accepted(await Addons.CreateAsync(
            host.Scope(),
            new(new(id), new("product-default"), new() { DisplayName = id, PricingType = type }),
            Cancellation));
        var pricing = new PricingInput(type)
        {
            Models = type == PricingType.Paid
                ? [new(BillingModel.FlatFee, [new(BillingPeriod.Monthly) { Price = new(10, "usd") }])]
                : [],
        };
        return Accepted(await Addons.UpdateAsync(host.Scope(), new(id), new(new(), pricing), Cancellation));
    }

    public async Task<PackageVersion> EditAddonAsync(string id, PackageEdit edit) =>
        Accepted(await Addons.UpdateAsync(host.Scope(), new(id), new(edit, null), Cancellation));

    public Task<Result<PublishedPackage>> TryPublishAddonAsync(
        string id, MigrationType migration = MigrationType.NewCustomers) =>
        host.Get<PublishAddon>().ExecuteAsync(host.Scope(), new(id), migration, Cancellation);

    public async Task<PublishedPackage> PublishAddonAsync(
        string id, MigrationType migration = MigrationType.NewCustomers) =>
        Accepted(await TryPublishAddonAsync(id, migration));

    public async Task<PackageVersion> EditAsync(string id, PackageEdit edit) =>
        Accepted(await Plans.UpdateAsync(host.Scope(), new(id), new(edit, null), Cancellation));

    public Task<Result<PublishedPackage>> TryPublishAsync(
        string id, MigrationType migration = MigrationType.NewCustomers) =>
        host.Get<PublishPlan>().ExecuteAsync(host.Scope(), new(id), migration, Cancellation);

    public async Task<PublishedPackage> PublishAsync(string id, MigrationType migration = MigrationType.NewCustomers) =>
        Accepted(await TryPublishAsync(id, migration));

    public async Task<PackageVersion> LatestAsync(string id) =>
        Accepted(await Plans.RetrieveAsync(host.Scope(), new(id), Cancellation));

    public async Task<PackageVersion> OpenDraftOfAsync(string id) => (await Plans.ListAsync(
        host.Scope(), new() { Statuses = [PackageStatus.Draft] }, PageRequest.First, Cancellation)).Value.Items
        .Single(plan => plan.Id.Value == id);

    /// <summary>A stored subscription at version 1 of a plan, as if provisioned long ago.</summary>
    public Task SubscribeAsync(
        string id, string plan, SubscriptionStatus status = SubscriptionStatus.Active, string? overriding = null,
        params string[] addons) =>
        host.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                var now = host.Scope().Now;
                await _subscriptions.InsertAsync(session, host.EnvironmentId, new Subscription
                {
                    Uid = Guid.CreateVersion7(),
                    Id = new(id),
                    CustomerId = new("customer-of-" + id),
                    ProductId = new("product-default"),
                    PlanId = new(plan),
                    PlanVersion = 1,
                    PriceVersion = 1,
                    PricingType = PricingType.Free,
                    Status = status,
                    StartDate = now,
                    UsageAnchor = now,
                    Overrides = overriding is null ? [] : [new EntitlementOverride(new(overriding)) { UsageLimit = 7 }],
                    Addons = [.. addons.Select(addon => new SubscriptionAddon(new(addon), 2, 1, 1))],
                    CreatedAt = now,
                    UpdatedAt = now,
                });
                return true;
            },
            Cancellation);

    /// <summary>The content and the price version a subscription is on.</summary>
    public async Task<(int Plan, int Price)> VersionsOfAsync(string subscription)
    {
        var row = await host.Database.ReadAsync(
            (session, _) => _subscriptions.FindAsync(session, host.EnvironmentId, new(subscription)), Cancellation);
        return (row!.Value.PlanVersion, row.Value.PriceVersion);
    }

    /// <summary>The add-ons of a subscription with their versions.</summary>
    public async Task<IReadOnlyList<SubscriptionAddon>> AddonsOfAsync(string subscription) =>
        (await host.Database.ReadAsync(
            (session, _) => _subscriptions.FindAsync(session, host.EnvironmentId, new(subscription)), Cancellation))!
        .Value.Addons;

    /// <summary>The types of events about an entity, oldest first.</summary>
    public async Task<IReadOnlyList<EventType>> EventsOfAsync(EntityKind kind, string id) =>
        [.. (await EventsAsync(new() { EntityKind = kind, EntityId = id })).Select(e => e.Type).Reverse()];

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<EventRecord>> EventsAsync(EventFilter filter) =>
        Accepted(await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), filter, new(PageRequest.MaxLimit, null, null), Cancellation)).Items;

    private static T Accepted<T>(Result<T> result)
    {
        Assert.Null(result.Refusal);
        return result.Value;
    }
}
