using System.Globalization;
using Tollgate.Domain.Catalog;

namespace Tollgate.Domain.Billing;

/// <summary>What made a line's amount, in words and numbers a person can check.</summary>
internal static class LineInputs
{
    public static IReadOnlyDictionary<string, string> Of(
        PackageVersion package, params ReadOnlySpan<(string Name, decimal Value)> numbers)
    {
        var inputs = new Dictionary<string, string>
        {
            [package.Kind == PackageKind.Addon ? "addon" : "plan"] = package.Id.Value,
            ["version"] = package.Version.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in numbers)
            inputs[name] = Number(value);
        return inputs;
    }

    public static string Number(decimal value) => value.ToString("0.############", CultureInfo.InvariantCulture);
}
