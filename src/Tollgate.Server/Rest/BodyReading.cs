using System.Text.Json;
using Tollgate.Contracts;
using Tollgate.Domain;

namespace Tollgate.Server.Rest;

/// <summary>
/// Reads a JSON body that the contract has checked already: types fit, symbols are known, required fields are there.
/// Absent and null are told apart where a partial update needs it.
/// </summary>
internal static class BodyReading
{
    /// <summary>The property when it is present and not null.</summary>
    public static JsonElement? Property(this JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string Text(this JsonElement body, string name) => body.GetProperty(name).GetString()!;

    public static string? TextOrNull(this JsonElement body, string name) => body.Property(name)?.GetString();

    public static bool? FlagOrNull(this JsonElement body, string name) => body.Property(name)?.GetBoolean();

    public static decimal? NumberOrNull(this JsonElement body, string name) => body.Property(name)?.GetDecimal();

    /// <summary>A whole number, which JSON may write as 5 or 5.0.</summary>
    public static int? IntegerOrNull(this JsonElement body, string name) =>
        body.NumberOrNull(name) is { } number ? (int)number : null;

    public static NodaTime.Instant? InstantOrNull(this JsonElement body, string name) =>
        body.TextOrNull(name) is { } text && WireInstant.TryParse(text, out var instant) ? Wire.Instant(instant) : null;

    public static TEnum? MemberOrNull<TEnum>(this JsonElement body, string name)
        where TEnum : struct, Enum => body.TextOrNull(name) is { } symbol ? Wire.Member<TEnum>(symbol) : null;

    public static TEnum Member<TEnum>(this JsonElement body, string name)
        where TEnum : struct, Enum => Wire.Member<TEnum>(body.Text(name));

    public static IReadOnlyList<T>? ListOrNull<T>(this JsonElement body, string name, Func<JsonElement, T> read) =>
        body.Property(name) is { } list ? [.. list.EnumerateArray().Select(read)] : null;

    public static IReadOnlyDictionary<string, string>? MetadataOrNull(
        this JsonElement body, string name = "metadata") =>
        body.Property(name) is { } map
            ? map.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!)
            : null;

    /// <summary>Absent, or given with what <paramref name="read"/> makes of it; null stays null.</summary>
    public static Optional<T> Optional<T>(this JsonElement body, string name, Func<JsonElement, T?> read)
        where T : class =>
        !body.TryGetProperty(name, out var value) ? default
        : value.ValueKind == JsonValueKind.Null ? new(null)
        : new(read(value));

    public static Optional<string> OptionalText(this JsonElement body, string name) =>
        body.Optional(name, value => value.GetString());

    /// <summary>Metadata of a partial update: given, it replaces the whole map; null clears it.</summary>
    public static Optional<IReadOnlyDictionary<string, string>> OptionalMetadata(this JsonElement body) =>
        body.TryGetProperty("metadata", out _) ? new(body.MetadataOrNull()) : default;
}
