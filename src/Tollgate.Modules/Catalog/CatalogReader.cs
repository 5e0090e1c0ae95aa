using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.Coupons;
using Tollgate.Modules.Catalog.CreditCurrencies;
using Tollgate.Modules.Catalog.Experiments;
using Tollgate.Modules.Catalog.FeatureGroups;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.PackageGroups;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog;

/// <summary>
/// What other slices may read of the catalog, inside their own sessions; from memory while nobody changes it
/// (<see cref="CatalogMemory"/>).
/// </summary>
public sealed class CatalogReader(CatalogMemory memory)
{
    private readonly FeatureStore _features = new();
    private readonly ProductStore _products = new();
    private readonly PackageStore _packages = new();
    private readonly PackageGroupStore _packageGroups = new();
    private readonly CouponStore _coupons = new();
    private readonly FeatureGroupStore _groups = new();
    private readonly CustomCurrencyStore _currencies = new();
    private readonly ExperimentStore _experiments = new();

    private IReadOnlyList<PackageVersion> _published = [];

    /// <summary>
    /// The catalog as it is once these versions are published: they are found as if they were stored, each as the
    /// latest of its package.
    /// </summary>
    public CatalogReader Publishing(IReadOnlyList<PackageVersion> versions) => new(memory) { _published = versions };

    /// <summary>Every feature of the environment, archived ones included.</summary>
    public async Task<IReadOnlyDictionary<FeatureId, Feature>> FeaturesAsync(
        Session session, EnvironmentId environment) =>
        (await memory.GetAsync<Dictionary<FeatureId, Feature>>(
            session,
            environment,
            new Whole(Kind.Feature),
            async () => (await _features.ListAsync(session, environment))
                .ToDictionary(row => row.Value.Id, row => row.Value)))!;

    public async Task<Feature?> FeatureAsync(Session session, EnvironmentId environment, FeatureId id) =>
        await OneAsync(
            session, environment, Kind.Feature, id.Value, () => _features.FindAsync(session, environment, id));

    public async Task<Product?> ProductAsync(Session session, EnvironmentId environment, ProductId id) =>
        await OneAsync(
            session, environment, Kind.Product, id.Value, () => _products.FindAsync(session, environment, id));

    public async Task<IReadOnlyList<Product>> ProductsAsync(Session session, EnvironmentId environment) =>
        (await memory.GetAsync<List<Product>>(
            session,
            environment,
            new Whole(Kind.Product),
            async () => [.. (await _products.ListAsync(session, environment)).Select(row => row.Value)]))!;

    /// <summary>
    /// The latest row of a plan: published or archived, or the draft of one that was never published.
    /// </summary>
    public async Task<PackageVersion?> LatestPlanAsync(Session session, EnvironmentId environment, PackageId id) =>
        await LatestAsync(session, environment, PackageKind.Plan, id);

    public async Task<PackageVersion?> PlanVersionAsync(
        Session session, EnvironmentId environment, PackageId id, int version) =>
        await VersionAsync(session, environment, PackageKind.Plan, id, version);

    /// <summary>The latest row of an add-on, as for plans.</summary>
    public async Task<PackageVersion?> LatestAddonAsync(Session session, EnvironmentId environment, PackageId id) =>
        await LatestAsync(session, environment, PackageKind.Addon, id);

    public async Task<PackageVersion?> AddonVersionAsync(
        Session session, EnvironmentId environment, PackageId id, int version) =>
        await VersionAsync(session, environment, PackageKind.Addon, id, version);

    /// <summary>The coupon, archived or not; null when unknown.</summary>
    public async Task<Coupon?> CouponAsync(Session session, EnvironmentId environment, string id) =>
        await OneAsync(session, environment, Kind.Coupon, id, () => _coupons.FindAsync(session, environment, id));

    /// <summary>The credit currency an id means, archived or not; null when unknown.</summary>
    public async Task<CustomCurrency?> CurrencyAsync(Session session, EnvironmentId environment, CurrencyId id) =>
        (await _currencies.FindAsync(session, environment, id))?.Value;

    /// <summary>Every credit currency of the environment, archived ones included.</summary>
    public Task<IReadOnlyDictionary<CurrencyId, CustomCurrency>> CurrenciesAsync(
        Session session, EnvironmentId environment) => _currencies.ListAsync(session, environment);

