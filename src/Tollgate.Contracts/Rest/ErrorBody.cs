using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Rest;

/// <summary>
/// The body of every error. Message and code stand twice because two documented shapes exist; clients read either.
/// </summary>
/// <param name="Message">The subject, the value given and the remedy.</param>
/// <param name="Code">A symbol of the contract's ErrorCode; null when none of them fits.</param>
/// <param name="Error">The same once more, nested.</param>
/// <param name="TraceId">Also the trace id response header; leads to the log.</param>
/// <param name="Fields">Every field found wrong; left out when the error is not about fields.</param>
/// <param name="IsValidationError">True for faults of the request and for what a credit grant's state forbids; else left out.</param>
public sealed record ErrorBody(
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code,
    ErrorDetail Error,
    string TraceId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ErrorField>? Fields = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? IsValidationError = null)
{
    private const string GrantId = "grantId";

    /// <summary>What the error is about, for programs: properties beside the others, such as <c>grantId</c>.</summary>
    [JsonExtensionData]
    public JsonObject? Extensions { get; init; }

    public static ErrorBody Of(
        string message, string? code, string traceId, IReadOnlyList<ErrorField>? fields = null,
        IReadOnlyDictionary<string, string>? extensions = null) => new(
        message, code, new(code, message), traceId, fields is [] ? null : fields,
        fields is { Count: > 0 } || extensions?.ContainsKey(GrantId) == true ? true : null)
    {
        Extensions = extensions is not { Count: > 0 }
            ? null
            : new(extensions.Select(each => KeyValuePair.Create(each.Key, (JsonNode?)JsonValue.Create(each.Value)))),
    };
}

public sealed record ErrorDetail(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code, string Message);

public sealed record ErrorField(string Path, string Message);
