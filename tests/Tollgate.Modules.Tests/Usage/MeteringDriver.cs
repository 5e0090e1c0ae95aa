using NodaTime;
using NodaTime.Text;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Usage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Usage;

/// <summary>Plans that grant features, usage and checks in few words. The clock starts on 2025-01-15 at 12:00.</summary>
internal static class MeteringDriver
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Monthly from the start of the subscription.</summary>
    public static ResetInput Monthly { get; } = new() { Period = new(ResetPeriod.Month) };

    public static ResetInput Daily { get; } = new() { Period = new(ResetPeriod.Day) };

    /// <summary>For example <c>At("2025-01-15T12:00:00Z")</c>.</summary>
    public static Instant At(string text) => InstantPattern.ExtendedIso.Parse(text).Value;

    public static async Task FeatureAsync(
        this ModuleHost host, string id, FeatureType type = FeatureType.Number, MeterType? meter = MeterType.Fluctuating,
        UnitTransformation? sold = null, Meter? events = null, IReadOnlyList<EnumValue>? values = null) =>
        Accepted(await host.Get<FeatureUseCases>().CreateAsync(
            host.Scope(),
            new()
            {
                Id = new(id),
                DisplayName = id,
                Type = type,
                MeterType = type == FeatureType.Number ? meter : null,
                UnitTransformation = sold,
                Meter = events,
                EnumConfiguration = values,
            },
            Cancellation));

    public static Task ProductAsync(this ModuleHost host, string id, bool isMultiple) =>
        host.Get<ProductUseCases>().CreateAsync(
            host.Scope(), new(new(id), id) { MultipleSubscriptions = isMultiple }, Cancellation);

    /// <summary>A published free plan that grants these rows.</summary>
    public static async Task PlanAsync(this ModuleHost host, string id, string product, params EntitlementInput[] rows)
    {
        var edit = new PackageEdit { DisplayName = id, PricingType = PricingType.Free };
        Accepted(await host.Get<PlanUseCases>().CreateAsync(
            host.Scope(), new(new(id), new(product), edit), Cancellation));
        await host.GrantAsync(id, rows);
        await host.PublishAsync(id);
    }

    public static Task PlanAsync(this ModuleHost host, string id, params EntitlementInput[] rows) =>
        host.PlanAsync(id, "product-default", rows);

    public static async Task GrantAsync(this ModuleHost host, string plan, params EntitlementInput[] rows) =>
        Accepted(await host.Get<PlanEntitlementUseCases>().CreateAsync(
            host.Scope(), new(plan), new(rows, []), Cancellation));

    public static async Task PublishAsync(
        this ModuleHost host, string plan, MigrationType migration = MigrationType.NewCustomers) =>
        Accepted(await host.Get<PublishPlan>().ExecuteAsync(host.Scope(), new(plan), migration, Cancellation));

    public static EntitlementInput Limit(string feature, decimal limit, ResetInput? reset = null, bool soft = false) =>
        new(new(feature)) { UsageLimit = new(limit), HasSoftLimit = new(soft), Reset = reset ?? new() };

    public static EntitlementInput Grants(string feature) => new(new(feature));

    public static UsageReport Delta(
        string customer, string feature, decimal value, string? at = null, string? key = null, string? resource = null) => new()
        {
            CustomerId = new(customer),
            FeatureId = new(feature),
            ResourceId = resource is null ? null : new ResourceId(resource),
            Value = value,
            CreatedAt = at is null ? null : At(at),
            IdempotencyKey = key,
        };

    public static UsageReport Set(
        string customer, string feature, decimal value, string? at = null, string? key = null, string? resource = null) =>
        Delta(customer, feature, value, at, key, resource) with { Behavior = UpdateBehavior.Set };

    public static Task<Result<IReadOnlyList<UsageRecorded>>> TryReportAsync(
        this ModuleHost host, params UsageReport[] reports) =>
        host.Get<ReportUsage>().ExecuteAsync(host.Scope(), reports, Cancellation);

    public static async Task<IReadOnlyList<UsageRecorded>> ReportAsync(this ModuleHost host, params UsageReport[] reports) =>
        Accepted(await host.TryReportAsync(reports));

    /// <summary>The usage each report answered, in their order.</summary>
    public static async Task<IReadOnlyList<decimal>> UsagesAsync(this ModuleHost host, params UsageReport[] reports) =>
        [.. (await host.ReportAsync(reports)).Select(r => r.CurrentUsage)];

    public static async Task<EntitlementAnswer> CheckAsync(
        this ModuleHost host, string customer, string feature, decimal requested = 0, string? resource = null,
        params string[] values)
    {
        var scope = host.Scope();
        return await host.Get<CheckEntitlement>().CheckAsync(
            scope.Environment, new(customer, resource, feature, requested, values), scope.Now, Cancellation);
    }

    /// <summary>Null = granted.</summary>
    public static async Task<AccessDeniedReason?> ReasonAsync(
        this ModuleHost host, string customer, string feature, decimal requested = 0, string? resource = null,
        params string[] values) =>
        (await host.CheckAsync(customer, feature, requested, resource, values)).Outcome.DeniedReason;

    public static async Task<decimal> UsageAsync(
        this ModuleHost host, string customer, string feature, string? resource = null) =>
        (await host.CheckAsync(customer, feature, 0, resource)).Usage;

    public static async Task<UsageHistory> HistoryAsync(
        this ModuleHost host, string customer, string feature, string start, string? end = null, string? resource = null,
        params string[] groupBy) =>
        Accepted(await host.TryHistoryAsync(customer, feature, start, end, resource, groupBy));

    public static Task<Result<UsageHistory>> TryHistoryAsync(
        this ModuleHost host, string customer, string feature, string start, string? end = null, string? resource = null,
        params string[] groupBy) =>
        host.Get<ReadUsageHistory>().ExecuteAsync(
            host.Scope(),
            new(
                new(customer),
                resource is null ? null : new ResourceId(resource),
                new(feature),
                At(start),
                end is null ? null : At(end),
                groupBy),
            Cancellation);

    public static void MoveTo(this ModuleHost host, string instant) => host.Time.SetUtcNow(At(instant).ToDateTimeOffset());

    public static T Accepted<T>(Result<T> result)
    {
        Assert.Null(result.Refusal);
        return result.Value;
    }
}
