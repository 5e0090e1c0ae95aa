using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>What a caller asks of a copy; absent texts are those of the source.</summary>
public sealed record ProductCopyInput(ProductId TargetId)
{
    public Optional<string> DisplayName { get; init; }
    public Optional<string> Description { get; init; }
}

/// <summary>The catalog around a copy, loaded by the caller.</summary>
/// <param name="IdIsTaken">A product has the target id.</param>
/// <param name="Latest">The latest versions of the source's packages, archived ones included, oldest first.</param>
/// <param name="IsTaken">Whether a package of that kind has that id.</param>
/// <param name="Groups">The source's groups of add-ons, archived ones included, oldest first.</param>
/// <param name="GroupIsTaken">Whether a group of add-ons has that id.</param>
public sealed record ProductCopyFacts(
    bool IdIsTaken, IReadOnlyList<PackageVersion> Latest, Func<PackageKind, PackageId, bool> IsTaken,
    IReadOnlyList<PackageGroup> Groups, Func<string, bool> GroupIsTaken);

/// <summary>A new product with the first drafts of its packages.</summary>
public sealed record CopiedProduct(
    Product Product, IReadOnlyList<PackageVersion> Packages, IReadOnlyList<PackageGroup> Groups,
    IReadOnlyList<DomainEvent> Events);

/// <summary>
/// Copies a product with its plans, its add-ons and its groups of add-ons under new ids: as drafts, with entitlements,
/// prices, compatibility and trials. Features, coupons and currencies are shared; what a billing provider knows of the
/// source is not copied (spec catalog 3.4).
/// </summary>
public static class ProductCopy
{
    public static Result<CopiedProduct> Of(
        Product source, ProductCopyInput input, ProductCopyFacts facts, Func<Guid> uid, Instant now)
    {
        if (source.IsArchived)
        {
            return new Refusal(ErrorCode.ProductNotPublishedError,
                $"Product '{source.Id}' is archived; unarchive it before copying it.");
        }

        var packages = facts.Latest.Where(package => package.Status != PackageStatus.Archived).ToList();
        var groups = facts.Groups.Where(group => !group.IsArchived).ToList();
        var names = new Names(input.TargetId, packages, groups, facts);
        var product = source with
        {
            Uid = uid(),
            Id = input.TargetId,
            DisplayName = input.DisplayName.Or(source.DisplayName) ?? "",
            Description = input.Description.Or(source.Description),
            IsDefault = false,
            ArchivedWithProduct = [],
            AddonsArchivedWithProduct = [],
            Settings = source.Settings with
            {
                StartPlanId = names.PlanOrNull(source.Settings.StartPlanId),
                DowngradePlanId = names.PlanOrNull(source.Settings.DowngradePlanId),
            },
            AutoCancellationRules = [.. source.AutoCancellationRules.Select(rule => new AutoCancellationRule(
                names.Plan(rule.SourcePlanId), names.Plan(rule.TargetPlanId)))],
            CreatedAt = now,
            UpdatedAt = now,
        };
        var findings = new Findings();
        CheckIds(findings, input.TargetId, names);
        ProductRules.CheckTexts(findings, product);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        if (facts.IdIsTaken)
        {
            return new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"A product with the id '{input.TargetId}' exists already (archived ones keep their id); "
                + "choose another id.");
        }

