namespace Tollgate.Storage;

/// <summary>
/// What a write holds until it ends, so that writers of the same thing follow one another on every node. PostgreSQL
/// takes a transaction-scoped advisory lock on the number; SQLite has one writer and needs none. A collision of two
/// names only costs waiting, never correctness.
/// </summary>
/// <param name="Value">What is locked.</param>
/// <param name="IsShared">
/// True: holders of the shared lock run side by side, and exclude those who hold it alone.
/// </param>
public readonly record struct LockKey(long Value, bool IsShared = false)
{
    /// <summary>The same thing, shared.</summary>
    public LockKey Shared => this with { IsShared = true };


    public static LockKey Of(int environment, string kind, string id)
    {
        var name = $"{environment}/{kind}/{id}";
        return new(unchecked((long)Fnv1A(name)));
    }

    private static ulong Fnv1A(string text)
    {
        unchecked
        {
            var hash = 14695981039346656037UL;
            foreach (var c in text)
            {
                hash = (hash ^ (byte)c) * 1099511628211UL;
                hash = (hash ^ (byte)(c >> 8)) * 1099511628211UL;
            }

            return hash;
        }
    }
}
