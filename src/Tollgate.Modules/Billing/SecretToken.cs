using System.Buffers.Text;
using System.Security.Cryptography;

namespace Tollgate.Modules.Billing;

/// <summary>Names in addresses that nobody can guess: 192 random bits.</summary>
internal static class SecretToken
{
    private const int Bytes = 24;

    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
}
