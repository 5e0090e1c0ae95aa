namespace Tollgate.Domain.Errors;

/// <summary>
/// An expected "no": a code, a sentence that names the subject, the value given and the remedy, and, for input with
/// several faults, one entry a field. A refused request leaves no trace.
/// </summary>
public sealed record Refusal(ErrorCode Code, string Message)
{
    /// <summary>Every field found wrong, in the order found; empty when the refusal is not about fields.</summary>
    public IReadOnlyList<FieldFault> Fields { get; init; } = [];

    /// <summary>Structured facts for programs, such as the ids that blocked the request.</summary>
    public IReadOnlyDictionary<string, string> Details { get; init; } = EmptyDetails;

    private static readonly Dictionary<string, string> EmptyDetails = [];

    /// <summary>Joins several faults of the same code into one refusal, so that all are reported at once.</summary>
    public static Refusal Of(ErrorCode code, IReadOnlyList<FieldFault> faults) =>
        new(code, string.Join(" ", faults.Select(f => f.Message))) { Fields = faults };

    public override string ToString() => $"{Code}: {Message}";
}

/// <summary>
/// One wrong field: its path in the request (<c>charges.pricingModels[0].price</c>) and what to change.
/// </summary>
public sealed record FieldFault(string Path, string Message);
