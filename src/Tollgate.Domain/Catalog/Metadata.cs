using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>
/// The string map every entity carries for its owner: replaced as a whole when sent (spec catalog 0.3).
/// </summary>
public static class Metadata
{
    public const int MaxKeys = 50;
    public const int MaxKeyLength = 40;
    public const int MaxValueLength = 500;

    public static IReadOnlyDictionary<string, string> Empty { get; } = new Dictionary<string, string>();

    /// <summary>Null when the map is within its limits, else the refusal that names the offending key.</summary>
    public static Refusal? Check(IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null)
            return null;
        var faults = new List<FieldFault>();
        if (metadata.Count > MaxKeys)
            faults.Add(new("metadata", $"metadata has {metadata.Count} keys; at most {MaxKeys} are stored."));
        foreach (var (key, value) in metadata)
        {
            if (key.Length is 0 or > MaxKeyLength)
            {
                faults.Add(new($"metadata.{key}",
                    $"The metadata key '{key}' has {key.Length} characters; use 1 to {MaxKeyLength}."));
            }

            if (value.Length > MaxValueLength)
            {
                faults.Add(new($"metadata.{key}",
                    $"The metadata value of '{key}' has {value.Length} characters; "
                    + $"at most {MaxValueLength} are stored."));
            }
        }

        return faults.Count == 0 ? null : Refusal.Of(ErrorCode.InvalidMetadataError, faults);
    }
}
