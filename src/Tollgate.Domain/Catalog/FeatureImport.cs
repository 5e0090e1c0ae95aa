using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>What an import of features refuses as a whole; a wrong row is refused alone (spec catalog 1.7).</summary>
public static class FeatureImport
{
    /// <summary>Rows one call may have.</summary>
    public const int MaxRows = 1_000;

    /// <summary>Null when the rows may be looked at.</summary>
    public static Refusal? CheckCall(int rows) => rows is 0 or > MaxRows
        ? Refusal.Of(
            ErrorCode.BadUserInput,
            [new("features", $"features has {rows} rows; send 1 to {MaxRows} in one call.")])
        : null;
}
