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
/// <param name="IsValidationError">
/// True for faults of the request and for what a credit grant's state forbids; else left out.
/// </param>
public sealed record ErrorBody(
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code,
    ErrorDetail Error,
    string TraceId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ErrorField>? Fields = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? IsValidationError = null)
{
    /// <summary>The credit grant that the error is about; left out when it is about none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? GrantId { get; init; }

    /// <summary>The catalog entity that cannot be deleted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RefId { get; init; }

    /// <summary>The billing model that a billing provider cannot bill.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PricingModel { get; init; }

    /// <summary>Whose billing cannot bill it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? VendorIdentifier { get; init; }

    /// <summary>The plan or add-on that charges it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PlanRefId { get; init; }

    /// <param name="message">See above.</param>
    /// <param name="code">See above.</param>
    /// <param name="traceId">See above.</param>
    /// <param name="fields">See above; empty = none.</param>
    /// <param name="details">What the error is about, by the names of the properties.</param>
    public static ErrorBody Of(
        string message, string? code, string traceId, IReadOnlyList<ErrorField>? fields = null,
        IReadOnlyDictionary<string, string>? details = null)
    {
        var grant = details?.GetValueOrDefault("grantId");
        return new(
            message, code, new(code, message), traceId, fields is [] ? null : fields,
            fields is { Count: > 0 } || grant is not null ? true : null)
        {
            GrantId = grant,
            RefId = details?.GetValueOrDefault("refId"),
            PricingModel = details?.GetValueOrDefault("pricingModel"),
            VendorIdentifier = details?.GetValueOrDefault("vendorIdentifier"),
            PlanRefId = details?.GetValueOrDefault("planRefId"),
        };
    }
}

public sealed record ErrorDetail(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code, string Message);

public sealed record ErrorField(string Path, string Message);
