using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class CouponRulesTests
{
    private static readonly CouponDraft Percent = new("p20", "20 off") { PercentOff = 20, DurationInMonths = 3 };

    private static Result<Change<Coupon>> Create(CouponDraft draft, bool taken = false) =>
        CouponRules.Create(draft, taken, Given.Uid(8), Given.Now);

    private static CouponDraft Amounts(params (decimal Amount, string Currency)[] amounts) =>
        new("fix", "Fixed") { AmountsOff = [.. amounts.Select(a => new Money(a.Amount, a.Currency))] };

    private static Coupon Stored => Create(Percent).Value.Value;

    [Fact]
    public void Type_follows_from_the_discount()
    {
        var percent = Create(Percent).Value;
        Assert.Equal(EventType.CouponCreated, Assert.Single(percent.Events).Type);
        Assert.Equal(CouponType.Percentage, percent.Value.Type);
        Assert.Equal(CouponSource.Stigg, percent.Value.Source);
        Assert.Equal(CouponType.Fixed, Create(Amounts((10, "usd"), (9, "eur"))).Value.Value.Type);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void Whole_percentages_up_to_the_whole_are_taken(int percent) =>
        Assert.Null(Create(Percent with { PercentOff = percent }).Refusal);

    public static TheoryData<decimal> WrongPercentages => new(0m, 0.99m, -1m, 12.5m, 100.01m, 101m);

    [Theory]
    [MemberData(nameof(WrongPercentages))]
    public void Other_percentages_are_refused(decimal percent)
    {
        var refusal = Create(Percent with { PercentOff = percent }).Refusal!;
        Assert.Equal(ErrorCode.BadUserInput, refusal.Code);
        Assert.Equal("percentOff", Assert.Single(refusal.Fields).Path);
    }

    [Fact]
    public void Exactly_one_of_percentage_and_amounts_is_given()
    {
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Percent with { PercentOff = null })));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Percent with { AmountsOff = [new(1, "usd")] })));
    }

    [Fact]
    public void Amounts_are_one_a_currency_and_none_of_them_finer_than_money_is_paid()
    {
        Assert.Null(Create(Amounts((10.25m, "usd"), (1000, "jpy"))).Refusal);
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Amounts())));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Amounts((1, "usd"), (2, "eur"), (3, "usd")))));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Amounts((1, "xxx")))));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Create(Amounts((-1, "usd")))));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Create(Amounts((0.001m, "usd")))));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Create(Amounts((0.5m, "jpy")))));
    }

    [Fact]
    public void Duration_is_at_least_a_month_or_for_ever()
    {
        Assert.Null(Create(Percent with { DurationInMonths = null }).Refusal);
        Assert.Null(Create(Percent with { DurationInMonths = 1 }).Refusal);
        Assert.Null(Create(Percent with { DurationInMonths = 1_200 }).Refusal);
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Percent with { DurationInMonths = 0 })));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Percent with { DurationInMonths = 1_201 })));
    }

    [Fact]
    public void Texts_keep_their_limits_and_all_faults_are_told_at_once()
    {
        Assert.Null(Create(Percent with { Name = new string('n', 40), Description = new string('d', 255) }).Refusal);
        var refusal = Create(new("-", "")
        {
            Description = new string('d', 256),
            PercentOff = 0,
            DurationInMonths = 0,
        }).Refusal!;
        Assert.Equal(ErrorCode.BadUserInput, refusal.Code);
        Assert.Equal(
            ["id", "name", "description", "percentOff", "durationInMonths"], refusal.Fields.Select(f => f.Path));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Percent with { Name = new string('n', 41) })));
        Assert.Equal(ErrorCode.InvalidMetadataError, Given.Code(
            Create(Percent with { Metadata = new Dictionary<string, string> { [new('k', 41)] = "" } })));
    }

    [Fact]
    public void Id_is_taken_once() =>
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(Create(Percent, taken: true)));

    [Fact]
    public void Texts_can_be_changed_and_sending_what_is_stored_changes_nothing()
    {
        var later = Given.Now + NodaTime.Duration.FromDays(1);
        var changed = CouponRules.Update(Stored, new()
        {
            Name = "Twenty",
            Metadata = new Dictionary<string, string> { ["team"] = "growth" },
        }, later).Value;

        Assert.Equal(EventType.CouponUpdated, Assert.Single(changed.Events).Type);
        Assert.Equal(("Twenty", later), (changed.Value.Name, changed.Value.UpdatedAt));
        Assert.Equal((20m, 3), (changed.Value.PercentOff, changed.Value.DurationInMonths));
        Assert.True(CouponRules.Update(Stored, new() { Name = "20 off" }, later).Value.IsNoChange);
        Assert.Empty(CouponRules.Update(changed.Value, new() { Metadata = new(null) }, later).Value.Value.Metadata);
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(CouponRules.Update(Stored, new() { Name = " " }, later)));
    }

    [Fact]
    public void Archived_coupon_does_not_change_any_more_and_is_not_given()
    {
        var archived = CouponRules.Archive(Stored, Given.Now);

        Assert.Equal(EventType.CouponArchived, Assert.Single(archived.Events).Type);
        Assert.True(archived.Value.IsArchived);
        Assert.True(CouponRules.Archive(archived.Value, Given.Now).IsNoChange);
        Assert.Equal(ErrorCode.EntityIsArchivedError,
            Given.Code(CouponRules.Update(archived.Value, new() { Name = "x" }, Given.Now)));
        Assert.Equal(ErrorCode.ArchivedCouponCantBeApplied,
            CouponRules.CheckApplicable("p20", archived.Value, "couponId")?.Code);
        Assert.Equal(ErrorCode.CouponNotFound, CouponRules.CheckApplicable("p20", null, "couponId")?.Code);
        Assert.Null(CouponRules.CheckApplicable("p20", Stored, "couponId"));
    }
}
