using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// Drafts of plans and add-ons: creating, opening, editing, discarding (spec catalog 4.1, 4.2, 5, 11).
/// </summary>
public static class PackageRules
{
    /// <summary>The first draft of a new package.</summary>
    /// <param name="draft">Version 1 as asked for, without what <paramref name="edit"/> sets.</param>
    /// <param name="edit">Base plan, trial, pricing type and texts.</param>
    /// <param name="product">The product named; null when unknown.</param>
    /// <param name="idIsTaken">A package of the same kind has the id.</param>
    /// <param name="bases">Facts about the base plan named.</param>
    public static Result<Change<PackageVersion>> Create(
        PackageVersion draft, PackageEdit edit, Product? product, bool idIsTaken, BasePlanFacts bases)
    {
        var findings = new Findings();
        PublicId.Check(findings, "id", draft.Id.Value);
        var created = Merge(findings, draft with { Version = 1, Status = PackageStatus.Draft, IsLatest = true },
            edit, bases);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        if (ProductRules.CheckOpen(draft.ProductId, product) is { } closed)
            return closed;
        if (idIsTaken)
        {
            return new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"{Noun(draft.Kind)} '{draft.Id}' exists already (archived ones keep their id); choose another id.");
        }

        return new Change<PackageVersion>(
            created, [PackageEvents.Of(PackageEvents.Created(created.Kind), null, created)]);
    }

    /// <summary>A draft that copies the latest version, numbered one after the last.</summary>
    public static Result<Change<PackageVersion>> OpenDraft(
        PackageVersion latest, PackageVersion? openDraft, Guid uid, Instant now)
    {
        if (latest.Status == PackageStatus.Archived)
        {
            return new Refusal(ErrorCode.EntityIsArchivedError,
                $"{Noun(latest.Kind)} '{latest.Id}' is archived; unarchive it before changing it.");
        }

        if (openDraft is not null || latest.Status == PackageStatus.Draft)
        {
            return new Refusal(ErrorCode.DraftAlreadyExists,
                $"{Noun(latest.Kind)} '{latest.Id}' has an open draft; edit, publish or discard it.");
        }

        if (latest.Version == int.MaxValue)
        {
            return new Refusal(ErrorCode.VersionExceedsMaxValueError,
                $"{Noun(latest.Kind)} '{latest.Id}' has the highest version number there is; create another one.");
        }

        var draft = latest with
        {
            Uid = uid,
            Version = latest.Version + 1,
            Status = PackageStatus.Draft,
            IsLatest = false,
            BasePlan = latest.BasePlan is { } named ? new(named.Id, Version: null) : null,
            CreatedAt = now,
            UpdatedAt = now,
        };
        return new Change<PackageVersion>(draft, [PackageEvents.Of(EventType.PackageDraftCreated, null, draft)]);
    }

    /// <summary>Changes a draft. Sending what it holds changes nothing.</summary>
    public static Result<Change<PackageVersion>> Edit(
        PackageVersion draft, PackageEdit edit, BasePlanFacts bases, Instant now)
    {
        if (NotADraft(draft) is { } noDraft)
            return noDraft;
        var findings = new Findings();
        var edited = Merge(findings, draft, edit, bases);
        return findings.ToRefusal() is { } refusal ? refusal : Changed(draft, edited, now);
    }

    /// <summary>Puts the entitlements that <see cref="EntitlementRules"/> accepted on the draft.</summary>
    public static Result<Change<PackageVersion>> WithEntitlements(
        PackageVersion? draft, PackageId id, IReadOnlyList<PackageEntitlement> entitlements, Instant now) =>
        draft is null ? NoDraft(id)
        : NotADraft(draft) is { } noDraft ? noDraft
        : Changed(draft, draft with { Entitlements = entitlements }, now);

    /// <summary>The same for both kinds: <paramref name="edited"/> is the draft with its rows of both.</summary>
    public static Result<Change<PackageVersion>> WithEntitlements(
        PackageVersion draft, PackageVersion edited, Instant now) =>
        NotADraft(draft) is { } noDraft ? noDraft : Changed(draft, edited, now);

    /// <summary>Takes the draft away; the id of a package never published is free again.</summary>
    public static Result<Change<PackageVersion>> Discard(PackageVersion? draft, PackageId id) =>
        draft is { Status: PackageStatus.Draft }
            ? new Change<PackageVersion>(draft, [PackageEvents.Of(EventType.PackageDraftDeleted, draft, null)])
            : NoDraft(id);

    /// <summary>The refusal of a writing call on a package without an open draft.</summary>
    public static Refusal NoDraft(PackageId id) => new(ErrorCode.EditAllowedOnDraftPackageOnlyError,
        $"'{id}' has no open draft; open one first.");

    internal static string Noun(PackageKind kind) => kind == PackageKind.Plan ? "Plan" : "Add-on";

    private static Refusal? NotADraft(PackageVersion version) =>
        version.Status == PackageStatus.Draft ? null : NoDraft(version.Id);

    private static Change<PackageVersion> Changed(PackageVersion before, PackageVersion after, Instant now)
    {
        if (PackageContent.Same(before, after))
            return Change<PackageVersion>.None(before);
        var stored = after with { UpdatedAt = now };
        return new(stored, [PackageEvents.Of(EventType.PackageDraftUpdated, before, stored)]);
    }

    private static PackageVersion Merge(Findings findings, PackageVersion draft, PackageEdit edit, BasePlanFacts bases)
    {
        var type = edit.Pricing?.PricingType ?? edit.PricingType ?? draft.PricingType;
        var keepsPrices = type == PricingType.Paid;
        var pricing = edit.Pricing;
        var edited = draft with
        {
            DisplayName = edit.DisplayName.Or(draft.DisplayName) ?? "",
            Description = edit.Description.Or(draft.Description),
            BillingId = edit.BillingId.Or(draft.BillingId),
            BasePlan = edit.BasePlanId.IsGiven ? BaseOf(edit.BasePlanId.Value) : draft.BasePlan,
            // What a free plan cannot have goes when it becomes free; asking for both at once is a finding below.
            DefaultTrial = edit.DefaultTrial.Or(type == PricingType.Free ? null : draft.DefaultTrial),
            CompatibleAddonIds = edit.CompatibleAddonIds.Or(type == PricingType.Free ? null : draft.CompatibleAddonIds)
                ?.Distinct().ToList(),
            CompatibleGroups = edit.CompatibleGroups.Or(type == PricingType.Free ? null : draft.CompatibleGroups) ?? [],
            Dependencies = edit.Dependencies.Or(draft.Dependencies)?.Distinct().ToList() ?? [],
            MaxQuantity = edit.MaxQuantity.IsGiven ? Stored(edit.MaxQuantity.Value) : draft.MaxQuantity,
            HiddenFromWidgets = edit.HiddenFromWidgets.Or(draft.HiddenFromWidgets) ?? [],
            Metadata = edit.Metadata.Or(draft.Metadata) ?? Metadata.Empty,
            PricingType = type,
            Entitlements = edit.Entitlements ?? draft.Entitlements,
            CreditEntitlements = edit.CreditEntitlements ?? draft.CreditEntitlements,
            Charges = keepsPrices ? pricing?.Charges ?? draft.Charges : [],
            OverageCharges = keepsPrices ? pricing?.OverageCharges ?? draft.OverageCharges : [],
            MinimumSpend = keepsPrices ? pricing?.MinimumSpend ?? draft.MinimumSpend : [],
            OverageBillingPeriod = pricing?.OverageBillingPeriod ?? draft.OverageBillingPeriod,
        };
        TextLimits.CheckRequired(findings, "displayName", edited.DisplayName);
        TextLimits.Check(findings, "description", edited.Description);
        TextLimits.Check(findings, "billingId", edited.BillingId);
        if (edit.BasePlanId is { IsGiven: true, Value: { } basePlan })
            BasePlanRules.Check(findings, edited, basePlan, bases);
        if (edit.MaxQuantity is { IsGiven: true, Value: < 1 or > int.MaxValue })
        {
            findings.Bad("maxQuantity", $"maxQuantity is {edit.MaxQuantity.Value}; give a whole number from 1 to "
                + $"{int.MaxValue}, or null for any number.");
        }

        TrialRules.Check(findings, edited);
        CheckTypeFits(findings, edited);
        findings.Include(Metadata.Check(edited.Metadata));
        return edited;
    }

    /// <summary>An out-of-range quantity is a finding already; the row only has to be representable.</summary>
    private static int? Stored(long? quantity) => quantity is { } q ? (int)Math.Clamp(q, 1, int.MaxValue) : null;

    private static BasePlan? BaseOf(PackageId? id) => id is { } named ? new(named, Version: null) : null;

    private static void CheckTypeFits(Findings findings, PackageVersion draft)
    {
        if (draft is { Kind: PackageKind.Plan, PricingType: PricingType.Free, CompatibleAddonIds.Count: > 0 })
        {
            findings.Add(ErrorCode.InvalidArgumentError, "compatibleAddonIds",
                $"Plan '{draft.Id}' is free; add-ons extend paid and custom plans only. Remove them.");
        }

        if (draft.PricingType == PricingType.Free && draft.CompatibleGroups.Count > 0)
        {
            findings.Add(ErrorCode.FreePlanCantHaveCompatiblePackageGroupError, "packageGroups",
                $"Plan '{draft.Id}' is free; groups of add-ons extend paid and custom plans only. Remove them.");
        }

        var open = draft.Entitlements.Where(e => e.IsCustom).Select(e => e.FeatureId.Value)
            .Concat(draft.CreditEntitlements.Where(e => e.IsCustom).Select(e => e.CurrencyId.Value)).ToList();
        if (draft.PricingType is not PricingType.Custom && open.Count > 0)
        {
            findings.Bad("pricingType",
                $"The values of '{string.Join("', '", open)}' are left to each subscription, which only CUSTOM "
                + "packages can; give them values first.");
        }
    }
}
