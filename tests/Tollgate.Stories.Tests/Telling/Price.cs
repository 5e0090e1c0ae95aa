namespace Tollgate.Stories.Tests.Telling;

/// <summary>Charges of plans and add-ons as the API takes them; amounts in USD unless a currency is named.</summary>
internal static class Price
{
    public static Dictionary<string, object?> Flat(decimal? monthly, decimal? annually = null, string currency = "usd") =>
        Model("FLAT_FEE", null, Periods(monthly, annually, currency));

    /// <summary>Committed units, paid in advance.</summary>
    public static Dictionary<string, object?> PerUnit(
        string feature, decimal? monthly, decimal? annually = null, int? blockSize = null, string currency = "usd",
        int? min = null, int? max = null)
    {
        var model = Model("PER_UNIT", feature, Periods(monthly, annually, currency, blockSize));
        if (min is not null)
            model["minUnitQuantity"] = min;
        if (max is not null)
            model["maxUnitQuantity"] = max;
        return model;
    }

    /// <summary>Pay as you go, in arrears.</summary>
    public static Dictionary<string, object?> Usage(
        string feature, decimal? monthly, decimal? annually = null, int? blockSize = null) =>
        Model("USAGE_BASED", feature, Periods(monthly, annually, "usd", blockSize));

    /// <summary>Credits overdrawn beyond <paramref name="included"/>, which the plan grants every month; null = as it grants already.</summary>
    public static Dictionary<string, object?> Overdrawn(
        string currency, int? included, decimal? monthly, decimal? annually = null, int? blockSize = null)
    {
        var model = Model("USAGE_BASED", null, Periods(monthly, annually, "usd", blockSize));
        model["currencyId"] = currency;
        if (included is not null)
            model["creditEntitlement"] = new { customCurrencyId = currency, amount = included, cadence = "MONTH" };
        return model;
    }

    /// <summary>Credits to buy whenever one likes.</summary>
    public static Dictionary<string, object?> TopUp(string currency, decimal monthly)
    {
        var model = Model("PER_UNIT", null, Periods(monthly, null, "usd"));
        model["topUpCustomCurrencyId"] = currency;
        return model.Once();
    }

    /// <summary>Monthly tiers of <paramref name="model"/>: (up to, unit price, flat price).</summary>
    public static Dictionary<string, object?> Tiered(
        string model, string feature, string mode, params (int? UpTo, decimal? Unit, decimal? Flat)[] tiers) =>
        new(Model(model, feature, [new() { ["billingPeriod"] = "MONTHLY", ["tiers"] = tiers.Select(Tier).ToList() }]))
        {
            ["tiersMode"] = mode,
        };

    /// <summary>Prices of the same charge for another country, after the default ones.</summary>
    public static Dictionary<string, object?> Localized(
        this Dictionary<string, object?> model, string country, decimal monthly, string currency)
    {
        var period = Period("MONTHLY", monthly, currency, null);
        period["billingCountryCode"] = country;
        ((List<Dictionary<string, object?>>)model["pricePeriods"]!).Add(period);
        return model;
    }

    /// <summary>Usage counts from 0 again every month; without this the running level is billed each time.</summary>
    public static Dictionary<string, object?> Monthly(this Dictionary<string, object?> model)
    {
        model["resetPeriod"] = "MONTH";
        return model;
    }

    /// <summary>Billed when bought, never again.</summary>
    public static Dictionary<string, object?> Once(this Dictionary<string, object?> model)
    {
        model["billingCadence"] = "ONE_OFF";
        return model;
    }

    private static Dictionary<string, object?> Model(
        string model, string? feature, List<Dictionary<string, object?>> periods)
    {
        var charge = new Dictionary<string, object?> { ["billingModel"] = model, ["pricePeriods"] = periods };
        if (feature is not null)
            charge["featureId"] = feature;
        return charge;
    }

    private static List<Dictionary<string, object?>> Periods(
        decimal? monthly, decimal? annually, string currency, int? blockSize = null)
    {
        var periods = new List<Dictionary<string, object?>>();
        if (monthly is { } month)
            periods.Add(Period("MONTHLY", month, currency, blockSize));
        if (annually is { } year)
            periods.Add(Period("ANNUALLY", year, currency, blockSize));
        return periods;
    }

    private static Dictionary<string, object?> Period(string period, decimal amount, string currency, int? blockSize)
    {
        var price = new Dictionary<string, object?>
        {
            ["billingPeriod"] = period,
            ["price"] = new { amount, currency },
        };
        if (blockSize is not null)
            price["blockSize"] = blockSize;
        return price;
    }

    private static Dictionary<string, object?> Tier((int? UpTo, decimal? Unit, decimal? Flat) given)
    {
        var tier = new Dictionary<string, object?>();
        if (given.UpTo is not null)
            tier["upTo"] = given.UpTo;
        if (given.Unit is { } unit)
            tier["unitPrice"] = new { amount = unit, currency = "usd" };
        if (given.Flat is { } flat)
            tier["flatPrice"] = new { amount = flat, currency = "usd" };
        return tier;
    }
}
