using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Entitlements;

/// <summary>What a grant needs to know, loaded before it.</summary>
/// <param name="Customer">The customer, archived or not.</param>
/// <param name="Features">The features named by the request that exist, archived ones included.</param>
/// <param name="Live">The customer's live promotional entitlements.</param>
public sealed record PromotionFacts(
    Customer Customer, IReadOnlyDictionary<FeatureId, Feature> Features, IReadOnlyList<PromotionalEntitlement> Live);

/// <summary>Granting, revoking and ending promotional entitlements (spec entitlements-and-usage 14).</summary>
public static class PromotionRules
{
    /// <summary>The end is announced this long before it, or at the grant when that lasts no longer.</summary>
    public static readonly Duration Notice = Duration.FromDays(7);

    internal const string List = "promotionalEntitlements";

    /// <summary>
    /// Grants all rows or none. A feature that the customer holds a live promotion of is granted again: value and
    /// period are replaced, the period starts anew, the entitlement stays the same one.
    /// </summary>
    public static Result<IReadOnlyList<Change<PromotionalEntitlement>>> Grant(
        IReadOnlyList<PromotionInput> rows, PromotionFacts facts, Func<Guid> newUid, Instant now) =>
        Grant(new Findings(), rows, facts, group: null, newUid, now);

    /// <param name="findings">What is wrong with the request already.</param>
    /// <param name="rows">What to grant.</param>
    /// <param name="facts">What to know for it.</param>
    /// <param name="group">The feature group that it is granted with; null when the rows stand for themselves.</param>
    /// <param name="newUid">Where new identities come from.</param>
    /// <param name="now">The instant of the request.</param>
    internal static Result<IReadOnlyList<Change<PromotionalEntitlement>>> Grant(
        Findings findings, IReadOnlyList<PromotionInput> rows, PromotionFacts facts, string? group, Func<Guid> newUid,
        Instant now)
    {
        if (CheckCustomer(facts.Customer) is { } archived)
            return archived;
        if (rows.Count == 0)
        {
            findings.Add(ErrorCode.InvalidArgumentError, List,
                $"{List} is empty; list at least one promotional entitlement.");
        }

        var named = new HashSet<FeatureId>();
        var changes = new List<Change<PromotionalEntitlement>>();
        for (var i = 0; i < rows.Count; i++)
        {
            var path = $"{List}[{i}].";
            if (FeatureOf(findings, path, rows[i], facts, named) is not { } feature)
                continue;
            var held = facts.Live.FirstOrDefault(promotion => promotion.FeatureId == feature.Id);
            var (uid, createdAt) = held is null ? (newUid(), now) : (held.Uid, held.CreatedAt);
            var granted = new PromotionalEntitlement
            {
                Uid = uid,
                CustomerId = facts.Customer.Id,
                FeatureId = feature.Id,
                FeatureUid = feature.Uid,
                IsVisible = rows[i].IsVisible ?? true,
                Period = rows[i].Period,
                StartDate = now,
                EndDate = EndOf(findings, path, rows[i], now),
                FeatureGroupIds = [.. (held?.FeatureGroupIds ?? []).Concat(group is null ? [] : [group]).Distinct()],
                CreatedAt = createdAt,
                UpdatedAt = now,
            };
            changes.Add(Granted(held, WithValue(findings, path, rows[i], feature, granted), now));
        }

        return findings.ToRefusal() is { } refusal
            ? refusal
            : Result<IReadOnlyList<Change<PromotionalEntitlement>>>.Ok(changes);
    }

    /// <param name="customer">The customer, archived or not.</param>
    /// <param name="live">Its live promotion of the feature; null = it has none.</param>
    /// <param name="featureId">The feature asked about.</param>
    /// <param name="now">The instant of the request.</param>
    public static Result<Change<PromotionalEntitlement>> Revoke(
        Customer customer, PromotionalEntitlement? live, FeatureId featureId, Instant now)
    {
        if (CheckCustomer(customer) is { } archived)
            return archived;
        if (live is null)
        {
            return new Refusal(ErrorCode.PromotionalEntitlementNotFoundError,
                $"Customer '{customer.Id}' has no live promotional entitlement for feature '{featureId}'; list them to "
                + "see which it has.");
        }

        if (live.FeatureGroupIds is [var group, ..])
        {
            return new Refusal(ErrorCode.EntitlementBelongsToFeatureGroupError,
                $"The promotional entitlement for '{featureId}' was granted with the feature group '{group}'; "
                + "revoke or unlink the group.");
        }

        return Revoked(live, now);
    }

