namespace Tollgate.Modules.Usage.Events;

/// <summary>Tokens of distinct values by their bytes.</summary>
internal sealed class TokenComparer : IEqualityComparer<byte[]>
{
    public static TokenComparer Instance { get; } = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj)
    {
        var hash = default(HashCode);
        hash.AddBytes(obj);
        return hash.ToHashCode();
    }
}
