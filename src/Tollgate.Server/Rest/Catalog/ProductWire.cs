using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Products;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>How products look on REST.</summary>
internal static class ProductWire
{
    private const string Published = "PUBLISHED";
    private const string Archived = "ARCHIVED";

    public static RestProduct ToRest(Product product) => new()
    {
        Id = product.Id.Value,
        CreatedAt = Wire.Instant(product.CreatedAt),
        Description = product.Description,
        DisplayName = product.DisplayName,
        Metadata = product.Metadata,
        MultipleSubscriptions = product.MultipleSubscriptions,
        Status = product.IsArchived ? Archived : Published,
        UpdatedAt = Wire.Instant(product.UpdatedAt),
        ProductSettings = ToRest(product.Settings),
    };

    public static RestProductSettings ToRest(ProductSettings settings) => new()
    {
        SubscriptionCancellationTime = Wire.Symbol(settings.CancellationTime),
        SubscriptionEndSetup = Wire.Symbol(settings.EndSetup),
        SubscriptionStartSetup = Wire.Symbol(settings.StartSetup),
        DowngradePlanId = settings.DowngradePlanId?.Value,
        ProrateAtEndOfBillingPeriod = settings.ProrateAtEndOfBillingPeriod,
        SubscriptionStartPlanId = settings.StartPlanId?.Value,
    };

    public static RestProductDetails ToRest(ProductDetails details)
    {
        var product = details.Product;
        return new()
        {
            Id = product.Id.Value,
            DisplayName = product.DisplayName,
            Description = product.Description,
            Status = product.IsArchived ? Archived : Published,
            IsDefaultProduct = product.IsDefault,
            MultipleSubscriptions = product.MultipleSubscriptions,
            HasSubscriptions = details.HasSubscriptions,
            ProductSettings = ToRest(product.Settings),
            DowngradeAtEndOfBillingPeriod = product.Settings.DowngradeAtEndOfBillingPeriod,
            TruesUpAddedUnits = product.Settings.TruesUpAddedUnits,
            UsageResetCutoffRule = new(Wire.Symbol(product.UsageResetCutoff)),
            AutoCancellationRules = [.. product.AutoCancellationRules.Select(rule =>
                new RestAutoCancellationRule(rule.SourcePlanId.Value, rule.TargetPlanId.Value))],
            PlanIds = IdsOf(details, PackageKind.Plan),
            AddonIds = IdsOf(details, PackageKind.Addon),
            Metadata = product.Metadata,
            CreatedAt = Wire.Instant(product.CreatedAt),
            UpdatedAt = Wire.Instant(product.UpdatedAt),
        };
    }

    /// <summary>The wanted values of the archived flag; null when no status is asked for.</summary>
    public static IReadOnlyCollection<bool>? ArchivedOf(IReadOnlyList<string> statuses) =>
        statuses.Count == 0 ? null : [.. statuses.Select(status => status == Archived).Distinct()];

    public static ProductDraft DraftFromRest(JsonElement body) => new(new(body.Text("id")), body.Text("displayName"))
    {
        Description = body.TextOrNull("description"),
        MultipleSubscriptions = body.FlagOrNull("multipleSubscriptions") ?? false,
        Metadata = body.MetadataOrNull(),
    };

    public static ProductEdit EditFromRest(JsonElement body) => new()
    {
        DisplayName = body.OptionalText("displayName"),
        Description = body.OptionalText("description"),
        Metadata = body.OptionalMetadata(),
        MultipleSubscriptions = body.FlagOrNull("multipleSubscriptions"),
        Settings = body.Property("productSettings") is { } settings ? SettingsFromRest(settings) : null,
        UsageResetCutoff = body.Property("usageResetCutoffRule")?.Member<UsageResetCutoff>("behavior"),
    };

    public static ProductCopyInput CopyFromRest(JsonElement body) => new(new ProductId(body.Text("targetId")))
    {
        DisplayName = body.OptionalText("displayName"),
        Description = body.OptionalText("description"),
    };

    /// <summary>Our own update, of what the compatible one lacks.</summary>
    public static ProductEdit OwnEditFromRest(JsonElement body) => new()
    {
        DowngradeAtEndOfBillingPeriod = body.FlagOrNull("downgradeAtEndOfBillingPeriod"),
        TruesUpAddedUnits = body.FlagOrNull("truesUpAddedUnits"),
        AutoCancellationRules = body.ListOrNull("autoCancellationRules", rule => new AutoCancellationRule(
            new(rule.Text("sourcePlanId")), new(rule.Text("targetPlanId")))),
    };

    private static IReadOnlyList<string> IdsOf(ProductDetails details, PackageKind kind) =>
        [.. details.Packages.Where(p => p.Kind == kind && p.Status != PackageStatus.Archived).Select(p => p.Id.Value)];

    public static ProductSettings SettingsFromRest(JsonElement given) => new()
    {
        CancellationTime = given.Member<CancellationTime>("subscriptionCancellationTime"),
        EndSetup = given.Member<SubscriptionEndSetup>("subscriptionEndSetup"),
        StartSetup = given.Member<SubscriptionStartSetup>("subscriptionStartSetup"),
        DowngradePlanId = given.TextOrNull("downgradePlanId") is { } downgrade ? new PackageId(downgrade) : null,
        ProrateAtEndOfBillingPeriod = given.FlagOrNull("prorateAtEndOfBillingPeriod"),
        StartPlanId = given.TextOrNull("subscriptionStartPlanId") is { } start ? new PackageId(start) : null,
    };
}
