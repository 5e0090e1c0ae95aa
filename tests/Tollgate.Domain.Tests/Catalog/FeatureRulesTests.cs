using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class FeatureRulesTests
{
    private static readonly FeatureUse Unused = new(new HashSet<string>(), false, false);
    private static readonly Instant Later = Given.Now + Duration.FromDays(1);

    private static Result<Change<Feature>> Create(
        FeatureType type, MeterType? meterType = null, Func<FeatureDraft, FeatureDraft>? with = null,
            bool taken = false)
    {
        FeatureDraft draft = new() { Id = new("f"), DisplayName = "F", Type = type, MeterType = meterType };
        return FeatureRules.Create((with ?? (d => d))(draft), taken, Given.Uid(1), Given.Now);
    }

    private static Meter Counting(ConditionOperation operation = ConditionOperation.Equals, string? value = "call",
        IReadOnlyList<string>? values = null) =>
        new(new(AggregationFunction.Count, null), [new([new("eventName", operation, value, values)])]);

    private static Result<Change<Feature>> WithMeter(Meter meter) =>
        Create(FeatureType.Number, MeterType.Incremental, d => d with { Meter = meter });

    [Fact]
    public void Only_a_feature_that_nothing_ever_named_is_deleted()
    {
        var feature = Create(FeatureType.Boolean).Value.Value;
        var refused = FeatureRules.Delete(feature, wasUsed: true).Refusal!;
        var deleted = Assert.Single(FeatureRules.Delete(feature, wasUsed: false).Value.Events);

        Assert.Equal(ErrorCode.CannotDeleteFeatureError, refused.Code);
        Assert.Equal("f", refused.Details["refId"]);
        Assert.Equal((EventType.FeatureDeleted, feature, (object?)null), (deleted.Type, deleted.Before, deleted.After));
    }

    [Fact]
    public void The_four_kinds_are_created_with_their_event()
    {
        var created = Create(FeatureType.Number, MeterType.Fluctuating).Value;

        Assert.True(created.Value.IsMetered);
        Assert.Equal(EventType.FeatureCreated, Assert.Single(created.Events).Type);
        Assert.Null(Create(FeatureType.Boolean).Refusal);
        Assert.Null(Create(FeatureType.Number).Refusal);
        Assert.Null(Create(FeatureType.Enum, with: d => d with { EnumConfiguration = [new("a", "A")] }).Refusal);
    }

    [Fact]
    public void Wrong_creations_are_refused_with_their_code()
    {
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(Create(FeatureType.Boolean, taken: true)));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(FeatureType.Boolean,
            with: d => d with { Id = new("-") })));
        Assert.Equal(ErrorCode.MeteringNotAvailableForFeatureType,
            Given.Code(Create(FeatureType.Boolean, MeterType.Incremental)));
        Assert.Equal(ErrorCode.MeterMustBeAssociatedToMeteredFeature,
            Given.Code(Create(FeatureType.Number, with: d => d with { Meter = Counting() })));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(FeatureType.Enum)));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(
            Create(FeatureType.Enum, with: d => d with { EnumConfiguration = [new("a", "A"), new("a", "B")] })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(
            Create(FeatureType.Number, with: d => d with
            {
                UnitTransformation = new(10, RoundingDirection.Up, null,
                null)
            })));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Create(FeatureType.Number, MeterType.Incremental,
            d => d with { UnitTransformation = new(0, RoundingDirection.Up, null, null) })));
    }

    [Theory]
    [InlineData(FeatureType.Boolean, "BOOLEAN")]
    [InlineData(FeatureType.Enum, "ENUM")]
    public void What_cannot_be_metered_says_of_which_type_it_is(FeatureType type, string symbol)
    {
        var refusal = Create(type, with: d => d with
        {
            EnumConfiguration = type == FeatureType.Enum ? [new("a", "A")] : null,
            Meter = Counting(),
        }).Refusal!;

        Assert.Equal(ErrorCode.MeteringNotAvailableForFeatureType, refusal.Code);
        Assert.Equal("meter", Assert.Single(refusal.Fields).Path);
        Assert.Equal(symbol, refusal.Details["featureType"]);
    }

    [Fact]
    public void An_import_has_one_to_a_thousand_rows()
    {
        Assert.Null(FeatureImport.CheckCall(1));
        Assert.Null(FeatureImport.CheckCall(1_000));
        Assert.Contains("features has 0 rows", FeatureImport.CheckCall(0)!.Message, StringComparison.Ordinal);
        Assert.Contains("send 1 to 1000", FeatureImport.CheckCall(1_001)!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_uses_a_feature_by_its_entitlement_and_by_its_charges()
    {
        var calls = new FeatureId("calls");
        var plan = Given.Plan("p", PricingType.Paid);
        var priced = plan with { OverageCharges = [Given.Charge(BillingModel.UsageBased, 1) with { FeatureId = calls }] };
        var burning = plan with { Charges = [Given.Charge(BillingModel.CreditBased, 1) with { FeatureId = calls }] };

        Assert.Null(FeatureUsage.Of(plan, calls));
        Assert.Null(FeatureUsage.Of(priced, new("other")));
        Assert.Equal(new FeatureUsage(priced, null, HasCharge: true, IsCreditConsumption: false), FeatureUsage.Of(priced, calls));
        Assert.Equal(new FeatureUsage(burning, null, HasCharge: false, IsCreditConsumption: true), FeatureUsage.Of(burning, calls));
    }

    [Fact]
    public void Meters_must_be_well_formed()
    {
        Assert.Null(WithMeter(Counting()).Refusal);
        Assert.Null(WithMeter(Counting(ConditionOperation.In, null, ["a"])).Refusal);
        Assert.Null(WithMeter(Counting(ConditionOperation.IsNull, null)).Refusal);
        Meter[] broken =
        [
            new(new(AggregationFunction.Sum, null), Counting().Filters),
            new(new(AggregationFunction.Count, null), []),
            new(new(AggregationFunction.Count, null), [new([])]),
            Counting(ConditionOperation.In, null, []),
            Counting(ConditionOperation.In, "a", ["a"]),
            Counting(ConditionOperation.IsNull, "a"),
            Counting(ConditionOperation.Equals, null),
            Counting(ConditionOperation.Equals, "a", ["a"]),
        ];
        Assert.All(broken, meter => Assert.Equal(ErrorCode.BadUserInput, Given.Code(WithMeter(meter))));
    }

    [Fact]
    public void An_update_keeps_what_is_in_use_and_ignores_what_is_the_same()
    {
        var region = Given.Feature(new("region"), FeatureType.Enum);
        var seats = Given.Feature(Given.Seats);
        var inUse = new FeatureUse(new HashSet<string> { "us" }, true, true);
        FeatureEdit onlyEu = new() { EnumConfiguration = new([new EnumValue("eu", "EU")]) };
        FeatureEdit transform = new()
        {
            UnitTransformation = new(new UnitTransformation(10, RoundingDirection.Up,
            null, null))
        };

        Assert.Equal(ErrorCode.IntegrityViolation, Given.Code(FeatureRules.Update(region, onlyEu, inUse, Later)));
        Assert.Single(FeatureRules.Update(region, onlyEu, Unused, Later).Value.Value.EnumConfiguration!);
        Assert.Equal(ErrorCode.CannotUpdateUnitTransformationError,
            Given.Code(FeatureRules.Update(seats, transform, inUse, Later)));
        Assert.Equal(Later, FeatureRules.Update(seats, transform, Unused, Later).Value.Value.UpdatedAt);
        Assert.True(FeatureRules.Update(region, new()
        {
            EnumConfiguration = new([new EnumValue("eu", "EU"), new("us", "US")]),
            DisplayName = new("region"),
        }, inUse, Later).Value.IsNoChange);
    }

    [Fact]
    public void Archiving_and_unarchiving_are_idempotent_and_restore_the_status()
    {
        var seats = Given.Feature(Given.Seats) with { Status = FeatureStatus.New };

        Assert.Equal(ErrorCode.CannotArchiveFeatureError,
            Given.Code(FeatureRules.Archive(seats, Unused with { InLatestPackage = true }, Later)));
        var archived = FeatureRules.Archive(seats, Unused, Later).Value.Value;
        Assert.True(archived.IsArchived);
        Assert.True(FeatureRules.Archive(archived, Unused, Later).Value.IsNoChange);
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(FeatureRules.Update(archived, new(), Unused, Later)));
        Assert.Equal(FeatureStatus.New, FeatureRules.Unarchive(archived, Later).Value.Value.Status);
        Assert.True(FeatureRules.Unarchive(seats, Later).Value.IsNoChange);
    }
}
