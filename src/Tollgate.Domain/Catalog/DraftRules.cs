using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>Who a package names at present: what a circle would run through.</summary>
/// <param name="BaseOf">The base plan of a plan.</param>
/// <param name="DependenciesOf">What an add-on depends on.</param>
public sealed record ReferenceFacts(
    Func<PackageId, PackageId?> BaseOf, Func<PackageId, IReadOnlyList<PackageId>> DependenciesOf);

/// <summary>Drafts that do not start from the latest version (spec catalog 4.2).</summary>
public static class DraftRules
{
    /// <summary>A draft with nothing but the package's names: to write the next version from the start.</summary>
    public static Result<Change<PackageVersion>> OpenEmpty(
        PackageVersion latest, PackageVersion? openDraft, Guid uid, Instant now) =>
        PackageRules.OpenDraft(latest, openDraft, uid, now).Map(opened => Opened(new()
        {
            Uid = uid,
            Kind = latest.Kind,
            Id = latest.Id,
            Version = opened.Value.Version,
            Status = PackageStatus.Draft,
            IsLatest = false,
            ProductId = latest.ProductId,
            DisplayName = latest.DisplayName,
            Description = latest.Description,
            BillingId = latest.BillingId,
            CreatedAt = now,
            UpdatedAt = now,
        }));

    /// <summary>
    /// A draft equal to an older version. What that version names may have changed since: circles are refused here, the
    /// rest is looked at when it is published.
    /// </summary>
    public static Result<Change<PackageVersion>> RollBack(
        PackageVersion latest, PackageVersion? openDraft, PackageVersion older, ReferenceFacts facts,
        Guid uid, Instant now)
    {
        if (!PackageRules.OpenDraft(latest, openDraft, uid, now).TryGet(out var opened, out var refusal))
            return refusal;
        if (older.BasePlan is { } basePlan && BasePlanRules.HasCycle(latest.Id, basePlan.Id, facts.BaseOf))
        {
            return new Refusal(ErrorCode.PlansCircularDependencyError,
                $"Version {older.Version} of plan '{latest.Id}' inherits from '{basePlan.Id}', which inherits from "
                + "it by now; "
                + "give that plan another base plan first.");
        }

        var circle = older.Dependencies.FirstOrDefault(
            needed => AddonReferences.Reaches(needed, latest.Id, facts.DependenciesOf));
        if (circle != default)
        {
            return new Refusal(ErrorCode.PlansCircularDependencyError,
                $"Version {older.Version} of add-on '{latest.Id}' depends on '{circle}', which depends on it by "
                + "now; change the "
                + "dependencies of that add-on first.");
        }

        return Opened(older with
        {
            Uid = uid,
            Version = opened.Value.Version,
            Status = PackageStatus.Draft,
            IsLatest = false,
            BasePlan = older.BasePlan is { } named ? new(named.Id, Version: null) : null,
            CreatedAt = now,
            UpdatedAt = now,
        });
    }

    private static Change<PackageVersion> Opened(PackageVersion draft) =>
        new(draft, [PackageEvents.Of(EventType.PackageDraftCreated, null, draft)]);
}
