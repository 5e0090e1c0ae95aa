using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Catalog.Experiments;

/// <summary>What a caller sends to create an experiment; the id is fixed from then on.</summary>
public sealed record ExperimentDraft(string Id, string Name, ProductId ProductId)
{
    public string? Description { get; init; }
    public required string ControlGroupName { get; init; }
    public required string VariantGroupName { get; init; }
    public required decimal VariantPercentage { get; init; }
    public required ProductSettings VariantSettings { get; init; }
}

/// <summary>A partial update: absent or null = unchanged; only the description can be cleared.</summary>
public sealed record ExperimentEdit
{
    public string? Name { get; init; }
    public Optional<string> Description { get; init; }
    public ProductId? ProductId { get; init; }
    public string? ControlGroupName { get; init; }
    public string? VariantGroupName { get; init; }
    public decimal? VariantPercentage { get; init; }
    public ProductSettings? VariantSettings { get; init; }
}

/// <summary>What else an experiment is judged by.</summary>
public sealed record ExperimentFacts
{
    public bool IdIsTaken { get; init; }

    /// <summary>Another experiment has the name.</summary>
    public bool NameIsTaken { get; init; }

    /// <summary>The product that it is about; null when it does not exist.</summary>
    public Product? Product { get; init; }

    /// <summary>The latest version of the variant's start plan; null when it names none or an unknown one.</summary>
    public PackageVersion? StartPlan { get; init; }

    /// <summary>The same for the downgrade plan.</summary>
    public PackageVersion? DowngradePlan { get; init; }

    /// <summary>The experiment of the environment that runs; null when none does.</summary>
    public Experiment? Running { get; init; }
}

