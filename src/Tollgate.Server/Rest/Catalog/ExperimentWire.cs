using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Experiments between their wire shape and the domain.</summary>
internal static class ExperimentWire
{
    public static RestExperiment ToRest(Experiment experiment) => new()
    {
        Id = experiment.Id,
        Name = experiment.Name,
        Description = experiment.Description,
        ProductId = experiment.ProductId.Value,
        ControlGroupName = experiment.ControlGroupName,
        VariantGroupName = experiment.VariantGroupName,
        VariantPercentage = experiment.VariantPercentage,
        ProductSettings = ProductWire.ToRest(experiment.VariantSettings),
        InitialProductSettings = experiment.InitialSettings is { } initial ? ProductWire.ToRest(initial) : null,
        Status = Wire.Symbol(experiment.Status),
        StartedAt = Wire.Instant(experiment.StartedAt),
        StoppedAt = Wire.Instant(experiment.StoppedAt),
        CreatedAt = Wire.Instant(experiment.CreatedAt),
        UpdatedAt = Wire.Instant(experiment.UpdatedAt),
    };

    public static RestExperimentInfo ToRest(ExperimentInfo info) =>
        new(info.Id, info.Name, info.GroupName, Wire.Symbol(info.Group));

    public static RestExperimentInfo? ToRestOrNull(ExperimentInfo? info) => info is { } given ? ToRest(given) : null;

    public static RestCustomerExperiment ToRest(AssignedCustomer assigned) => new(
        assigned.Customer.Id.Value,
        assigned.Customer.IsExcludedFromExperiments,
        ToRestOrNull(assigned.Customer.Experiment),
        [.. assigned.Subscriptions.Select(
            s => new RestSubscriptionExperiment(s.Id.Value, ToRestOrNull(s.Experiment)))]);

    public static RestExperimentStatistics ToRest(ExperimentStatistics statistics) => new(
        statistics.Experiment.Id,
        Wire.Symbol(statistics.Experiment.Status),
        ToRest(statistics.Experiment.ControlGroupName, statistics.Control),
        ToRest(statistics.Experiment.VariantGroupName, statistics.Variant));

    public static ExperimentDraft DraftFromRest(JsonElement body) => new(
        body.Text("id"), body.Text("name"), new(body.Text("productId")))
    {
        Description = body.TextOrNull("description"),
        ControlGroupName = body.Text("controlGroupName"),
        VariantGroupName = body.Text("variantGroupName"),
        VariantPercentage = body.GetProperty("variantPercentage").GetDecimal(),
        VariantSettings = ProductWire.SettingsFromRest(body.GetProperty("productSettings")),
    };

    public static ExperimentEdit EditFromRest(JsonElement body) => new()
    {
        Name = body.TextOrNull("name"),
        Description = body.OptionalText("description"),
        ProductId = body.TextOrNull("productId") is { } product ? new ProductId(product) : null,
        ControlGroupName = body.TextOrNull("controlGroupName"),
        VariantGroupName = body.TextOrNull("variantGroupName"),
        VariantPercentage = body.NumberOrNull("variantPercentage"),
        VariantSettings = body.Property("productSettings") is { } settings
            ? ProductWire.SettingsFromRest(settings)
            : null,
    };

    private static RestExperimentGroup ToRest(string name, GroupStatistics group) => new()
    {
        GroupName = name,
        Customers = group.Customers,
        PayingCustomers = group.PayingCustomers,
        Conversion = group.Conversion,
        Subscriptions = group.Subscriptions,
        PaidSubscriptions = group.PaidSubscriptions,
        Revenue = [.. group.Revenue.Select(sum => new RestExperimentRevenue(sum.Key, sum.Value))],
    };
}