    /// <summary>A group of add-ons, archived or not.</summary>
    public async Task<PackageGroup?> PackageGroupAsync(Session session, EnvironmentId environment, string id) =>
        await OneAsync(
            session, environment, Kind.PackageGroup, id, () => _packageGroups.FindAsync(session, environment, id));

    /// <summary>The feature group at its latest version, archived or not; null when unknown.</summary>
    public async Task<FeatureGroup?> FeatureGroupAsync(Session session, EnvironmentId environment, string id) =>
        await OneAsync(session, environment, Kind.FeatureGroup, id, () => _groups.FindAsync(session, environment, id));

    /// <summary>The experiment, whatever its status; null when unknown.</summary>
    public async Task<Experiment?> ExperimentAsync(Session session, EnvironmentId environment, string id) =>
        await OneAsync(
            session, environment, Kind.Experiment, id, () => _experiments.FindAsync(session, environment, id));

    internal static Refusal NoExperiment(string id) => ExperimentUseCases.NotFound(id);

    /// <summary>The experiment of the environment that runs; null when none does.</summary>
    public async Task<Experiment?> RunningExperimentAsync(Session session, EnvironmentId environment) =>
        (await memory.GetAsync<List<Experiment>>(
            session,
            environment,
            new Whole(Kind.Experiment),
            async () => [.. await _experiments.ListRunningAsync(session, environment)]))!.FirstOrDefault();

    /// <summary>
    /// The product as a customer of this group sees it: the variant of an experiment about it has a journey of its own,
    /// also after the experiment ended.
    /// </summary>
    public async Task<Product> ForGroupAsync(
        Session session, EnvironmentId environment, Product product, ExperimentInfo? group)
    {
        if (group is not { Group: ExperimentGroup.Variant })
            return product;
        var experiment = await ExperimentAsync(session, environment, group.Id);
        return experiment?.ProductId == product.Id
            ? product with { Settings = experiment.JourneyOf(product.Settings) }
            : product;
    }

    /// <summary>The plan versions this one inherits from, nearest first, each at the version its child pins.</summary>
    public async Task<IReadOnlyList<PackageVersion>> InheritanceAsync(
        Session session, EnvironmentId environment, PackageVersion plan)
    {
        var chain = new List<PackageVersion>();
        for (var current = plan; current.BasePlan is { } basePlan;)
        {
            var found = basePlan.Version is { } version
                ? await VersionAsync(session, environment, PackageKind.Plan, basePlan.Id, version)
                : await LatestAsync(session, environment, PackageKind.Plan, basePlan.Id);
            if (found is null)
                break;
            chain.Add(found);
            current = found;
        }

        return chain;
    }

    private async Task<PackageVersion?> LatestAsync(
        Session session, EnvironmentId environment, PackageKind kind, PackageId id) =>
        _published.FirstOrDefault(p => p.Kind == kind && p.Id == id)
        ?? await OneAsync(
            session,
            environment,
            kind == PackageKind.Plan ? Kind.LatestPlan : Kind.LatestAddon,
            id.Value,
            () => _packages.FindLatestAsync(session, environment, kind, id));

    private async Task<PackageVersion?> VersionAsync(
        Session session, EnvironmentId environment, PackageKind kind, PackageId id, int version) =>
        _published.FirstOrDefault(p => p.Kind == kind && p.Id == id && p.Version == version)
        ?? await OneAsync(
            session,
            environment,
            kind == PackageKind.Plan ? Kind.PlanVersion : Kind.AddonVersion,
            id.Value,
            () => _packages.FindVersionAsync(session, environment, kind, id, version),
            version);

    private ValueTask<T?> OneAsync<T>(
        Session session, EnvironmentId environment, Kind kind, string id, Func<Task<Versioned<T>?>> find,
        int version = 0)
        where T : class =>
        memory.GetAsync<T>(session, environment, new Key(kind, id, version), async () => (await find())?.Value);

    private enum Kind
    {
        Feature,
        Product,
        Coupon,
        PackageGroup,
        FeatureGroup,
        Experiment,
        LatestPlan,
        LatestAddon,
        PlanVersion,
        AddonVersion,
    }

    private sealed record Key(Kind Kind, string Id, int Version);

    private sealed record Whole(Kind Kind);
}
