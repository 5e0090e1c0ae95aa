using NodaTime;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>Who moves to a new version: only future subscriptions, or every one that has not ended (spec catalog
/// 4.4).</summary>
public enum MigrationType
{
    NewCustomers,
    AllCustomers,
}

/// <summary>What publishing needs to know about the rest of the catalog.</summary>
public sealed record PublishFacts
{
    /// <summary>The open draft; null without one.</summary>
    public required PackageVersion? Draft { get; init; }

    /// <summary>The latest published version; null when there is none yet.</summary>
    public required PackageVersion? Published { get; init; }

    /// <summary>The latest published version of the draft's base plan; null when it has none.</summary>
    public PackageVersion? BasePublished { get; init; }

    /// <summary>The features that entitlements and charges of the draft name.</summary>
    public IReadOnlyDictionary<FeatureId, Feature> Features { get; init; } = new Dictionary<FeatureId, Feature>();

    /// <summary>Credit currencies that the draft refers to and that are archived.</summary>
    public IReadOnlyList<CurrencyId> ArchivedCurrencies { get; init; } = [];

    /// <summary>Groups that the draft takes and that are archived.</summary>
    public IReadOnlyList<string> ArchivedGroups { get; init; } = [];

    /// <summary>Add-ons of the draft, its groups' too, without a published version.</summary>
    public IReadOnlyList<PackageId> UnpublishedAddons { get; init; } = [];

    /// <summary>Add-ons of the draft, its groups' too, as published.</summary>
    public IReadOnlyList<PackageVersion> Addons { get; init; } = [];

    /// <summary>The published plans that take the add-on whose draft this is, by itself or in a group.</summary>
    public IReadOnlyList<PackageVersion> Plans { get; init; } = [];

    /// <summary>The experiment of the environment that runs; null when none does.</summary>
    public Experiment? RunningExperiment { get; init; }

    /// <summary>The billing providers that are connected to the environment.</summary>
    public IReadOnlyList<ConnectedBilling> Billing { get; init; } = [];

    /// <summary>A migration of the package is queued or running.</summary>
    public bool MigrationIsQueued { get; init; }

    /// <summary>The latest published versions whose base is the given plan.</summary>
    public Func<PackageId, IReadOnlyList<PackageVersion>> ChildrenOf { get; init; } = _ => [];

    /// <summary>The open draft of a child; null without one.</summary>
    public Func<PackageId, PackageVersion?> DraftOf { get; init; } = _ => null;
}

/// <summary>A publish: all rows to write and what to log.</summary>
/// <param name="Published">The new version first, then the versions its children got, base before child.</param>
/// <param name="Retired">The versions that were the latest until now.</param>
/// <param name="RebasedDrafts">Open drafts of children, renumbered after their new published version.</param>
/// <param name="Events">One PACKAGE_PUBLISHED a package, and PLAN_UPDATED or ADDON_UPDATED for each that was
/// published before.</param>
public sealed record PublishOutcome(
    IReadOnlyList<PackageVersion> Published, IReadOnlyList<PackageVersion> Retired,
    IReadOnlyList<PackageVersion> RebasedDrafts, IReadOnlyList<DomainEvent> Events);

/// <summary>Turns a draft into the latest published version (spec catalog 4.4).</summary>
public static class PublishPackage
{
    public static Result<PublishOutcome> Decide(
        PackageId id, MigrationType migration, PublishFacts facts, Func<Guid> nextUid, Instant now)
    {
        if (facts.Draft is not { Status: PackageStatus.Draft } draft)
        {
            return new Refusal(ErrorCode.PackageAlreadyPublished,
                $"'{id}' has no open draft to publish; open and change one first.");
        }

        if (Check(draft, facts) is { } refusal)
            return refusal;
        var run = new Run(migration, facts, nextUid, now);
        run.Publish(draft, facts.Published, facts.BasePublished);
        return run.Outcome();
    }

    private static Refusal? Check(PackageVersion draft, PublishFacts facts)
    {
        var noun = PackageRules.Noun(draft.Kind);
        if (draft.PricingType is not { } type)
        {
            return new(ErrorCode.PackagePricingTypeNotSet,
                $"{noun} '{draft.Id}' has no pricing type; set FREE, PAID or CUSTOM before publishing.");
        }

        if (type == PricingType.Paid && draft.MinimumSpend.Count == 0
            && draft.Charges.All(c => c.Model == BillingModel.CreditBased))
        {
            return new(draft.Kind == PackageKind.Plan ? ErrorCode.PriceNotFound : ErrorCode.AddonHasToHavePriceError,
                $"{noun} '{draft.Id}' is paid but has no price; add a charge or make it FREE.");
        }

        if (draft.BasePlan is { } basePlan && facts.BasePublished is null)
        {
            return new(ErrorCode.PlanCannotBePublishWhenBasePlanIsDraft,
                $"The base plan '{basePlan.Id}' of '{draft.Id}' has no published version; publish it first.");
        }

        if (facts.ArchivedGroups.Count > 0)
        {
            return new(ErrorCode.EntityIsArchivedError,
                $"'{draft.Id}' takes the archived groups '{string.Join("', '", facts.ArchivedGroups)}'; take them "
                + "out.");
        }

        if (facts.UnpublishedAddons.Count > 0)
        {
            return new(ErrorCode.PlanCannotBePublishWhenCompatibleAddonIsDraft,
                $"The add-ons '{string.Join("', '", facts.UnpublishedAddons)}' of '{draft.Id}' have no published "
                + "version; "
                + "publish them first.");
        }

        if (CheckFit(draft, facts) is { } misfit)
            return misfit;
        var archived = draft.Entitlements.Select(e => (FeatureId?)e.FeatureId)
            .Concat(draft.CreditEntitlements.Select(e => e.DependencyFeatureId))
            .Concat(draft.Charges.Concat(draft.OverageCharges).Select(c => c.FeatureId))
            .OfType<FeatureId>().Distinct()
            .Where(f => facts.Features.TryGetValue(f, out var feature) && feature.IsArchived)
            .Select(f => f.Value).ToList();
        if (archived.Count > 0)
        {
            return new(ErrorCode.EntityIsArchivedError,
                $"'{draft.Id}' uses the archived features '{string.Join("', '", archived)}'; take them out or "
                + "unarchive them.");
        }

        if (facts.ArchivedCurrencies.Count > 0)
        {
            return new(ErrorCode.EntityIsArchivedError,
                $"'{draft.Id}' uses the archived credit currencies '{string.Join("', '", facts.ArchivedCurrencies)}'; "
                + "take them out or unarchive them.");
        }

        if (CreditEntitlementRules.CheckPublished(draft) is { } uncounted)
            return uncounted;
        if (BillableContent.Check(draft, facts.Billing) is { } unbillable)
            return unbillable;
        if (ExperimentRules.Disturbs(
            facts.RunningExperiment, draft.ProductId, $"publishing '{draft.Id}'") is { } disturbs)
            return disturbs;
        if (facts.MigrationIsQueued)
        {
            return new(ErrorCode.ScheduledMigrationAlreadyExistsError,
                $"Subscriptions of '{draft.Id}' are still migrating to an earlier version; publish when that is done.");
        }

        return facts.Published is { } published && PackageContent.Same(draft, published)
            ? new(ErrorCode.PackageAlreadyPublished,
                $"The draft of '{draft.Id}' equals its published version {published.Version}; change it or discard it.")
            : null;
    }

    private static Refusal? CheckFit(PackageVersion draft, PublishFacts facts)
    {
        var findings = new Findings();
        foreach (var addon in facts.Addons)
            AddonFit.CheckPublished(findings, "compatibleAddonIds", draft, addon);
        foreach (var plan in facts.Plans)
            AddonFit.CheckPublished(findings, "charges", plan, draft);
        return findings.ToRefusal();
    }

    private sealed class Run(MigrationType migration, PublishFacts facts, Func<Guid> nextUid, Instant now)
    {
        private readonly List<PackageVersion> _published = [];
        private readonly List<PackageVersion> _retired = [];
        private readonly List<PackageVersion> _rebased = [];
        private readonly List<DomainEvent> _events = [];

        public void Publish(PackageVersion next, PackageVersion? previous, PackageVersion? basePlan)
        {
            var version = next with
            {
                Status = PackageStatus.Published,
                IsLatest = true,
                BasePlan = basePlan is null ? null : new(basePlan.Id, basePlan.Version),
                UpdatedAt = now,
            };
            _published.Add(version);
            if (previous is not null)
                _retired.Add(previous with { IsLatest = false });
            _events.Add(PackageEvents.Of(EventType.PackagePublished, previous, version) with
            {
                Facts = new Dictionary<string, string>
                {
                    ["migrationType"] = migration == MigrationType.NewCustomers ? "NEW_CUSTOMERS" : "ALL_CUSTOMERS",
                },
            });
            if (previous is not null)
                _events.Add(PackageEvents.Of(PackageEvents.Updated(version.Kind), previous, version));
            PublishChildren(version);
        }

        /// <summary>A child gets a version of the same own content on the new base; its open draft moves behind
        /// it.</summary>
        private void PublishChildren(PackageVersion basePlan)
        {
            foreach (var child in facts.ChildrenOf(basePlan.Id))
            {
                var next = child with { Uid = nextUid(), Version = child.Version + 1, CreatedAt = now };
                if (facts.DraftOf(child.Id) is { } draft)
                    _rebased.Add(draft with { Version = next.Version + 1 });
                Publish(next, child, basePlan);
            }
        }

        public PublishOutcome Outcome() => new(_published, _retired, _rebased, _events);
    }
}
