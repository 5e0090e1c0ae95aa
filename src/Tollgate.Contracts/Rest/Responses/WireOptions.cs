using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tollgate.Contracts.Rest.Responses;

/// <summary>How answers are written.</summary>
public static class WireOptions
{
    /// <summary>
    /// The options of a generated context, with texts as they are: answers are served as application/json and never
    /// pasted into a page, so '@', '+' and letters beyond ASCII stay readable. Not to be called in an initialiser of
    /// the context: those of its generated half run in no stated order.
    /// </summary>
    public static JsonSerializerOptions Of(JsonSerializerOptions generated) =>
        new(generated) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
