using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Sylvan.Data.Csv;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Modules.Usage.Events.Files;

/// <summary>The rows of a file, one at a time; memory does not grow with the file.</summary>
internal static class FileRows
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="FileStoppedException">The rest of the file cannot be read.</exception>
    public static IAsyncEnumerable<FileRow> ReadAsync(
        Stream bytes, FileFormat format, CancellationToken cancellationToken) =>
        format == FileFormat.Csv ? CsvAsync(bytes, cancellationToken) : LinesAsync(bytes, cancellationToken);

    /// <summary>Empty lines are no rows. A line that is too long is passed over and told.</summary>
    private static async IAsyncEnumerable<FileRow> LinesAsync(
        Stream bytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(bytes, new(bufferSize: 64 * 1024, leaveOpen: true));
        var (number, isTooLong, isFirst) = (0L, false, true);
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            while (TryTakeLine(ref buffer, read.IsCompleted, out var line))
            {
                if (isFirst && line.Length >= 3
                    && line.Slice(0, 3).ToArray().AsSpan().SequenceEqual(Encoding.UTF8.Preamble))
                {
                    line = line.Slice(3);
                }

                isFirst = false;
                if (isTooLong || line.Length > FileRules.MaxRowBytes)
                {
                    isTooLong = false;
                    yield return FileRow.Broken(++number, TooLong);
                }
                else if (!IsBlank(line))
                {
                    yield return OfJson(++number, line);
                }
            }

            if (buffer.Length > FileRules.MaxRowBytes)
            {
                // What is known of the line is forgotten; its end is waited for.
                isTooLong = true;
                buffer = buffer.Slice(buffer.End);
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
                break;
        }

        if (isTooLong)
            yield return FileRow.Broken(++number, TooLong);
    }

    private static string TooLong { get; } = $"The row is longer than {FileRules.MaxRowBytes} bytes; "
        + "shorten or split it.";

    private static bool TryTakeLine(ref ReadOnlySequence<byte> buffer, bool isLast, out ReadOnlySequence<byte> line)
    {
        if (buffer.PositionOf((byte)'\n') is { } end)
        {
            line = buffer.Slice(0, end);
            buffer = buffer.Slice(buffer.GetPosition(1, end));
            return true;
        }

        line = buffer;
        if (!isLast || buffer.IsEmpty)
            return false;
        buffer = buffer.Slice(buffer.End);
        return true;
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var segment in line)
        {
            if (segment.Span.ContainsAnyExcept(" \t\r"u8))
                return false;
        }

        return true;
    }

    private static FileRow OfJson(long number, ReadOnlySequence<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return FileRow.Broken(
                    number, "The row is no JSON object; write one object a line.", document.RootElement.GetRawText());
            }

            var row = new FileRow(number);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Name == "dimensions" && member.Value.ValueKind == JsonValueKind.Object)
                {
                    foreach (var dimension in member.Value.EnumerateObject())
                        row.SetDimension(dimension.Name, dimension.Value);
                }
                else if (member.Name.StartsWith(FileRow.DimensionPrefix, StringComparison.Ordinal))
                {
                    row.SetDimension(member.Name[FileRow.DimensionPrefix.Length..], member.Value);
                }
                else if (member.Value.ValueKind == JsonValueKind.String)
                {
                    row.Set(member.Name, member.Value.GetString()!);
                }
                else if (member.Value.ValueKind != JsonValueKind.Null)
                {
                    row.Fault(member.Name, member.Value.GetRawText(), "Give a string.");
                }
            }

            return row;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return FileRow.Broken(
                number, $"The row is not JSON: {exception.Message}",
                Encoding.UTF8.GetString(line.Slice(0, Math.Min(line.Length, 200))));
        }
    }

    /// <summary>The first row names the columns.</summary>
    private static async IAsyncEnumerable<FileRow> CsvAsync(
        Stream bytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var text = new StreamReader(
            bytes, Utf8, detectEncodingFromByteOrderMarks: true, bufferSize: 64 * 1024, leaveOpen: true);
        var number = 0L;
        await using var csv = await GuardAsync(
            async () => await CsvDataReader.CreateAsync(
                text,
                new CsvDataReaderOptions
                {
                    Delimiter = ',',
                    Comment = '\0',
                    BufferSize = 64 * 1024,
                    MaxBufferSize = FileRules.MaxRowBytes,
                    OwnsReader = false,
                },
                cancellationToken),
            () => number);
        var names = Enumerable.Range(0, csv.FieldCount).Select(i => csv.GetName(i).Trim()).ToArray();
        if (Array.Find(names, name => !FileRow.IsKnown(name)) is { } strange)
        {
            throw new FileStoppedException(
                $"The header names the column '{strange}'; name customerId, resourceId, eventName, idempotencyKey, "
                + "timestamp and dimensions.<name>.");
        }

        while (await GuardAsync(async () => await csv.ReadAsync(cancellationToken), () => number))
        {
            var row = new FileRow(++number);
            if (csv.RowFieldCount > names.Length)
            {
                row.Fault("", $"{csv.RowFieldCount} fields", $"The header names {names.Length} columns; "
                    + "quote fields that hold commas.");
            }

            for (var i = 0; i < Math.Min(names.Length, csv.RowFieldCount); i++)
            {
                var value = csv.GetString(i);
                // An empty field is an absent one.
                if (value.Length == 0)
                    continue;
                if (names[i].StartsWith(FileRow.DimensionPrefix, StringComparison.Ordinal))
                    row.SetDimension(names[i][FileRow.DimensionPrefix.Length..], value);
                else
                    row.Set(names[i], value);
            }

            yield return row;
        }
    }

    private static async Task<T> GuardAsync<T>(Func<Task<T>> read, Func<long> number)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is CsvFormatException or CsvRecordTooLargeException
            or DecoderFallbackException or FormatException)
        {
            throw new FileStoppedException(
                $"The file cannot be read after row {number()}: {exception.Message} Mend it and upload it again; "
                + "what was taken is known by then.");
        }
    }
}

/// <summary>The rest of a file cannot be read; the message is for who uploaded it.</summary>
internal sealed class FileStoppedException(string message) : Exception(message);