    internal static Change<PromotionalEntitlement> Revoked(PromotionalEntitlement live, Instant now) => Changed(
        EventType.PromotionalEntitlementRevoked, live, live with { Status = PromotionStatus.Revoked, UpdatedAt = now });

    /// <summary>The next thing time does; null when nothing ever will. What lies in the past is due still.</summary>
    public static PromotionDue? NextDue(PromotionalEntitlement promotion)
    {
        if (!promotion.IsLive || promotion.EndDate is not { } end)
            return null;
        // Nobody is told of the end of something that is suspended: see Resume.
        return promotion.Status == PromotionStatus.Active && promotion.EndsSoonSentFor != end
            ? new(Instant.Max(end - Notice, promotion.StartDate), PromotionDueKind.EndsSoon)
            : new(end, PromotionDueKind.Expiry);
    }

    /// <summary>Carries out <paramref name="due"/>, which <see cref="NextDue"/> named, at its own instant.</summary>
    public static Change<PromotionalEntitlement> Step(PromotionalEntitlement promotion, PromotionDue due) =>
        due.Kind switch
        {
            PromotionDueKind.EndsSoon => Changed(
                EventType.PromotionalEntitlementEndsSoon,
                promotion,
                promotion with { EndsSoonSentFor = promotion.EndDate }),
            PromotionDueKind.Expiry => Changed(
                EventType.PromotionalEntitlementExpired,
                promotion,
                promotion with { Status = PromotionStatus.Expired, UpdatedAt = due.At }),
            _ => throw new ArgumentOutOfRangeException(nameof(due), due.Kind, "Not a kind of due change."),
        };

    /// <summary>Suspended with its archived customer, whose own event tells it. Time goes on.</summary>
    public static PromotionalEntitlement Pause(PromotionalEntitlement promotion, Instant now) =>
        promotion.Status == PromotionStatus.Active
            ? promotion with { Status = PromotionStatus.Paused, UpdatedAt = now }
            : promotion;

    /// <summary>
    /// Applies again after its customer was unarchived; everything due by <paramref name="now"/> was done before. An
    /// end that came near meanwhile is announced now. The customer's own event tells the rest.
    /// </summary>
    public static (PromotionalEntitlement After, IReadOnlyList<DomainEvent> Events) Resume(
        PromotionalEntitlement promotion, Instant now)
    {
        if (promotion.Status != PromotionStatus.Paused)
            return (promotion, []);
        var resumed = promotion with { Status = PromotionStatus.Active, UpdatedAt = now };
        if (NextDue(resumed) is not { Kind: PromotionDueKind.EndsSoon } due || due.At > now)
            return (resumed, []);
        var announced = Step(resumed, due);
        return (announced.Value, announced.Events);
    }

    internal static Refusal? CheckCustomer(Customer customer) => customer.IsArchived
        ? new(ErrorCode.EntityIsArchivedError,
            $"Customer '{customer.Id}' is archived; unarchive it before changing its promotional entitlements.")
        : null;

    private static Feature? FeatureOf(
        Findings findings, string path, PromotionInput row, PromotionFacts facts, HashSet<FeatureId> named)
    {
        path += "featureId";
        if (!facts.Features.TryGetValue(row.FeatureId, out var feature))
        {
            findings.Add(ErrorCode.FeatureNotFound, path,
                $"There is no feature with the id '{row.FeatureId}' in this environment; create it first.");
        }
        else if (feature.IsArchived)
        {
            findings.Add(ErrorCode.EntityIsArchivedError, path,
                $"Feature '{row.FeatureId}' is archived and cannot be granted anew; unarchive it first.");
        }
        else if (!named.Add(row.FeatureId))
        {
            findings.Add(ErrorCode.DuplicatedEntityNotAllowed, path,
                $"Feature '{row.FeatureId}' is listed twice; a customer has one promotional entitlement a feature.");
        }
        else
        {
            return feature;
        }

        return null;
    }