/// <summary>The life of an experiment: DRAFT, IN_PROGRESS, COMPLETED (spec subscriptions 16).</summary>
public static class ExperimentRules
{
    public static Result<Change<Experiment>> Create(ExperimentDraft draft, ExperimentFacts facts, Guid uid, Instant now)
    {
        var experiment = new Experiment
        {
            Uid = uid,
            Id = draft.Id,
            Name = draft.Name,
            Description = draft.Description,
            ProductId = draft.ProductId,
            ControlGroupName = draft.ControlGroupName,
            VariantGroupName = draft.VariantGroupName,
            VariantPercentage = draft.VariantPercentage,
            VariantSettings = draft.VariantSettings,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var findings = new Findings();
        PublicId.Check(findings, "id", draft.Id);
        Check(findings, experiment, facts);
        return (findings.ToRefusal() ?? Taken(experiment, facts)) is { } refusal
            ? refusal
            : Changed(EventType.ExperimentCreated, null, experiment);
    }

    /// <summary>Only a draft can be changed; sending what is stored changes nothing.</summary>
    public static Result<Change<Experiment>> Update(
        Experiment experiment, ExperimentEdit edit, ExperimentFacts facts, Instant now)
    {
        if (experiment.Status != ExperimentStatus.Draft)
            return WrongStatus(experiment, "only a draft can be changed; duplicate it and change the copy");
        var updated = experiment with
        {
            Name = edit.Name ?? experiment.Name,
            Description = edit.Description.Or(experiment.Description),
            ProductId = edit.ProductId ?? experiment.ProductId,
            ControlGroupName = edit.ControlGroupName ?? experiment.ControlGroupName,
            VariantGroupName = edit.VariantGroupName ?? experiment.VariantGroupName,
            VariantPercentage = edit.VariantPercentage ?? experiment.VariantPercentage,
            VariantSettings = edit.VariantSettings ?? experiment.VariantSettings,
        };
        var findings = new Findings();
        Check(findings, updated, facts);
        if ((findings.ToRefusal() ?? Taken(updated, facts)) is { } refusal)
            return refusal;
        return updated == experiment
            ? Change<Experiment>.None(experiment)
            : Changed(EventType.ExperimentUpdated, experiment, updated with { UpdatedAt = now });
    }

    /// <summary>
    /// From now on new customers are assigned. What it was created with is judged anew: the catalog moved on.
    /// </summary>
    public static Result<Change<Experiment>> Start(Experiment experiment, ExperimentFacts facts, Instant now)
    {
        if (experiment.Status != ExperimentStatus.Draft)
            return WrongStatus(experiment, "only a draft can be started; duplicate it and start the copy");
        if (facts.Running is { } running)
        {
            return new Refusal(ErrorCode.ExperimentAlreadyRunning,
                $"Experiment '{running.Id}' is in progress, and one runs at a time; "
                + $"stop it before starting '{experiment.Id}'.");
        }

        var findings = new Findings();
        Check(findings, experiment, facts);
        return findings.ToRefusal() is { } refusal
            ? refusal
            : Changed(EventType.ExperimentStarted, experiment, experiment with
            {
                Status = ExperimentStatus.InProgress,
                InitialSettings = facts.Product!.Settings,
                StartedAt = now,
                UpdatedAt = now,
            });
    }

    /// <summary>Nobody is assigned any more; those who were keep their group and its journey.</summary>
    public static Result<Change<Experiment>> Stop(Experiment experiment, Instant now) => experiment.IsRunning
        ? Changed(EventType.ExperimentStopped, experiment, experiment with
        {
            Status = ExperimentStatus.Completed,
            StoppedAt = now,
            UpdatedAt = now,
        })
        : WrongStatus(experiment, "only one in progress can be stopped");

    /// <summary>A draft like it, whatever its status.</summary>
    /// <param name="source">What is copied.</param>
    /// <param name="id">The copy's.</param>
    /// <param name="name">The copy's; names are unique.</param>
    /// <param name="facts">Whether both are free; the rest is judged when the copy is changed or started.</param>
    /// <param name="uid">The new row's.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<Change<Experiment>> Duplicate(
        Experiment source, string id, string name, ExperimentFacts facts, Guid uid, Instant now)
    {
        var copy = source with
        {
            Uid = uid,
            Id = id,
            Name = name,
            Status = ExperimentStatus.Draft,
            InitialSettings = null,
            StartedAt = null,
            StoppedAt = null,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var findings = new Findings();
        PublicId.Check(findings, "id", id);
        TextLimits.CheckRequired(findings, "name", name);
        return (findings.ToRefusal() ?? Taken(copy, facts)) is { } refusal
            ? refusal
            : Changed(EventType.ExperimentCreated, null, copy);
    }

    /// <summary>One that ran stays: customers are in its groups.</summary>
    public static Result<Change<Experiment>> Delete(Experiment experiment) =>
        experiment.Status == ExperimentStatus.Draft
        ? new Change<Experiment>(experiment, [Event(EventType.ExperimentDeleted, experiment, null)])
        : WrongStatus(experiment, "only a draft can be deleted, because customers are in the groups of this one");

    /// <summary>
    /// The refusal of what would disturb a running experiment; null when the one that runs is about another product.
    /// </summary>
    /// <param name="running">The one that runs; null when none does.</param>
    /// <param name="product">What would be changed.</param>
    /// <param name="what">The change, as in "publishing 'pro'".</param>
    public static Refusal? Disturbs(Experiment? running, ProductId product, string what) =>
        running?.ProductId == product
        ? new(ErrorCode.OperationNotAllowedDuringInProgressExperiment,
            $"Experiment '{running.Id}' on product '{product}' is in progress, and {what} would change what it "
            + "compares; stop it first.")
        : null;

    private static void Check(Findings findings, Experiment experiment, ExperimentFacts facts)
    {
        TextLimits.CheckRequired(findings, "name", experiment.Name);
        TextLimits.Check(findings, "description", experiment.Description);
        TextLimits.CheckRequired(findings, "controlGroupName", experiment.ControlGroupName);
        TextLimits.CheckRequired(findings, "variantGroupName", experiment.VariantGroupName);
        if (experiment.ControlGroupName == experiment.VariantGroupName)
        {
            findings.Bad("variantGroupName", $"Both groups are called '{experiment.VariantGroupName}'; "
                + "give each a name of its own.");
        }

        if (experiment.VariantPercentage is < 0 or > 100)
            findings.Bad("variantPercentage", $"variantPercentage is {experiment.VariantPercentage}; give 0 to 100.");
        if (facts.Product is not { } product)
        {
            findings.Add(ErrorCode.ProductNotFoundError, "productId",
                $"There is no product with the id '{experiment.ProductId}' in this environment; create it first.");
            return;
        }

        if (product.IsArchived)
        {
            findings.Add(ErrorCode.ProductNotPublishedError, "productId",
                $"Product '{product.Id}' is archived; unarchive it or name another one.");
        }

        ProductRules.CheckSettings(
            findings, product.Id, experiment.VariantSettings, facts.StartPlan, facts.DowngradePlan);
        if (experiment.JourneyOf(product.Settings) == product.Settings)
        {
            findings.Bad("productSettings",
                $"productSettings are those of product '{product.Id}', so both groups would go the same way; "
                + "change one of them.");
        }
    }

    private static Refusal? Taken(Experiment experiment, ExperimentFacts facts)
    {
        if (facts.IdIsTaken)
        {
            return new(ErrorCode.DuplicatedEntityNotAllowed,
                $"An experiment with the id '{experiment.Id}' exists already; choose another id.");
        }

        return facts.NameIsTaken
            ? new(ErrorCode.DuplicatedEntityNotAllowed,
                $"An experiment named '{experiment.Name}' exists already; choose another name.")
            : null;
    }

    private static Refusal WrongStatus(Experiment experiment, string remedy) => new(ErrorCode.ExperimentStatusError,
        $"Experiment '{experiment.Id}' is {Spelled(experiment.Status)}: {remedy}.");

    private static string Spelled(ExperimentStatus status) => status switch
    {
        ExperimentStatus.Draft => "DRAFT",
        ExperimentStatus.InProgress => "IN_PROGRESS",
        ExperimentStatus.Completed => "COMPLETED",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Not a status."),
    };

    private static Change<Experiment> Changed(EventType type, Experiment? before, Experiment after) =>
        new(after, [Event(type, before, after)]);

    private static DomainEvent Event(EventType type, Experiment? before, Experiment? after) =>
        new(type, EntityKind.Experiment, (after ?? before)!.Id, null, before, after);
}
