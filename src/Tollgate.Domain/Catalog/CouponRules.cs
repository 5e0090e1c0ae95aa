using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>What a caller sends to create a coupon; id, discount and duration are fixed from then on.</summary>
public sealed record CouponDraft(string Id, string Name)
{
    public string? Description { get; init; }
    public decimal? PercentOff { get; init; }
    public IReadOnlyList<Money>? AmountsOff { get; init; }

    /// <summary>Calendar months; null = for ever.</summary>
    public int? DurationInMonths { get; init; }
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>A partial update: absent = unchanged, null = cleared.</summary>
public sealed record CouponEdit
{
    public Optional<string> Name { get; init; }
    public Optional<string> Description { get; init; }
    public Optional<IReadOnlyDictionary<string, string>> Metadata { get; init; }
}

/// <summary>Creating, changing and archiving coupons (spec catalog 12).</summary>
public static class CouponRules
{
    public const int MaxNameLength = 40;

    /// <summary>A hundred years: longer would leave the calendar, and "for ever" is null.</summary>
    public const int MaxDurationInMonths = 1_200;

    public static Result<Change<Coupon>> Create(CouponDraft draft, bool idIsTaken, Guid uid, Instant now)
    {
        var coupon = new Coupon
        {
            Uid = uid,
            Id = draft.Id,
            Name = draft.Name,
            Description = draft.Description,
            PercentOff = draft.PercentOff,
            AmountsOff = draft.AmountsOff,
            DurationInMonths = draft.DurationInMonths,
            Metadata = draft.Metadata ?? Metadata.Empty,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var findings = new Findings();
        PublicId.Check(findings, "id", coupon.Id);
        CheckTexts(findings, coupon);
        CheckDiscount(findings, "", coupon.PercentOff, coupon.AmountsOff, coupon.DurationInMonths);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        if (idIsTaken)
        {
            return new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"A coupon with the id '{draft.Id}' exists already (archived ones keep their id); choose another id.");
        }

        return Changed(EventType.CouponCreated, null, coupon);
    }

    public static Result<Change<Coupon>> Update(Coupon coupon, CouponEdit edit, Instant now)
    {
        if (coupon.IsArchived)
        {
            return new Refusal(ErrorCode.EntityIsArchivedError,
                $"Coupon '{coupon.Id}' is archived and cannot be changed; create another coupon.");
        }

        var updated = coupon with
        {
            Name = edit.Name.Or(coupon.Name) ?? "",
            Description = edit.Description.Or(coupon.Description),
            Metadata = edit.Metadata.Or(coupon.Metadata) ?? Metadata.Empty,
        };
        var findings = new Findings();
        CheckTexts(findings, updated);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        var same = ContentEquality.Same(coupon.Metadata, updated.Metadata)
            && coupon == updated with { Metadata = coupon.Metadata };
        return same
            ? Change<Coupon>.None(coupon)
            : Changed(EventType.CouponUpdated, coupon, updated with { UpdatedAt = now });
    }

    /// <summary>No new applications from then on; whoever holds it keeps it. Archiving twice changes nothing.</summary>
    public static Change<Coupon> Archive(Coupon coupon, Instant now) => coupon.IsArchived
        ? Change<Coupon>.None(coupon)
        : Changed(EventType.CouponArchived, coupon, coupon with { IsArchived = true, UpdatedAt = now });

    /// <summary>Null when the coupon can be given to somebody who does not hold it.</summary>
    /// <param name="id">What the request names.</param>
    /// <param name="coupon">The coupon of that id; null when there is none.</param>
    /// <param name="path">The field of the request.</param>
    public static Refusal? CheckApplicable(string id, Coupon? coupon, string path) => coupon switch
    {
        null => Refusal.Of(
            ErrorCode.CouponNotFound,
            [new(path, $"There is no coupon with the id '{id}' in this environment; create it first.")]),
        { IsArchived: true } => Refusal.Of(
            ErrorCode.ArchivedCouponCantBeApplied,
            [new(path, $"Coupon '{id}' is archived and is not given any more; name another coupon.")]),
        _ => null,
    };

    /// <summary>
    /// The discount itself, of a catalog coupon or of one made for a single subscription: exactly one of a percentage
    /// and amounts, one amount a currency.
    /// </summary>
    /// <param name="findings">Where faults go.</param>
    /// <param name="prefix">What stands before the fields in the request, with its dot; empty at the top.</param>
    /// <param name="percentOff">A whole number from 1 to 100.</param>
    /// <param name="amountsOff">At least one when given.</param>
    /// <param name="durationInMonths">A whole number of at least 1; null = for ever.</param>
    public static void CheckDiscount(Findings findings, string prefix, decimal? percentOff,
        IReadOnlyList<Money>? amountsOff, decimal? durationInMonths)
    {
        var amountsPath = prefix + "amountsOff";
        if (percentOff is null == amountsOff is null)
        {
            findings.Bad(prefix + "percentOff", percentOff is null
                ? $"Neither percentOff nor {amountsPath} is given; give exactly one of them."
                : $"Both percentOff and {amountsPath} are given; keep exactly one of them.");
        }

        if (percentOff is { } percent && (percent is < 1 or > 100 || percent != decimal.Truncate(percent)))
            findings.Bad(prefix + "percentOff", $"percentOff is {percent}; give a whole number from 1 to 100.");
        if (amountsOff is { } amounts)
            CheckAmounts(findings, amountsPath, amounts);
        if (durationInMonths is { } months
            && (months is < 1 or > MaxDurationInMonths || months != decimal.Truncate(months)))
        {
            findings.Bad(prefix + "durationInMonths",
                $"durationInMonths is {months}; give a whole number from 1 to {MaxDurationInMonths}, or null for "
                + "ever.");
        }
    }

    private static void CheckAmounts(Findings findings, string path, IReadOnlyList<Money> amounts)
    {
        if (amounts.Count == 0)
            findings.Bad(path, $"{path} is empty; give at least one amount.");
        for (var i = 0; i < amounts.Count; i++)
        {
            var (amount, currency) = amounts[i];
            ChargeAmounts.CheckMoney(findings, $"{path}[{i}]", amounts[i]);
            // It is taken off an amount due, which has no finer parts, unlike a unit price.
            var digits = Currencies.MinorUnitDigits(currency);
            if (Currencies.IsKnown(currency) && decimal.Round(amount, digits) != amount)
            {
                findings.Add(ErrorCode.InvalidArgumentError, $"{path}[{i}].amount",
                    $"{path}[{i}].amount is {amount}; an amount in {currency} has at most {digits} decimals.");
            }
        }

        foreach (var twice in amounts.GroupBy(m => m.Currency).Where(g => g.Count() > 1))
            findings.Bad(path, $"{path} has {twice.Count()} amounts in {twice.Key}; give one amount a currency.");
    }

    private static void CheckTexts(Findings findings, Coupon coupon)
    {
        if (string.IsNullOrWhiteSpace(coupon.Name))
            findings.Bad("name", $"name is empty; give 1 to {MaxNameLength} characters.");
        else if (coupon.Name.Length > MaxNameLength)
            findings.Bad("name", $"name has {coupon.Name.Length} characters; at most {MaxNameLength} are allowed.");
        TextLimits.Check(findings, "description", coupon.Description);
        findings.Include(Metadata.Check(coupon.Metadata));
    }

    private static Change<Coupon> Changed(EventType type, Coupon? before, Coupon after) =>
        new(after, [new(type, EntityKind.Coupon, after.Id, null, before, after)]);
}
