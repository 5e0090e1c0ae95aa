using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class ExperimentRulesTests
{
    private static readonly ProductSettings OnFree = new()
    {
        StartSetup = SubscriptionStartSetup.FreePlan,
        StartPlanId = new("free"),
    };

    private static readonly ExperimentFacts Facts = new() { Product = Given.Product(), StartPlan = Given.FreePlan() };

    private static readonly ExperimentDraft Draft = new("x", "Free first", Given.ProductId)
    {
        ControlGroupName = "As now",
        VariantGroupName = "With trial",
        VariantPercentage = 50,
        VariantSettings = OnFree,
    };

    internal static Experiment Drafted() => ExperimentRules.Create(Draft, Facts, Given.Uid(9), Given.Now).Value.Value;

    private static Experiment Started() => ExperimentRules.Start(Drafted(), Facts, Given.Now).Value.Value;

    private static ErrorCode? Creating(ExperimentDraft draft, ExperimentFacts? facts = null) =>
        Given.Code(ExperimentRules.Create(draft, facts ?? Facts, Given.Uid(9), Given.Now));

    [Fact]
    public void Experiment_lives_from_draft_to_completed()
    {
        var created = ExperimentRules.Create(Draft, Facts, Given.Uid(9), Given.Now).Value;
        var started = ExperimentRules.Start(created.Value, Facts, Given.Now + Duration.FromHours(1)).Value;
        var stopped = ExperimentRules.Stop(started.Value, Given.Now + Duration.FromHours(2)).Value;

        Assert.Equal(ExperimentStatus.Draft, created.Value.Status);
        Assert.Null(created.Value.InitialSettings);
        Assert.True(started.Value.IsRunning);
        Assert.Equal(Given.Now + Duration.FromHours(1), started.Value.StartedAt);
        Assert.Equal(Given.Product().Settings, started.Value.InitialSettings);
        Assert.Equal(ExperimentStatus.Completed, stopped.Value.Status);
        Assert.Equal(Given.Now + Duration.FromHours(2), stopped.Value.StoppedAt);
        Assert.Equal(
            [EventType.ExperimentCreated, EventType.ExperimentStarted, EventType.ExperimentStopped],
            new[] { created, started, stopped }.Select(change => Assert.Single(change.Events).Type));
    }

    [Fact]
    public void Id_and_name_are_unique()
    {
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Creating(Draft, Facts with { IdIsTaken = true }));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Creating(Draft, Facts with { NameIsTaken = true }));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(ExperimentRules.Update(
            Drafted(), new() { Name = "Other" }, Facts with { NameIsTaken = true }, Given.Now)));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(ExperimentRules.Duplicate(
            Drafted(), "y", "Free first", new() { NameIsTaken = true }, Given.Uid(8), Given.Now)));
    }

    [Fact]
    public void Every_fault_of_the_input_is_found()
    {
        var refusal = ExperimentRules.Create(
            Draft with { Id = "no id", Name = " ", VariantGroupName = "As now", VariantPercentage = 100.01m },
            Facts,
            Given.Uid(9),
            Given.Now).Refusal!;

        Assert.Equal(ErrorCode.BadUserInput, refusal.Code);
        Assert.Equal(["id", "name", "variantGroupName", "variantPercentage"], refusal.Fields.Select(f => f.Path));
    }

    [Theory]
    [InlineData(-0.01, false)]
    [InlineData(0, true)]
    [InlineData(100, true)]
    [InlineData(100.01, false)]
    public void Percentage_is_from_0_to_100(decimal percentage, bool isFine) =>
        Assert.Equal(isFine ? null : ErrorCode.BadUserInput, Creating(Draft with { VariantPercentage = percentage }));

    [Fact]
    public void Variant_must_differ_from_the_product()
    {
        var onFree = Facts with { Product = Given.Product(OnFree) };
        var patient = Given.Product(OnFree with { DowngradeAtEndOfBillingPeriod = true, TruesUpAddedUnits = true });

        Assert.Equal(ErrorCode.BadUserInput, Creating(Draft, onFree));
        // What an experiment cannot set makes no difference.
        Assert.Equal(ErrorCode.BadUserInput, Creating(Draft, Facts with { Product = patient }));
        Assert.Null(Creating(Draft with { VariantSettings = OnFree with { CancellationTime = CancellationTime.EndOfBillingPeriod } }, onFree));
        // The product may have become like the variant since the draft.
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(ExperimentRules.Start(Drafted(), onFree, Given.Now)));
    }

    [Fact]
    public void Product_and_plans_must_be_usable()
    {
        Assert.Equal(ErrorCode.ProductNotFoundError, Creating(Draft, Facts with { Product = null }));
        Assert.Equal(ErrorCode.ProductNotPublishedError,
            Creating(Draft, Facts with { Product = Given.Product() with { IsArchived = true } }));
        Assert.Equal(ErrorCode.PlanNotFound, Creating(Draft, Facts with { StartPlan = null }));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(ExperimentRules.Start(
            Drafted(), Facts with { StartPlan = Given.FreePlan() with { Status = PackageStatus.Archived } }, Given.Now)));
    }

    [Fact]
    public void Only_a_draft_is_changed_started_or_deleted_and_only_a_running_one_stopped()
    {
        var completed = ExperimentRules.Stop(Started(), Given.Now).Value.Value;

        foreach (var experiment in new[] { Started(), completed })
        {
            Assert.Equal(ErrorCode.ExperimentStatusError,
                Given.Code(ExperimentRules.Update(experiment, new() { Name = "N" }, Facts, Given.Now)));
            Assert.Equal(ErrorCode.ExperimentStatusError, Given.Code(ExperimentRules.Start(experiment, Facts, Given.Now)));
            Assert.Equal(ErrorCode.ExperimentStatusError, Given.Code(ExperimentRules.Delete(experiment)));
        }

        Assert.Equal(ErrorCode.ExperimentStatusError, Given.Code(ExperimentRules.Stop(Drafted(), Given.Now)));
        Assert.Equal(ErrorCode.ExperimentStatusError, Given.Code(ExperimentRules.Stop(completed, Given.Now)));
        Assert.Equal(EventType.ExperimentDeleted, Assert.Single(ExperimentRules.Delete(Drafted()).Value.Events).Type);
    }

    [Fact]
    public void One_runs_at_a_time() => Assert.Equal(
        ErrorCode.ExperimentAlreadyRunning,
        Given.Code(ExperimentRules.Start(Drafted(), Facts with { Running = Started() with { Id = "y" } }, Given.Now)));

    [Fact]
    public void Edit_changes_what_it_names_and_what_is_stored_already_changes_nothing()
    {
        var drafted = Drafted();
        var later = Given.Now + Duration.FromMinutes(1);

        var changed = ExperimentRules.Update(
            drafted, new() { Description = "Why", VariantPercentage = 20 }, Facts, later).Value;
        var same = ExperimentRules.Update(changed.Value, new() { VariantPercentage = 20 }, Facts, later).Value;

        Assert.Equal(drafted with { Description = "Why", VariantPercentage = 20, UpdatedAt = later }, changed.Value);
        Assert.Equal(EventType.ExperimentUpdated, Assert.Single(changed.Events).Type);
        Assert.True(same.IsNoChange);
    }

    [Fact]
    public void Copy_of_a_completed_one_is_a_draft()
    {
        var completed = ExperimentRules.Stop(Started(), Given.Now).Value.Value;
        var later = Given.Now + Duration.FromDays(1);

        var copy = ExperimentRules.Duplicate(completed, "y", "Again", new(), Given.Uid(8), later).Value.Value;

        Assert.Equal(
            Drafted() with { Uid = Given.Uid(8), Id = "y", Name = "Again", CreatedAt = later, UpdatedAt = later }, copy);
        Assert.Equal(ErrorCode.BadUserInput,
            Given.Code(ExperimentRules.Duplicate(completed, "no id", "", new(), Given.Uid(8), later)));
    }

    [Fact]
    public void Running_experiment_holds_back_changes_of_its_product_only()
    {
        Assert.Equal(ErrorCode.OperationNotAllowedDuringInProgressExperiment,
            ExperimentRules.Disturbs(Started(), Given.ProductId, "publishing 'pro'")?.Code);
        Assert.Null(ExperimentRules.Disturbs(Started(), new("other"), "publishing 'pro'"));
        Assert.Null(ExperimentRules.Disturbs(null, Given.ProductId, "publishing 'pro'"));
    }
}
