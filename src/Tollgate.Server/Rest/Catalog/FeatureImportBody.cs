using System.Buffers;
using System.Text;
using System.Text.Json;
using Sylvan.Data.Csv;
using Tollgate.Domain.Errors;
using Tollgate.Server.Hosting;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>
/// The body of an import of features as the JSON that the contract describes, whether it came as that, as JSON lines or
/// as CSV. A line or field that is no JSON becomes a text, which its row is then refused for.
/// </summary>
internal static class FeatureImportBody
{
    private const string MetadataPrefix = "metadata.";

    private static readonly string[] Texts =
    [
        "id", "displayName", "featureType", "meterType", "featureStatus", "description", "featureUnits",
        "featureUnitsPlural",
    ];

    private static readonly string[] Structures = ["unitTransformation", "enumConfiguration", "meter"];

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Result<byte[]> ToJson(HttpContext context, byte[] body) =>
        context.Request.ContentType?.Split(';')[0].Trim().ToLowerInvariant() switch
        {
            "text/csv" => Read(body, Csv),
            "application/x-ndjson" => Read(body, Lines),
            _ => body,
        };

    private static Result<byte[]> Read(byte[] body, Func<string, Utf8JsonWriter, Refusal?> rows)
    {
        var json = new ArrayBufferWriter<byte>(body.Length + 64);
        using var writer = new Utf8JsonWriter(json);
        try
        {
            writer.WriteStartObject();
            writer.WriteStartArray("features");
            if (rows(Utf8.GetString(body).TrimStart('\uFEFF'), writer) is { } refusal)
                return refusal;
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        catch (DecoderFallbackException)
        {
            return Bad("The body is not UTF-8 text; save the file in that encoding. Nothing was imported.");
        }

        writer.Flush();
        return json.WrittenSpan.ToArray();
    }

    private static Refusal? Lines(string text, Utf8JsonWriter writer)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (!line.IsWhiteSpace())
                WriteJson(writer, line.ToString());
        }

        return null;
    }

    private static Refusal? Csv(string text, Utf8JsonWriter writer)
    {
        var row = 0;
        try
        {
            using var reader = new StringReader(text);
            using var csv = CsvDataReader.Create(reader, new CsvDataReaderOptions
            {
                Delimiter = ',',
                Comment = '\0',
                BufferSize = 64 * 1024,
                MaxBufferSize = (int)TollgateHost.MaxBodyBytes,
            });
            var names = Enumerable.Range(0, csv.FieldCount).Select(i => csv.GetName(i).Trim()).ToArray();
            if (Array.Find(names, name => !IsKnown(name)) is { } strange)
            {
                return Bad(
                    $"The header names the column '{strange}'; name {string.Join(", ", Texts.Concat(Structures))} and "
                    + $"{MetadataPrefix}<key>. Nothing was imported.");
            }

            while (csv.Read())
            {
                row++;
                WriteRow(writer, csv, names);
            }

            return null;
        }
        catch (Exception exception) when (exception is FormatException or CsvRecordTooLargeException)
        {
            return Bad(
                $"The CSV cannot be read after row {row}: {exception.Message} Mend it and send it again; "
                + "nothing was imported.");
        }
    }

    private static void WriteRow(Utf8JsonWriter writer, CsvDataReader csv, string[] names)
    {
        writer.WriteStartObject();
        for (var i = 0; i < Math.Min(names.Length, csv.RowFieldCount); i++)
        {
            // An empty field is an absent one.
            if (csv.GetString(i) is not { Length: > 0 } value
                || names[i].StartsWith(MetadataPrefix, StringComparison.Ordinal))
            {
                continue;
            }

            writer.WritePropertyName(names[i]);
            if (Structures.Contains(names[i]))
                WriteJson(writer, value);
            else
                writer.WriteStringValue(value);
        }

        WriteMetadata(writer, csv, names);
        // Named after what the sender sees, so that the row is refused for it.
        for (var i = names.Length; i < csv.RowFieldCount; i++)
            writer.WriteNull($"column {i + 1}");
        writer.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter writer, CsvDataReader csv, string[] names)
    {
        var isOpen = false;
        for (var i = 0; i < Math.Min(names.Length, csv.RowFieldCount); i++)
        {
            if (!names[i].StartsWith(MetadataPrefix, StringComparison.Ordinal)
                || csv.GetString(i) is not { Length: > 0 } value)
            {
                continue;
            }

            if (!isOpen)
                writer.WriteStartObject("metadata");
            isOpen = true;
            writer.WriteString(names[i].AsSpan(MetadataPrefix.Length), value);
        }

        if (isOpen)
            writer.WriteEndObject();
    }

    private static void WriteJson(Utf8JsonWriter writer, string text)
    {
        try
        {
            using var parsed = JsonDocument.Parse(text);
            writer.WriteRawValue(text, skipInputValidation: true);
        }
        catch (JsonException)
        {
            writer.WriteStringValue(text);
        }
    }

    private static bool IsKnown(string name) => Texts.Contains(name) || Structures.Contains(name)
        || (name.Length > MetadataPrefix.Length && name.StartsWith(MetadataPrefix, StringComparison.Ordinal));

    private static Refusal Bad(string message) => Refusal.Of(ErrorCode.BadUserInput, [new("body", message)]);
}
