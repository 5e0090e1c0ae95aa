using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tollgate.Storage;

namespace Tollgate.Modules.Rows;

/// <summary>
/// The stored texts of the aggregates a transaction read or wrote, by the object: its rows and its events show the same
/// ones, and each is turned into text once.
/// </summary>
internal static class BodyTexts
{
    /// <summary>What was read from the database.</summary>
    public static void Keep(Session session, object aggregate, string text)
    {
        if (session.CanWrite)
            Of(session).TryAdd(aggregate, text);
    }

    public static string Write<T>(Session session, T aggregate, JsonTypeInfo<T> json)
        where T : class
    {
        var known = Of(session);
        return known.TryGetValue(aggregate, out var text)
            ? text
            : known[aggregate] = JsonSerializer.Serialize(aggregate, json);
    }

    /// <summary>The stored text of an aggregate of any known type.</summary>
    public static string? Write(Session session, object? aggregate)
    {
        if (aggregate is null)
            return null;
        var known = Of(session);
        return known.TryGetValue(aggregate, out var text) ? text : known[aggregate] = BodyJson.Write(aggregate)!;
    }

    private static Dictionary<object, string> Of(Session session)
    {
        if (session.Notes.TryGetValue(typeof(BodyTexts), out var known))
            return (Dictionary<object, string>)known!;
        var texts = new Dictionary<object, string>(ReferenceEqualityComparer.Instance);
        session.Notes[typeof(BodyTexts)] = texts;
        return texts;
    }
}
