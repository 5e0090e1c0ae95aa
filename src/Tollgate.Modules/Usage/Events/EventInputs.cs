using System.Buffers;
using System.Text;
using System.Text.Json;
using Tollgate.Domain.Credits.Formulas;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Modules.Usage.Events;

/// <summary>What a cost formula reads of an event: its dimensions (spec credits 5.2 and 5.3).</summary>
internal sealed class EventInputs(EventDimensions dimensions) : IFormulaInputs
{
    public decimal NumberOf(string dimension)
    {
        if (!dimensions.TryGet(dimension, out var value))
            return 0;
        if (value.Kind == DimensionKind.Flag)
            return value.Flag ? 1 : 0;
        return value.TryNumber(out var number) ? number : 0;
    }

    /// <summary>The dimensions as the books keep them: a flat JSON object; null when there are none.</summary>
    public static string? Json(EventDimensions dimensions)
    {
        if (dimensions.Count == 0)
            return null;
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            for (var i = 0; i < dimensions.Count; i++)
            {
                writer.WritePropertyName(dimensions.Names[i]);
                var value = dimensions.Values[i];
                switch (value.Kind)
                {
                    case DimensionKind.Number:
                        writer.WriteNumberValue(value.Number);
                        break;
                    case DimensionKind.Flag:
                        writer.WriteBooleanValue(value.Flag);
                        break;
                    default:
                        writer.WriteStringValue(value.AsText());
                        break;
                }
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