        var copies = packages.ConvertAll(package => Copy(package, product.Id, names, uid, now));
        var copiedGroups = groups.ConvertAll(group => group with
        {
            Uid = uid(),
            Id = names.Group(group.Id)!,
            ProductId = product.Id,
            AddonIds = names.Addons(group.AddonIds),
            Version = 1,
            CreatedAt = now,
            UpdatedAt = now,
        });
        return new CopiedProduct(product, copies, copiedGroups,
        [
            new(EventType.ProductCreated, EntityKind.Product, product.Id.Value, null, null, product),
            .. copies.Select(copy => PackageEvents.Of(PackageEvents.Created(copy.Kind), null, copy)),
            .. copiedGroups.Select(group => new DomainEvent(
                EventType.PackageGroupCreated, EntityKind.PackageGroup, group.Id, null, null, group)),
        ]);
    }

    private static void CheckIds(Findings findings, ProductId target, Names names)
    {
        if (!PublicId.IsValid(target.Value))
        {
            findings.Add(ErrorCode.DuplicateProductValidationError, "targetId",
                $"'{target}' cannot be the id of a product: give 1 to {PublicId.MaxLength} letters, digits, '_', '|', "
                + "'.' and '-', a letter or digit first.");
        }
        else if (names.Assigned.FirstOrDefault(id => id.Length > PublicId.MaxLength) is { } tooLong)
        {
            findings.Add(ErrorCode.DuplicateProductValidationError, "targetId",
                $"Copies get the target's id in front of their own, and '{tooLong}' has more than {PublicId.MaxLength} "
                + "characters; choose a shorter targetId.");
        }
    }

    private static PackageVersion Copy(
        PackageVersion source, ProductId product, Names names, Func<Guid> uid, Instant now) => source with
        {
            Uid = uid(),
            Id = names.Of(source.Kind, source.Id),
            Version = 1,
            Status = PackageStatus.Draft,
            IsLatest = true,
            ProductId = product,
            BillingId = null,
            BasePlan = names.PlanOrNull(source.BasePlan?.Id) is { } basePlan ? new(basePlan, Version: null) : null,
            Entitlements = [.. source.Entitlements.Select(e => e with { CreatedAt = now, UpdatedAt = now })],
            CreditEntitlements =
                [.. source.CreditEntitlements.Select(e => e with { CreatedAt = now, UpdatedAt = now })],
            Charges = [.. source.Charges.Select(charge => charge with { Uid = uid(), CreatedAt = now })],
            OverageCharges = [.. source.OverageCharges.Select(charge => charge with { Uid = uid(), CreatedAt = now })],
            CompatibleAddonIds = source.CompatibleAddonIds is { } addons ? names.Addons(addons) : null,
            CompatibleGroups = [.. source.CompatibleGroups
                .Select(group => (Copied: names.Group(group.GroupId), group))
                .Where(pair => pair.Copied is not null)
                .Select(pair => pair.group with { GroupId = pair.Copied! })],
            Dependencies = names.Addons(source.Dependencies),
            CreatedAt = now,
            UpdatedAt = now,
        };

    /// <summary>The new ids: the target's in front of the old one, with a number behind when that is taken.</summary>
    private sealed class Names
    {
        private readonly Dictionary<(PackageKind, PackageId), PackageId> _ids = [];
        private readonly Dictionary<string, string> _groups = [];

        public Names(
            ProductId target, IEnumerable<PackageVersion> packages, IEnumerable<PackageGroup> groups,
            ProductCopyFacts facts)
        {
            var given = new HashSet<(PackageKind, PackageId)>();
            foreach (var package in packages)
            {
                var id = new PackageId($"{target}-{package.Id}");
                for (var n = 2; facts.IsTaken(package.Kind, id) || !given.Add((package.Kind, id)); n++)
                    id = new($"{target}-{package.Id}-{n}");
                _ids.Add((package.Kind, package.Id), id);
            }

            foreach (var group in groups)
            {
                var id = $"{target}-{group.Id}";
                for (var n = 2; facts.GroupIsTaken(id) || _groups.ContainsValue(id); n++)
                    id = $"{target}-{group.Id}-{n}";
                _groups.Add(group.Id, id);
            }
        }

        public IEnumerable<string> Assigned => _ids.Values.Select(id => id.Value).Concat(_groups.Values);

        /// <summary>Null when the group is not copied, such as an archived one.</summary>
        public string? Group(string old) => _groups.GetValueOrDefault(old);

        public PackageId Of(PackageKind kind, PackageId old) => _ids[(kind, old)];

        /// <summary>A plan of another product keeps its id.</summary>
        public PackageId Plan(PackageId old) => _ids.GetValueOrDefault((PackageKind.Plan, old), old);

        /// <summary>Null when the plan is not copied, such as an archived one.</summary>
        public PackageId? PlanOrNull(PackageId? old) =>
            old is { } id && _ids.TryGetValue((PackageKind.Plan, id), out var copy) ? copy : null;

        /// <summary>Those that are copied, in their order.</summary>
        public IReadOnlyList<PackageId> Addons(IReadOnlyList<PackageId> old) =>
            [.. old.Where(id => _ids.ContainsKey((PackageKind.Addon, id))).Select(id => _ids[(PackageKind.Addon, id)])];
    }
}
