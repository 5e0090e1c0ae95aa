using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class CustomCurrencyRulesTests
{
    private static readonly CustomCurrencyDraft Draft = new(new("ai"), "AI credits")
    {
        Description = "What AI costs",
        Symbol = "@",
        Units = new("credit", "credits"),
    };

    private static CustomCurrency Stored => Create(Draft).Value.Value;

    private static Result<Change<CustomCurrency>> Create(CustomCurrencyDraft draft, bool taken = false, int active = 0) =>
        CustomCurrencyRules.Create(draft, taken, active, Given.Uid(9), Given.Now);

    [Fact]
    public void Currency_is_created_active()
    {
        var created = Create(Draft).Value;

        Assert.Equal(EventType.CustomCurrencyCreated, Assert.Single(created.Events).Type);
        Assert.False(created.Value.IsArchived);
        Assert.Equal(new CurrencyUnits("credit", "credits"), created.Value.Units);
    }

    [Fact]
    public void Hundred_are_the_most_and_an_active_id_is_taken()
    {
        Assert.Null(Create(Draft, active: 99).Refusal);
        Assert.Equal(ErrorCode.TooManyCustomCurrencies, Given.Code(Create(Draft, active: 100)));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(Create(Draft, taken: true)));
    }

    [Fact]
    public void Faulty_fields_are_refused()
    {
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Draft with { Id = new("-") })));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Draft with { DisplayName = "" })));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Draft with { Description = new('x', 256) })));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Draft with { Units = new("credit", "") })));
        Assert.Equal(
            ErrorCode.InvalidMetadataError,
            Given.Code(Create(Draft with { Metadata = new Dictionary<string, string> { [new('k', 41)] = "" } })));
    }

    [Fact]
    public void Update_changes_what_is_sent_and_empty_texts_clear()
    {
        var updated = CustomCurrencyRules.Update(
            Stored, new() { Description = "", Symbol = "", DisplayName = "Tokens" }, Given.Now).Value.Value;

        Assert.Equal(("Tokens", null, null), (updated.DisplayName, updated.Description, updated.Symbol));
        Assert.Equal(Stored.Units, updated.Units);
        Assert.True(CustomCurrencyRules.Update(Stored, new() { Symbol = "@" }, Given.Now).Value.IsNoChange);
        Assert.Equal(
            ErrorCode.EntityIsArchivedError,
            Given.Code(CustomCurrencyRules.Update(Stored with { ArchivedAt = Given.Now }, new(), Given.Now)));
    }

    [Fact]
    public void What_packages_use_is_not_archived()
    {
        var used = CustomCurrencyRules.Archive(Stored, [new(PackageKind.Plan, new("pro"), "Pro")], Given.Now).Refusal!;
        Assert.Equal(ErrorCode.IntegrityViolation, used.Code);
        Assert.Contains("pro", used.Message, StringComparison.Ordinal);

        var archived = CustomCurrencyRules.Archive(Stored, [], Given.Now).Value;
        Assert.Equal(Given.Now, archived.Value.ArchivedAt);
        Assert.True(CustomCurrencyRules.Archive(archived.Value, [], Given.Now).Value.IsNoChange);
    }

    [Fact]
    public void Unarchiving_needs_a_free_id_and_room()
    {
        var archived = Stored with { ArchivedAt = Given.Now };

        Assert.Equal(
            ErrorCode.DuplicatedEntityNotAllowed, Given.Code(CustomCurrencyRules.Unarchive(archived, true, 1, Given.Now)));
        Assert.Equal(
            ErrorCode.TooManyCustomCurrencies, Given.Code(CustomCurrencyRules.Unarchive(archived, false, 100, Given.Now)));
        Assert.Null(CustomCurrencyRules.Unarchive(archived, false, 1, Given.Now).Value.Value.ArchivedAt);
        Assert.True(CustomCurrencyRules.Unarchive(Stored, false, 1, Given.Now).Value.IsNoChange);
    }
}
