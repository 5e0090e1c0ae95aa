using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog;

/// <summary>What a caller sends to create a credit currency; the id is fixed from then on.</summary>
public sealed record CustomCurrencyDraft(CurrencyId Id, string DisplayName)
{
    public string? Description { get; init; }
    public string? Symbol { get; init; }
    public CurrencyUnits? Units { get; init; }
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>
/// A partial update: absent = unchanged, null = cleared; an empty text clears description and symbol.
/// </summary>
public sealed record CustomCurrencyEdit
{
    public Optional<string> DisplayName { get; init; }
    public Optional<string> Description { get; init; }
    public Optional<string> Symbol { get; init; }
    public Optional<CurrencyUnits> Units { get; init; }
    public Optional<IReadOnlyDictionary<string, string>> Metadata { get; init; }
}

/// <summary>Creating, changing and archiving credit currencies (spec credits 2).</summary>
public static class CustomCurrencyRules
{
    /// <summary>Currencies of one environment that are not archived.</summary>
    public const int MaxActive = 100;

    /// <param name="draft">The currency as asked for.</param>
    /// <param name="idIsTaken">An active currency has the id; those archived give it free.</param>
    /// <param name="active">How many active ones the environment has.</param>
    /// <param name="uid">The new row's.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<Change<CustomCurrency>> Create(
        CustomCurrencyDraft draft, bool idIsTaken, int active, Guid uid, Instant now)
    {
        var currency = new CustomCurrency
        {
            Uid = uid,
            Id = draft.Id,
            DisplayName = draft.DisplayName,
            Description = NullIfEmpty(draft.Description),
            Symbol = NullIfEmpty(draft.Symbol),
            Units = draft.Units,
            Metadata = draft.Metadata ?? Metadata.Empty,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var findings = new Findings();
        PublicId.Check(findings, "id", draft.Id.Value);
        CheckTexts(findings, currency);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        if (idIsTaken)
            return Taken(draft.Id, "choose another id, or archive that one first");
        if (active >= MaxActive)
            return TooMany(draft.Id, active);
        return Changed(EventType.CustomCurrencyCreated, null, currency);
    }

    public static Result<Change<CustomCurrency>> Update(CustomCurrency currency, CustomCurrencyEdit edit, Instant now)
    {
        if (currency.IsArchived)
        {
            return new Refusal(ErrorCode.EntityIsArchivedError,
                $"Credit currency '{currency.Id}' is archived; unarchive it before changing it.");
        }

        var updated = currency with
        {
            DisplayName = edit.DisplayName.Or(currency.DisplayName) ?? "",
            Description = NullIfEmpty(edit.Description.Or(currency.Description)),
            Symbol = NullIfEmpty(edit.Symbol.Or(currency.Symbol)),
            Units = edit.Units.Or(currency.Units),
            Metadata = edit.Metadata.Or(currency.Metadata) ?? Metadata.Empty,
        };
        var findings = new Findings();
        CheckTexts(findings, updated);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        return ContentEquality.Same(currency.Metadata, updated.Metadata)
            && currency == updated with { Metadata = currency.Metadata }
            ? Change<CustomCurrency>.None(currency)
            : Changed(EventType.CustomCurrencyUpdated, currency, updated with { UpdatedAt = now });
    }

    /// <summary>Archiving twice changes nothing. Pools in the currency go on; it takes no new grants.</summary>
    /// <param name="currency">The currency.</param>
    /// <param name="dependants">Plans and add-ons whose latest version or draft refers to it.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<Change<CustomCurrency>> Archive(
        CustomCurrency currency, IReadOnlyCollection<CurrencyDependant> dependants, Instant now)
    {
        if (currency.IsArchived)
            return Change<CustomCurrency>.None(currency);
        if (dependants.Count > 0)
        {
            return new Refusal(ErrorCode.IntegrityViolation,
                $"Credit currency '{currency.Id}' is used by '{string.Join("', '", dependants.Select(d => d.Id))}'; "
                + "remove it there and publish first.");
        }

        return Changed(
            EventType.CustomCurrencyArchived, currency, currency with { ArchivedAt = now, UpdatedAt = now });
    }

    /// <summary>An active one stays as it is.</summary>
    /// <param name="currency">The currency.</param>
    /// <param name="idIsTaken">Another currency, an active one, has the id by now.</param>
    /// <param name="active">How many active ones the environment has.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<Change<CustomCurrency>> Unarchive(
        CustomCurrency currency, bool idIsTaken, int active, Instant now)
    {
        if (!currency.IsArchived)
            return Change<CustomCurrency>.None(currency);
        if (idIsTaken)
            return Taken(currency.Id, "archive that one first");
        if (active >= MaxActive)
            return TooMany(currency.Id, active);
        return Changed(
            EventType.CustomCurrencyUnarchived, currency, currency with { ArchivedAt = null, UpdatedAt = now });
    }

    private static Refusal Taken(CurrencyId id, string remedy) => new(ErrorCode.DuplicatedEntityNotAllowed,
        $"An active credit currency with the id '{id}' exists already; {remedy}.");

    private static Refusal TooMany(CurrencyId id, int active) => new(ErrorCode.TooManyCustomCurrencies,
        $"The environment has {active} active credit currencies, and at most {MaxActive} are allowed; "
        + $"archive one before adding '{id}'.");

    private static string? NullIfEmpty(string? text) => text is "" ? null : text;

    private static void CheckTexts(Findings findings, CustomCurrency currency)
    {
        TextLimits.CheckRequired(findings, "displayName", currency.DisplayName);
        TextLimits.Check(findings, "description", currency.Description);
        TextLimits.Check(findings, "symbol", currency.Symbol);
        if (currency.Units is { } units)
        {
            TextLimits.CheckRequired(findings, "units.singular", units.Singular);
            TextLimits.CheckRequired(findings, "units.plural", units.Plural);
        }

        findings.Include(Metadata.Check(currency.Metadata));
    }

    private static Change<CustomCurrency> Changed(EventType type, CustomCurrency? before, CustomCurrency after) =>
        new(after, [new(type, EntityKind.CustomCurrency, after.Id.Value, null, before, after)]);
}
