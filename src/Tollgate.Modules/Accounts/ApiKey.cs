using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Tollgate.Domain;

namespace Tollgate.Modules.Accounts;

/// <summary>A key of one environment. The secret itself is shown once and never stored; only its SHA-256 is.</summary>
public sealed record ApiKey(
    Guid Uid, EnvironmentId EnvironmentId, ApiKeyKind Kind, string Name, byte[] Hash, string Hint, Instant CreatedAt)
{
    private const int SecretBytes = 24;

    /// <summary>Secrets up to this many bytes are hashed without allocating.</summary>
    private const int ShortSecret = 256;

    public static byte[] HashOf(string secret)
    {
        var hash = new byte[SHA256.HashSizeInBytes];
        HashOf(secret, hash);
        return hash;
    }

    public static void HashOf(string secret, Span<byte> hash)
    {
        Span<byte> buffer = stackalloc byte[ShortSecret];
        if (Encoding.UTF8.TryGetBytes(secret, buffer, out var written))
            SHA256.HashData(buffer[..written], hash);
        else
            SHA256.HashData(Encoding.UTF8.GetBytes(secret), hash);
    }

    /// <summary>The last four characters, enough for a person to tell keys apart.</summary>
    public static string HintOf(string secret) => secret.Length <= 8 ? "" : secret[^4..];

    /// <summary>A new secret: <c>server-</c> or <c>client-</c> and 192 random bits.</summary>
    public static string NewSecret(ApiKeyKind kind) =>
        (kind == ApiKeyKind.Server ? "server-" : "client-")
        + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));
}

public enum ApiKeyKind
{
    /// <summary>For backends: everything.</summary>
    Server,

    /// <summary>For browsers: reads on the edge and in GraphQL; REST refuses it.</summary>
    Publishable,
}

/// <summary>A key as the event log keeps it: never the secret, never its hash.</summary>
public sealed record ApiKeyInfo(Guid Id, ApiKeyKind Kind, string Name, string Hint);
