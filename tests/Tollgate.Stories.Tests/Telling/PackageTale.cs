namespace Tollgate.Stories.Tests.Telling;

/// <summary>A plan or add-on to make; its display name is the id with a capital letter.</summary>
internal sealed record PackageTale(string Id, params IReadOnlyList<Dictionary<string, object?>> Charges)
{
    /// <summary>By default PAID when it has charges, else FREE.</summary>
    public string? Type { get; init; }
    public string Product { get; init; } = "product-default";
    public string? Parent { get; init; }
    public IReadOnlyList<string> Addons { get; init; } = [];
    public IReadOnlyList<Dictionary<string, object?>> Limits { get; init; } = [];
    public IReadOnlyList<Dictionary<string, object?>> Overages { get; init; } = [];

    /// <summary>MONTHLY or ON_SUBSCRIPTION_RENEWAL.</summary>
    public string? OverageBilling { get; init; }

    /// <summary>Period and amount in USD.</summary>
    public IReadOnlyList<(string Period, decimal Amount)> MinimumSpend { get; init; } = [];
    public object? Trial { get; init; }

    public string PricingType => Type ?? (Charges.Count + Overages.Count > 0 ? "PAID" : "FREE");

    public string DisplayName => Name(Id);

    public static string Name(string id) => char.ToUpperInvariant(id[0]) + id[1..];
}
