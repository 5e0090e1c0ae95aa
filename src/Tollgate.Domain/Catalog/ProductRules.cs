using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>A partial update of a product; settings are replaced as a whole.</summary>
public sealed record ProductEdit
{
    public Optional<string> DisplayName { get; init; }
    public Optional<string> Description { get; init; }
    public Optional<IReadOnlyDictionary<string, string>> Metadata { get; init; }
    public bool? MultipleSubscriptions { get; init; }

    /// <summary>
    /// Replaced as a whole, but for <see cref="ProductSettings.DowngradeAtEndOfBillingPeriod"/> and
    /// <see cref="ProductSettings.TruesUpAddedUnits"/>.
    /// </summary>
    public ProductSettings? Settings { get; init; }
    public bool? DowngradeAtEndOfBillingPeriod { get; init; }
    public bool? TruesUpAddedUnits { get; init; }

    /// <summary>Replaced as a whole; null = unchanged.</summary>
    public IReadOnlyList<AutoCancellationRule>? AutoCancellationRules { get; init; }
    public UsageResetCutoff? UsageResetCutoff { get; init; }
}

/// <param name="HasSubscriptions">Any subscription of the product was ever provisioned.</param>
/// <param name="StartPlan">The latest version of the start plan that the new settings name; null when unknown.</param>
/// <param name="DowngradePlan">The same for the downgrade plan.</param>
public sealed record ProductFacts(bool HasSubscriptions, PackageVersion? StartPlan, PackageVersion? DowngradePlan)
{
    /// <summary>Needed when the change names auto-cancellation rules or <c>multipleSubscriptions</c>.</summary>
    public AutoCancellationFacts AutoCancellation { get; init; } = AutoCancellationFacts.None;
}

/// <summary>A product archived or restored, with the packages that go along.</summary>
public sealed record ProductArchiving(Product Product, IReadOnlyList<PackageVersion> Packages,
    IReadOnlyList<DomainEvent> Events)
{
    public bool IsNoChange => Events.Count == 0;
}

/// <summary>Creating, changing and archiving products (spec catalog 3 and 13).</summary>
public static class ProductRules
{
    public static Result<Change<Product>> Create(Product draft, bool idIsTaken)
    {
        var findings = new Findings();
        PublicId.Check(findings, "id", draft.Id.Value);
        CheckTexts(findings, draft);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        if (idIsTaken)
        {
            return new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"A product with the id '{draft.Id}' exists already (archived ones keep their id); choose another id.");
        }

