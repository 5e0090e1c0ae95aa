using System.Security.Cryptography;
using System.Text;

namespace Tollgate.Domain.Usage.Events;

/// <summary>
/// What stands for a value where distinct values are counted: the value itself when it is short, so that no two short
/// ones are ever taken for one another, else 128 bits of its SHA-256.
/// </summary>
public static class UniqueToken
{
    private const int Longest = 16;
    private const byte Short = 0;
    private const byte Hashed = 1;

    public static byte[] Of(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        if (length <= Longest)
        {
            var token = new byte[length + 1];
            token[0] = Short;
            Encoding.UTF8.GetBytes(value, token.AsSpan(1));
            return token;
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(value));
        return [Hashed, .. hash.AsSpan(0, Longest)];
    }
}
