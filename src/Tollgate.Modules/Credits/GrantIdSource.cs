using System.Security.Cryptography;
using Tollgate.Domain.Credits;

namespace Tollgate.Modules.Credits;

/// <summary>Ids of new grants: <c>cred-grant-</c> and 12 letters or digits, of which there are 10 to the 18.</summary>
internal static class GrantIdSource
{
    public static GrantIds Next() => new(
        Guid.CreateVersion7(),
        "cred-grant-" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 12));
}
