using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Rest.Responses;

/// <summary>
/// Writes a decimal without trailing zeros: 5, not 5.0, whatever scale arithmetic or a database left behind.
/// </summary>
public sealed class ShortestDecimalConverter : JsonConverter<decimal>
{
    // Dividing by a one of the greatest scale makes the quotient take the smallest scale that holds it.
    private const decimal One = 1.0000000000000000000000000000m;

    public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDecimal();

    public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value / One);
}
