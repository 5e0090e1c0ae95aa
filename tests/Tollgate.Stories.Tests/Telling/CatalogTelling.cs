namespace Tollgate.Stories.Tests.Telling;

/// <summary>Features, plans and add-ons of a story, in one line each.</summary>
internal static class CatalogTelling
{
    /// <summary>A numeric feature; <paramref name="meter"/> is INCREMENTAL, FLUCTUATING or None.</summary>
    public static Task MeterAsync(this Story story, string id, string meter = "INCREMENTAL") =>
        story.PostAsync("/api/v1/features", new
        {
            id,
            displayName = PackageTale.Name(id),
            featureType = "NUMBER",
            meterType = meter,
            featureUnits = "unit",
            featureUnitsPlural = "units",
        });

    public static async Task PlanAsync(this Story story, PackageTale plan)
    {
        var request = Named(plan);
        if (plan.Trial is not null)
            request["defaultTrialConfig"] = plan.Trial;
        if (plan.Parent is not null)
            request["parentPlanId"] = plan.Parent;
        await story.PostAsync("/api/v1/plans", request);
        await FillAsync(story, "plans", plan);
        if (plan.Addons.Count > 0)
            await story.PatchAsync($"/api/v1/plans/{plan.Id}", new { compatibleAddonIds = plan.Addons });
        await PublishAsync(story, "plans", plan.Id);
    }

    public static async Task AddonAsync(this Story story, PackageTale addon, int? maxQuantity = null)
    {
        var request = Named(addon);
        if (maxQuantity is not null)
            request["maxQuantity"] = maxQuantity;
        await story.PostAsync("/api/v1/addons", request);
        await FillAsync(story, "addons", addon);
        await PublishAsync(story, "addons", addon.Id);
    }

    /// <summary>Charges of a draft, all of them.</summary>
    public static Task PriceAsync(this Story story, string kind, PackageTale package)
    {
        var charges = new Dictionary<string, object?>
        {
            ["pricingType"] = package.PricingType,
            ["pricingModels"] = package.Charges,
        };
        if (package.Overages.Count > 0)
            charges["overagePricingModels"] = package.Overages;
        if (package.OverageBilling is not null)
            charges["overageBillingPeriod"] = package.OverageBilling;
        if (package.MinimumSpend.Count > 0)
        {
            charges["minimumSpend"] = package.MinimumSpend.Select(m => new
            {
                billingPeriod = m.Period,
                minimum = new { amount = m.Amount, currency = "usd" },
            }).ToList();
        }

        return story.PatchAsync($"/api/v1/{kind}/{package.Id}", new { charges });
    }

    /// <summary>A new version of a published plan: other charges, other limits, or both.</summary>
    public static async Task RepublishAsync(this Story story, PackageTale plan, string migration = "NEW_CUSTOMERS")
    {
        await story.PostAsync($"/api/v1/plans/{plan.Id}/draft", new { });
        if (plan.Charges.Count > 0)
            await story.PriceAsync("plans", plan);
        foreach (var limit in plan.Limits)
        {
            var change = new Dictionary<string, object?>(limit);
            change.Remove("id");
            await story.PatchAsync($"/api/v1/plans/{plan.Id}/entitlements/{limit["id"]}", change);
        }

        await PublishAsync(story, "plans", plan.Id, migration);
    }

    public static Task PublishAsync(this Story story, string kind, string id, string migration = "NEW_CUSTOMERS") =>
        story.PostAsync($"/api/v1/{kind}/{id}/publish", new { migrationType = migration });

    public static Task CouponAsync(
        this Story story, string id, decimal? percent = null, int? months = null,
        params (decimal Amount, string Currency)[] off) => story.PostAsync("/api/v1/coupons", new
        {
            id,
            name = PackageTale.Name(id),
            percentOff = percent,
            amountsOff = percent is null ? off.Select(o => new { amount = o.Amount, currency = o.Currency }) : null,
            durationInMonths = months,
            description = (string?)null,
            metadata = (object?)null,
        });

    private static Dictionary<string, object?> Named(PackageTale package) => new()
    {
        ["id"] = package.Id,
        ["displayName"] = package.DisplayName,
        ["productId"] = package.Product,
        ["pricingType"] = package.PricingType,
    };

    private static async Task FillAsync(Story story, string kind, PackageTale package)
    {
        if (package.Limits.Count > 0)
            await story.PostAsync($"/api/v1/{kind}/{package.Id}/entitlements", new { entitlements = package.Limits });
        if (package.Charges.Count + package.Overages.Count > 0)
            await story.PriceAsync(kind, package);
    }
}
