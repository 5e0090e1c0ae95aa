namespace Tollgate.Domain;

/// <summary>
/// A public id: 1 to 255 characters, chosen by the caller, unique per environment and kind, immutable (spec README 2).
/// </summary>
public interface IId<TSelf>
    where TSelf : struct, IId<TSelf>
{
    string Value { get; }

    static abstract TSelf From(string value);
}

public readonly record struct CustomerId(string Value) : IId<CustomerId>
{
    public static CustomerId From(string value) => new(value);

    public override string ToString() => Value;
}

/// <summary>
/// An instance inside a customer, such as a workspace; needed by products with multiple subscriptions.
/// </summary>
public readonly record struct ResourceId(string Value) : IId<ResourceId>
{
    public static ResourceId From(string value) => new(value);

    public override string ToString() => Value;
}

public readonly record struct FeatureId(string Value) : IId<FeatureId>
{
    public static FeatureId From(string value) => new(value);

    public override string ToString() => Value;
}

public readonly record struct ProductId(string Value) : IId<ProductId>
{
    public static ProductId From(string value) => new(value);

    public override string ToString() => Value;
}

/// <summary>The id of a plan or of an add-on; the two kinds count separately.</summary>
public readonly record struct PackageId(string Value) : IId<PackageId>
{
    public static PackageId From(string value) => new(value);

    public override string ToString() => Value;
}

public readonly record struct CurrencyId(string Value) : IId<CurrencyId>
{
    public static CurrencyId From(string value) => new(value);

    public override string ToString() => Value;
}

public readonly record struct SubscriptionId(string Value) : IId<SubscriptionId>
{
    public static SubscriptionId From(string value) => new(value);

    public override string ToString() => Value;
}

/// <summary>
/// An environment: the walls around a catalog, its customers and its clock. This is the small internal number that
/// leads every key; the public UUID lives on the environment itself.
/// </summary>
public readonly record struct EnvironmentId(int Value)
{
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
