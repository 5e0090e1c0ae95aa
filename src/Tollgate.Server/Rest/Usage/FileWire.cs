using System.Globalization;
using System.Text.Json.Serialization;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Modules.Usage.Events.Files;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Schema <c>TollgateUsageFile</c>.</summary>
public sealed record RestUsageFile
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string Format { get; init; }
    public required bool Gzip { get; init; }
    public required string? BackfillId { get; init; }
    public required string TaskId { get; init; }
    public required string? Status { get; init; }
    public required long Bytes { get; init; }
    public required long Rows { get; init; }
    public required long Accepted { get; init; }
    public required long Duplicates { get; init; }
    public required long Conflicts { get; init; }
    public required long Refused { get; init; }
    public required string? StoppedBecause { get; init; }
    public required WireInstant CreatedAt { get; init; }
}

/// <summary>A page of files.</summary>
public sealed record RestUsageFilePage(IReadOnlyList<RestUsageFile> Data, RestEventCursor Pagination);

/// <summary>Schema <c>TollgateRowFault</c>.</summary>
public sealed record RestRowFault(long Row, string? Field, string Value, string Message);

/// <summary>A page of faults.</summary>
public sealed record RestRowFaultPage(IReadOnlyList<RestRowFault> Data, RestEventCursor Pagination);

/// <summary>Source-generated JSON of files.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RestData<RestUsageFile>))]
[JsonSerializable(typeof(RestUsageFilePage))]
[JsonSerializable(typeof(RestRowFaultPage))]
internal sealed partial class FileJson : JsonSerializerContext;

/// <summary>Files as they are answered.</summary>
internal static class FileWire
{
    public static RestData<RestUsageFile> ToData(FileProgress progress) => new(ToRest(progress));

    public static RestUsageFilePage ToRest(FilePage page) =>
        new([.. page.Items.Select(ToRest)], new(page.Next?.ToString()));

    public static RestRowFaultPage ToRest(FaultPage page) => new(
        [.. page.Items.Select(fault => new RestRowFault(
            fault.Row, fault.Field.Length == 0 ? null : fault.Field, fault.Value, fault.Message))],
        new(page.Next?.ToString(CultureInfo.InvariantCulture)));

    /// <summary>A field of a CSV file; a leading sign that spreadsheets take for a formula is kept from them.</summary>
    public static string CsvField(string text)
    {
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@')
            text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0
            ? text
            : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private static RestUsageFile ToRest(FileProgress progress) => new()
    {
        Id = progress.File.Uid.ToString(),
        Name = progress.File.Name,
        Format = progress.File.Format == FileFormat.Csv ? "CSV" : "JSONL",
        Gzip = progress.File.IsPacked,
        BackfillId = progress.File.BackfillUid?.ToString(),
        TaskId = progress.File.TaskUid!.Value.ToString(),
        Status = progress.State is { } state ? Wire.Symbol(state) : null,
        Bytes = progress.File.Bytes,
        Rows = progress.File.Rows,
        Accepted = progress.File.Accepted,
        Duplicates = progress.File.Duplicates,
        Conflicts = progress.File.Conflicts,
        Refused = progress.File.Refused,
        StoppedBecause = progress.File.Note,
        CreatedAt = Wire.Instant(progress.File.CreatedAt),
    };
}