    private static Instant? EndOf(Findings findings, string path, PromotionInput row, Instant now)
    {
        path += "customEndDate";
        if (row.Period != PromotionPeriod.Custom && row.CustomEndDate is { } unused)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"{path} is {unused}, but the period is not custom; send the period custom or no customEndDate.");
        }

        if (row.Period == PromotionPeriod.Custom && !(row.CustomEndDate > now))
        {
            var given = row.CustomEndDate is { } past ? $"{past}, which is not after {now}" : "missing";
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"{path} is {given}; the period custom needs a date in the future.");
        }

        return row.Period switch
        {
            PromotionPeriod.OneWeek => now + Duration.FromDays(7),
            PromotionPeriod.OneMonth => AfterMonths(now, 1),
            PromotionPeriod.SixMonths => AfterMonths(now, 6),
            PromotionPeriod.OneYear => AfterMonths(now, 12),
            PromotionPeriod.Lifetime => null,
            PromotionPeriod.Custom => row.CustomEndDate,
            _ => throw new ArgumentOutOfRangeException(nameof(row), row.Period, "Not a period."),
        };
    }

    /// <summary>The same day and time that many months later, or the month's last day where there is none.</summary>
    private static Instant AfterMonths(Instant now, int months) =>
        now.InUtc().LocalDateTime.PlusMonths(months).InUtc().ToInstant();

    /// <summary>
    /// Keeps what fits the feature's type; a BOOLEAN feature has no value, so whatever is sent is ignored.
    /// </summary>
    private static PromotionalEntitlement WithValue(
        Findings findings, string path, PromotionInput row, Feature feature, PromotionalEntitlement granted)
    {
        if (feature.Type == FeatureType.Boolean)
            return granted;
        var values = row.EnumValues is { Count: > 0 } given ? given : null;
        var reset = row.Reset.Resolve(findings, path, stored: null);
        var unlimited = row.HasUnlimitedUsage ?? false;
        if (feature.Type == FeatureType.Number && row.UsageLimit is null && !unlimited)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path + "usageLimit",
                $"The promotional entitlement for '{feature.Id}' has no value; give usageLimit or hasUnlimitedUsage: "
                + "true.");
        }

        if (feature.Type == FeatureType.Enum && values is null)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path + "enumValues",
                $"The promotional entitlement for '{feature.Id}' has no value; list at least one of the feature's "
                + "values.");
        }

        if (row.UsageLimit is < 0 && feature.Type == FeatureType.Number)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path + "usageLimit",
                $"usageLimit is {row.UsageLimit}; give 0 or more.");
        }

        EntitlementRules.CheckValues(
            findings, path, feature, new(row.UsageLimit is < 0 ? 0 : row.UsageLimit, unlimited, reset, values));
        return granted with
        {
            UsageLimit = row.UsageLimit,
            HasUnlimitedUsage = unlimited,
            HasSoftLimit = feature.IsMetered && (row.HasSoftLimit ?? false),
            Reset = reset,
            EnumValues = values,
        };
    }

    private static Change<PromotionalEntitlement> Granted(
        PromotionalEntitlement? held, PromotionalEntitlement granted, Instant now)
    {
        var type = held is null ? EventType.PromotionalEntitlementGranted : EventType.PromotionalEntitlementUpdated;
        var change = Changed(type, held, granted);
        if (NextDue(granted) is not { Kind: PromotionDueKind.EndsSoon } due || due.At > now)
            return change;
        var announced = Step(granted, due);
        return new(announced.Value, [.. change.Events, .. announced.Events]);
    }

    internal static Change<PromotionalEntitlement> Changed(
        EventType type, PromotionalEntitlement? before, PromotionalEntitlement after) =>
        new(after,
        [
            new(type, EntityKind.PromotionalEntitlement, after.Uid.ToString(), after.CustomerId, before, after),
        ]);
}
