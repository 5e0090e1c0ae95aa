using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Usage.Events.Files;

/// <summary>What the bytes of a file are.</summary>
internal sealed record FileKind(FileFormat Format, bool IsPacked)
{
    /// <summary>By the name when it says so, else by the content type.</summary>
    public static Result<FileKind> Of(FileRequest request)
    {
        if (request.Name is { Length: 0 or > FileRules.MaxNameLength } || request.Name?.Any(char.IsControl) == true)
        {
            return Refusal.Of(ErrorCode.BadUserInput, [new(
                "fileName", $"fileName has {request.Name!.Length} characters; use 1 to {FileRules.MaxNameLength} and "
                + "no control characters.")]);
        }

        var type = request.ContentType?.Split(';')[0].Trim().ToLowerInvariant();
        var name = request.Name?.ToLowerInvariant() ?? "";
        var isPacked = name.EndsWith(".gz", StringComparison.Ordinal)
            || type is "application/gzip" or "application/x-gzip";
        var plain = name.EndsWith(".gz", StringComparison.Ordinal) ? name[..^3] : name;
        FileFormat? format = plain.EndsWith(".csv", StringComparison.Ordinal) ? FileFormat.Csv
            : plain.EndsWith(".jsonl", StringComparison.Ordinal) || plain.EndsWith(".ndjson", StringComparison.Ordinal)
                ? FileFormat.JsonLines
            : type switch
            {
                "text/csv" => FileFormat.Csv,
                "application/jsonl" or "application/x-ndjson" or "application/x-jsonlines" => FileFormat.JsonLines,
                _ => null,
            };
        return format is { } known
            ? new FileKind(known, isPacked)
            : Refusal.Of(ErrorCode.BadUserInput, [new(
                "fileName",
                $"Neither fileName '{request.Name}' nor Content-Type '{request.ContentType}' says what the file is; "
                + "name it .jsonl, .csv, .jsonl.gz or .csv.gz, or send application/x-ndjson or text/csv.")]);
    }
}
