namespace Tollgate.Contracts.Rest.Schemas;

/// <summary>One thing wrong with a JSON value or a query parameter.</summary>
/// <param name="Path">Where: <c>charges.pricingModels[0].price</c>; empty for the value as a whole.</param>
/// <param name="Kind">What sort of fault; decides the error code.</param>
/// <param name="Message">The field, the value given (shortened) and the remedy.</param>
public sealed record SchemaFault(string Path, SchemaFaultKind Kind, string Message);

/// <summary>
/// The sorts of faults. <see cref="Metadata"/> is answered with InvalidMetadataError, every other one with BadUserInput
/// (catalog 0.2 and 0.3).
/// </summary>
public enum SchemaFaultKind
{
    /// <summary>A required field is absent.</summary>
    Missing,

    /// <summary>A field that the schema does not know.</summary>
    Unknown,

    /// <summary>The same key twice in one object, or a query parameter given twice.</summary>
    Duplicate,

    /// <summary>Another JSON type than the schema asks for, or text that cannot be read as the type.</summary>
    Type,

    /// <summary>Not one of the allowed symbols.</summary>
    Symbol,

    /// <summary>Text of the wrong length, pattern or format.</summary>
    Text,

    /// <summary>A number out of range.</summary>
    Range,

    /// <summary>A list with too few or too many elements.</summary>
    Count,

    /// <summary>Two fields or parameters of which only one may be given.</summary>
    Exclusive,

    /// <summary>The field that selects the branch of a union is absent or holds no known value.</summary>
    Discriminator,

    /// <summary>A metadata map that is not a map of strings.</summary>
    Metadata,
}

/// <summary>What to do with fields that the schema does not declare.</summary>
public enum UnknownFields
{
    /// <summary>Each is a fault: for request bodies, and for tests of our own answers.</summary>
    Refused,

    /// <summary>They pass unread: for answers of others.</summary>
    Tolerated,
}