        return Changed(EventType.ProductCreated, null, draft);
    }

    /// <summary>Null when packages and groups can be added to the product.</summary>
    /// <param name="id">What was named.</param>
    /// <param name="product">The product with the id; null when unknown.</param>
    public static Refusal? CheckOpen(ProductId id, Product? product)
    {
        if (product is null)
            return new(ErrorCode.ProductNotFoundError, $"There is no product '{id}'; create it first.");
        return product.IsArchived
            ? new(ErrorCode.ProductNotPublishedError,
                $"Product '{product.Id}' is archived; unarchive it before adding to it.")
            : null;
    }

    public static Result<Change<Product>> Update(Product product, ProductEdit edit, ProductFacts facts, Instant now)
    {
        if (product.IsArchived)
        {
            return new Refusal(ErrorCode.ProductNotPublishedError,
                $"Product '{product.Id}' is archived; unarchive it before changing it.");
        }

        var updated = product with
        {
            DisplayName = edit.DisplayName.Or(product.DisplayName) ?? "",
            Description = edit.Description.Or(product.Description),
            Metadata = edit.Metadata.Or(product.Metadata) ?? Metadata.Empty,
            MultipleSubscriptions = edit.MultipleSubscriptions ?? product.MultipleSubscriptions,
            Settings = (edit.Settings ?? product.Settings) with
            {
                DowngradeAtEndOfBillingPeriod =
                    edit.DowngradeAtEndOfBillingPeriod ?? product.Settings.DowngradeAtEndOfBillingPeriod,
                TruesUpAddedUnits = edit.TruesUpAddedUnits ?? product.Settings.TruesUpAddedUnits,
            },
            UsageResetCutoff = edit.UsageResetCutoff ?? product.UsageResetCutoff,
            AutoCancellationRules = edit.AutoCancellationRules ?? product.AutoCancellationRules,
        };
        var findings = new Findings();
        CheckTexts(findings, updated);
        if (edit.Settings is { } settings)
            CheckSettings(findings, product.Id, settings, facts.StartPlan, facts.DowngradePlan);
        if (edit.AutoCancellationRules is { } rules)
            AutoCancellation.Check(findings, rules, updated, facts.AutoCancellation);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        if (facts.HasSubscriptions && updated.MultipleSubscriptions != product.MultipleSubscriptions)
        {
            return new Refusal(ErrorCode.IntegrityViolation,
                $"Product '{product.Id}' has had subscriptions, so multipleSubscriptions stays "
                + $"{(product.MultipleSubscriptions ? "true" : "false")}; create another product.");
        }

        if (updated.MultipleSubscriptions != product.MultipleSubscriptions)
            AutoCancellation.CheckKind(findings, updated, facts.AutoCancellation);
        if (findings.ToRefusal() is { } broken)
            return broken;
        return Same(product, updated)
            ? Change<Product>.None(product)
            : Changed(EventType.ProductUpdated, product, updated with { UpdatedAt = now });
    }

    /// <summary>
    /// Archives the product with its published packages, which are remembered so that unarchiving restores exactly
    /// them. Drafts
    /// of packages never published stay as they are. Archiving twice changes nothing.
    /// </summary>
    public static Result<ProductArchiving> Archive(
        Product product, bool hasActiveSubscriptions, IEnumerable<PackageVersion> latestPackages, Instant now)
    {
        if (product.IsArchived)
            return new ProductArchiving(product, [], []);
        if (hasActiveSubscriptions)
        {
            return new Refusal(ErrorCode.CannotArchiveProductError,
                $"Product '{product.Id}' has active subscriptions; cancel them before archiving it.");
        }

        var before = latestPackages.Where(p => p.Status == PackageStatus.Published).ToList();
        var archived = before.ConvertAll(p => p with { Status = PackageStatus.Archived, UpdatedAt = now });
        var after = product with
        {
            IsArchived = true,
            ArchivedWithProduct = IdsOf(archived, PackageKind.Plan),
            AddonsArchivedWithProduct = IdsOf(archived, PackageKind.Addon),
            UpdatedAt = now,
        };
        return new ProductArchiving(after, archived,
        [
            .. before.Zip(archived, (b, a) => PackageEvents.Of(PackageEvents.Deleted(a.Kind), b, a)),
            new(EventType.ProductDeleted, EntityKind.Product, product.Id.Value, null, product, after),
        ]);
    }

    /// <param name="product">The archived product.</param>
    /// <param name="latestPackages">The latest versions of its packages.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<ProductArchiving> Unarchive(
        Product product, IEnumerable<PackageVersion> latestPackages, Instant now)
    {
        if (!product.IsArchived)
        {
            return new Refusal(ErrorCode.CannotUnarchiveProductError,
                $"Product '{product.Id}' is not archived, so there is nothing to restore.");
        }

        var before = latestPackages.Where(p => p.Status == PackageStatus.Archived && WentAlong(product, p)).ToList();
        var restored = before.ConvertAll(p => p with { Status = PackageStatus.Published, UpdatedAt = now });
        var after = product with
        {
            IsArchived = false,
            ArchivedWithProduct = [],
            AddonsArchivedWithProduct = [],
            UpdatedAt = now,
        };
        return new ProductArchiving(after, restored,
        [
            new(EventType.ProductUnarchived, EntityKind.Product, product.Id.Value, null, product, after),
            .. before.Zip(restored, (b, a) => PackageEvents.Of(PackageEvents.Updated(a.Kind), b, a)),
        ]);
    }

    private static IReadOnlyList<PackageId> IdsOf(IEnumerable<PackageVersion> packages, PackageKind kind) =>
        [.. packages.Where(p => p.Kind == kind).Select(p => p.Id)];

    private static bool WentAlong(Product product, PackageVersion package) =>
        (package.Kind == PackageKind.Plan ? product.ArchivedWithProduct : product.AddonsArchivedWithProduct)
            .Contains(package.Id);

    internal static void CheckTexts(Findings findings, Product product)
    {
        TextLimits.CheckRequired(findings, "displayName", product.DisplayName);
        TextLimits.Check(findings, "description", product.Description);
        findings.Include(Metadata.Check(product.Metadata));
    }

    private static bool Same(Product a, Product b) =>
        ContentEquality.Same(a.Metadata, b.Metadata)
        && ContentEquality.Same(a.AutoCancellationRules, b.AutoCancellationRules)
        && a == b with { Metadata = a.Metadata, AutoCancellationRules = a.AutoCancellationRules };

    /// <summary>Whether the plans that a journey names can be started and fallen back to.</summary>
    internal static void CheckSettings(
        Findings findings, ProductId product, ProductSettings settings, PackageVersion? startPlan,
        PackageVersion? downgradePlan)
    {
        const string start = "productSettings.subscriptionStartPlanId";
        const string downgrade = "productSettings.downgradePlanId";
        switch (settings.StartSetup)
        {
            case SubscriptionStartSetup.FreePlan:
                if (Named(findings, start, product, settings.StartPlanId, startPlan, "FREE_PLAN") is { } free)
                    CheckFree(findings, start, free);
                break;
            case SubscriptionStartSetup.TrialPeriod:
                if (Named(findings, start, product, settings.StartPlanId, startPlan, "TRIAL_PERIOD") is { } trial
                    && (trial.PricingType is not (PricingType.Paid or PricingType.Custom)
                        || trial.DefaultTrial is null))
                {
                    findings.Add(ErrorCode.InvalidArgumentError, start,
                        $"Plan '{trial.Id}' cannot be tried: TRIAL_PERIOD needs a paid or custom plan with a default "
                        + "trial.");
                }

                break;
            case SubscriptionStartSetup.PlanSelection:
                if (settings.StartPlanId is not null)
                    Named(findings, start, product, settings.StartPlanId, startPlan, "PLAN_SELECTION");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(settings), settings.StartSetup, "Not a start setup.");
        }

        if (settings.EndSetup != SubscriptionEndSetup.DowngradeToFree && settings.DowngradePlanId is null)
            return;
        if (Named(findings, downgrade, product, settings.DowngradePlanId, downgradePlan,
            "DOWNGRADE_TO_FREE") is { } to)
            CheckFree(findings, downgrade, to);
    }

    private static PackageVersion? Named(
        Findings findings, string path, ProductId product, PackageId? id, PackageVersion? plan, string setup)
    {
        if (id is not { } asked)
            findings.Bad(path, $"The setup {setup} needs a plan; give {path}.");
        else if (plan is null)
            findings.Add(ErrorCode.PlanNotFound, path, $"There is no plan '{asked}'.");
        else if (plan.ProductId != product)
            findings.Add(ErrorCode.InvalidArgumentError, path, $"Plan '{asked}' is not a plan of product '{product}'.");
        else if (plan.Status == PackageStatus.Archived)
            findings.Add(ErrorCode.EntityIsArchivedError, path, $"Plan '{asked}' is archived; choose another plan.");
        else if (plan.Status == PackageStatus.Draft)
            findings.Add(ErrorCode.UnPublishedPackage, path,
                $"Plan '{asked}' has no published version; publish it first.");
        else
            return plan;
        return null;
    }

    private static void CheckFree(Findings findings, string path, PackageVersion plan)
    {
        if (plan.PricingType != PricingType.Free)
            findings.Add(ErrorCode.InvalidArgumentError, path, $"Plan '{plan.Id}' is not free; name a FREE plan.");
    }

    private static Change<Product> Changed(EventType type, Product? before, Product after) =>
        new(after, [new(type, EntityKind.Product, after.Id.Value, null, before, after)]);
}
