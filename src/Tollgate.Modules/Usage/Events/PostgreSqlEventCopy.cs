using System.Buffers;
using System.Buffers.Binary;
using Npgsql;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Rows of events as PostgreSQL's binary COPY takes them. Written by hand because it is the busiest loop of the product: the
/// driver's importer decides for every value how it is written, which costs as much as parsing the event.
/// </summary>
internal static class PostgreSqlEventCopy
{
    /// <summary>In the order in which <see cref="Write"/> writes them.</summary>
    public const string Columns =
        "event_at, key_hash, received_at, source_id, name_id, shape_id, event_key, dimensions";

    private const short ColumnCount = 8;

    /// <summary>Rows are sent when so many bytes are waiting.</summary>
    private const int Chunk = 64 * 1024;

    /// <summary>What a row takes besides its two byte strings: a count, eight lengths, three of 8 bytes and three of 4.</summary>
    private const int FixedSize = 2 + 8 * 4 + 3 * 8 + 3 * 4;

    /// <summary>The signature, no flags, no extension.</summary>
    private static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Stores all events, or none of them.</summary>
    /// <exception cref="PostgresException">One of them is stored already.</exception>
    public static async Task RunAsync(
        NpgsqlConnection connection, IReadOnlyList<PlannedEvent> events, CancellationToken cancellationToken)
    {
        var rows = new ArrayBufferWriter<byte>(2 * Chunk);
        rows.Write(Header);
        await using var copy = await connection.BeginRawBinaryCopyAsync(
            $"COPY usage_events ({Columns}) FROM STDIN (FORMAT BINARY)", cancellationToken);
        foreach (var planned in events)
        {
            Write(rows, planned);
            if (rows.WrittenCount < Chunk)
                continue;
            await copy.WriteAsync(rows.WrittenMemory, cancellationToken);
            rows.ResetWrittenCount();
        }

        rows.Write<byte>([0xFF, 0xFF]);
        await copy.WriteAsync(rows.WrittenMemory, cancellationToken);
    }

    private static void Write(ArrayBufferWriter<byte> rows, PlannedEvent planned)
    {
        var size = FixedSize + planned.Key.Length + planned.Dimensions.Length;
        var row = rows.GetSpan(size);
        BinaryPrimitives.WriteInt16BigEndian(row, ColumnCount);
        row = row[2..];
        Write(ref row, planned.At);
        Write(ref row, planned.Hash);
        Write(ref row, planned.ReceivedAt);
        Write(ref row, planned.Source);
        Write(ref row, planned.Name);
        Write(ref row, planned.Shape);
        Write(ref row, planned.Key);
        Write(ref row, planned.Dimensions);
        rows.Advance(size);
    }

    private static void Write(ref Span<byte> row, long value)
    {
        BinaryPrimitives.WriteInt32BigEndian(row, sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(row[4..], value);
        row = row[12..];
    }

    private static void Write(ref Span<byte> row, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(row, sizeof(int));
        BinaryPrimitives.WriteInt32BigEndian(row[4..], value);
        row = row[8..];
    }

    private static void Write(ref Span<byte> row, byte[] value)
    {
        BinaryPrimitives.WriteInt32BigEndian(row, value.Length);
        value.CopyTo(row[4..]);
        row = row[(4 + value.Length)..];
    }
}
