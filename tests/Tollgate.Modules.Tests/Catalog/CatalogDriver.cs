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

    public async Task<PackageVersion> EditAsync(string id, PackageEdit edit) =>
        Accepted(await Plans.UpdateAsync(host.Scope(), new(id), new(edit, null), Cancellation));

    public Task<Result<PublishedPlan>> TryPublishAsync(
        string id, MigrationType migration = MigrationType.NewCustomers) =>
        host.Get<PublishPlan>().ExecuteAsync(host.Scope(), new(id), migration, Cancellation);

    public async Task<PublishedPlan> PublishAsync(string id, MigrationType migration = MigrationType.NewCustomers) =>
        Accepted(await TryPublishAsync(id, migration));

    public async Task<PackageVersion> LatestAsync(string id) =>
        Accepted(await Plans.RetrieveAsync(host.Scope(), new(id), Cancellation));

    public async Task<PackageVersion> OpenDraftOfAsync(string id) => (await Plans.ListAsync(
        host.Scope(), new() { Statuses = [PackageStatus.Draft] }, PageRequest.First, Cancellation)).Value.Items
        .Single(plan => plan.Id.Value == id);

    /// <summary>A stored subscription at version 1 of a plan, as if provisioned long ago.</summary>
    public Task SubscribeAsync(
        string id, string plan, SubscriptionStatus status = SubscriptionStatus.Active, string? overriding = null) =>
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
