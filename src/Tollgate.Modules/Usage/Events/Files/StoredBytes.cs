using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Files;

/// <summary>The bytes of a file as they were stored, chunk by chunk.</summary>
internal sealed class StoredBytes(Database database, FileStore store, long file) : ForwardStream
{
    private byte[] _chunk = [];
    private int _at;
    private int _number;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_at == _chunk.Length)
        {
            _chunk = await database.ReadAsync(
                (session, _) => store.ChunkAsync(session, file, _number), cancellationToken) ?? [];
            (_at, _number) = (0, _number + 1);
        }

        var count = Math.Min(buffer.Length, _chunk.Length - _at);
        _chunk.AsMemory(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }
}

/// <summary>What a packed file grows to, up to a bound: a few bytes may stand for any number of them.</summary>
/// <param name="inner">Unpacks.</param>
/// <param name="packed">The size of the file.</param>
internal sealed class BoundedBytes(Stream inner, long packed) : ForwardStream
{
    private readonly long _limit = Math.Max(FileRules.FreeBytes, packed * FileRules.MaxRatio);
    private long _total;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await inner.ReadAsync(buffer, cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw new FileStoppedException($"The file is no sound gzip: {exception.Message} Pack it again.");
        }

        _total += count;
        return _total <= _limit
            ? count
            : throw new FileStoppedException(
                $"The file grows to more than {_limit} bytes when it is unpacked, over {FileRules.MaxRatio} times its "
                + "size; send it unpacked or in parts.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Read once from its beginning, asynchronously.</summary>
internal abstract class ForwardStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("The length is not known.");

    public override long Position
    {
        get => throw new NotSupportedException("The position is not kept.");
        set => throw new NotSupportedException("It is read once.");
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("It is read asynchronously.");

    public abstract override ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("It is read once.");

    public override void SetLength(long value) => throw new NotSupportedException("It is read only.");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("It is read only.");
}
