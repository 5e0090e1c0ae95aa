using System.Globalization;
using System.Text.Json;
using Tollgate.Domain.Credits.Formulas;

namespace Tollgate.Modules.Usage;

/// <summary>
/// What a cost formula reads of a usage report: its dimensions and, under the name <c>value</c>, the units
/// (spec credits 5.2).
/// </summary>
internal sealed class ReportedInputs(string? dimensions, decimal value) : IFormulaInputs
{
    private readonly Dictionary<string, decimal> _numbers = Read(dimensions);

    public decimal NumberOf(string dimension) =>
        _numbers.TryGetValue(dimension, out var number) ? number : dimension == "value" ? value : 0;

    private static Dictionary<string, decimal> Read(string? json)
    {
        var numbers = new Dictionary<string, decimal>();
        if (json is null)
            return numbers;
        using var document = JsonDocument.Parse(json);
        foreach (var property in document.RootElement.EnumerateObject())
            numbers[property.Name] = NumberOf(property.Value);
        return numbers;
    }

    private static decimal NumberOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.TryGetDecimal(out var number) ? number : 0,
        JsonValueKind.True => 1,
        JsonValueKind.String when decimal.TryParse(
            value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => 0,
    };
}
