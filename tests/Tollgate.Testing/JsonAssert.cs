using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Tollgate.Testing;

/// <summary>
/// Compares JSON by value and names the path of the first difference. Property order does not matter, array order does; numbers
/// compare as decimals (1 equals 1.0). Expected strings may be placeholders: <c>&lt;any&gt;</c> (any value but an absent one),
/// <c>&lt;string&gt;</c> (any non-empty string), <c>&lt;uuid&gt;</c>, <c>&lt;instant&gt;</c> (UTC, three fractional digits).
/// </summary>
public static class JsonAssert
{
    private static readonly JsonDocumentOptions Lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>Actual has exactly the expected properties and items.</summary>
    public static void Equal(string expected, JsonElement actual) => Check(expected, actual, subset: false);

    public static void Equal(string expected, string actual) => Equal(expected, Parse(actual));

    /// <summary>Actual may have more properties than expected, at every depth; arrays still match item by item.</summary>
    public static void Contains(string expected, JsonElement actual) => Check(expected, actual, subset: true);

    public static void Contains(string expected, string actual) => Contains(expected, Parse(actual));

    /// <summary>The first difference as one line that begins with its path, or null.</summary>
    public static string? Difference(JsonElement expected, JsonElement actual, bool subset = false, string path = "$")
        => expected.ValueKind switch
        {
            JsonValueKind.Object when actual.ValueKind == JsonValueKind.Object => Objects(expected, actual, subset, path),
            JsonValueKind.Array when actual.ValueKind == JsonValueKind.Array => Arrays(expected, actual, subset, path),
            JsonValueKind.String when Placeholder(expected.GetString()!) is { } matches =>
                matches(actual) ? null : Differ(expected, actual, path),
            JsonValueKind.String when actual.ValueKind == JsonValueKind.String =>
                expected.GetString() == actual.GetString() ? null : Differ(expected, actual, path),
            JsonValueKind.Number when actual.ValueKind == JsonValueKind.Number =>
                SameNumber(expected, actual) ? null : Differ(expected, actual, path),
            _ => expected.ValueKind == actual.ValueKind && expected.ValueKind
                is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null
                ? null
                : Differ(expected, actual, path),
        };

    private static void Check(string expected, JsonElement actual, bool subset)
    {
        if (Difference(Parse(expected), actual, subset) is { } difference)
        {
            Assert.Fail($"{difference}\nActual: {JsonSerializer.Serialize(actual, Golden.Indented)}");
        }
    }

    private static string? Objects(JsonElement expected, JsonElement actual, bool subset, string path)
    {
        foreach (var property in expected.EnumerateObject())
        {
            var inner = $"{path}.{property.Name}";
            if (!actual.TryGetProperty(property.Name, out var value))
            {
                return $"{inner}: expected {Text(property.Value)}, is absent";
            }
            if (Difference(property.Value, value, subset, inner) is { } difference)
            {
                return difference;
            }
        }
        foreach (var property in actual.EnumerateObject())
        {
            if (!subset && !expected.TryGetProperty(property.Name, out _))
            {
                return $"{path}.{property.Name}: not expected, is {Text(property.Value)}";
            }
        }
        return null;
    }

    private static string? Arrays(JsonElement expected, JsonElement actual, bool subset, string path)
    {
        var (length, actualLength) = (expected.GetArrayLength(), actual.GetArrayLength());
        for (var i = 0; i < Math.Min(length, actualLength); i++)
        {
            if (Difference(expected[i], actual[i], subset, $"{path}[{i}]") is { } difference)
            {
                return difference;
            }
        }
        return length == actualLength ? null : $"{path}: expected {length} items, has {actualLength}";
    }

    private static bool SameNumber(JsonElement expected, JsonElement actual)
        => expected.TryGetDecimal(out var left) && actual.TryGetDecimal(out var right)
            ? left == right
            : expected.GetRawText() == actual.GetRawText();

    private static Func<JsonElement, bool>? Placeholder(string expected) => expected switch
    {
        "<any>" => _ => true,
        "<string>" => actual => actual.ValueKind == JsonValueKind.String && actual.GetString()!.Length > 0,
        "<uuid>" => actual => actual.ValueKind == JsonValueKind.String && Guid.TryParseExact(actual.GetString(), "D", out _),
        "<instant>" => actual => actual.ValueKind == JsonValueKind.String && DateTimeOffset.TryParseExact(
            actual.GetString(), "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        _ => null,
    };

    private static string Differ(JsonElement expected, JsonElement actual, string path)
        => $"{path}: expected {Text(expected)}, is {Text(actual)}";

    private static string Text(JsonElement element)
    {
        var text = element.ValueKind == JsonValueKind.Undefined ? "(undefined)" : element.GetRawText();
        return text.Length <= 200 ? text : text[..200] + "...";
    }

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json, Lenient);
        return document.RootElement.Clone();
    }
}
