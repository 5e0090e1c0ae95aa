using NodaTime;

namespace Tollgate.Modules.Usage.Events.Files;

/// <summary>An uploaded file of events and how far it was read.</summary>
public sealed record UsageFile
{
    public required Guid Uid { get; init; }
    public required string Name { get; init; }
    public required FileFormat Format { get; init; }

    /// <summary>Gzip.</summary>
    public required bool IsPacked { get; init; }

    /// <summary>The session its events go into; null = they are live.</summary>
    public Guid? BackfillUid { get; init; }

    /// <summary>The task that reads it.</summary>
    public Guid? TaskUid { get; init; }

    /// <summary>As uploaded.</summary>
    public long Bytes { get; init; }

    /// <summary>Rows read so far, the header of a CSV file aside.</summary>
    public long Rows { get; init; }
    public long Accepted { get; init; }

    /// <summary>Events that were known.</summary>
    public long Duplicates { get; init; }

    /// <summary>Events whose key is stored with another payload.</summary>
    public long Conflicts { get; init; }

    /// <summary>Rows that are no event; the report says why.</summary>
    public long Refused { get; init; }

    /// <summary>Why reading stopped before the end; null = it did not.</summary>
    public string? Note { get; init; }
    public required Instant CreatedAt { get; init; }
}

/// <summary>How rows are written. The numbers are stored and stay.</summary>
public enum FileFormat
{
    JsonLines = 0,
    Csv = 1,
}

/// <summary>Something wrong with one row.</summary>
/// <param name="Row">From 1; the header of a CSV file is none.</param>
/// <param name="Field">Which; empty = the row.</param>
/// <param name="Value">What it holds, shortened.</param>
/// <param name="Message">With the remedy.</param>
public sealed record RowFault(long Row, string Field, string Value, string Message);

/// <summary>Bounds of files.</summary>
public static class FileRules
{
    /// <summary>Bytes of an upload: 1 GiB.</summary>
    public const long MaxBytes = 1L << 30;

    /// <summary>Bytes of one row: 1 MiB.</summary>
    public const int MaxRowBytes = 1 << 20;

    /// <summary>
    /// A packed file may grow to this many times its size, and to <see cref="FreeBytes"/> whatever its size.
    /// </summary>
    public const int MaxRatio = 200;

    public const long FreeBytes = 64L << 20;

    /// <summary>Faults that are kept of one file; further ones are counted.</summary>
    public const int MaxFaults = 10_000;

    public const int MaxNameLength = 255;
}
