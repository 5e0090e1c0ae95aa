using System.Diagnostics.CodeAnalysis;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.EventLog;

namespace Tollgate.Server.Authentication;

/// <summary>Who asks, by X-API-KEY; answered from memory. The environment is the key's own.</summary>
public sealed class ApiKeyAuthentication(AccountDirectory directory, TimeProvider time)
{
    public const string Header = "X-API-KEY";

    private static readonly Refusal Unauthenticated = new(ErrorCode.Unauthenticated,
        "Invalid or missing API key. Send a live server key in the X-API-KEY header.");

    private static readonly Refusal Forbidden = new(ErrorCode.IdentityForbidden,
        "A publishable key cannot call REST. Send a server key from a backend.");

    /// <summary>
    /// The scope of the request, its instant read from the environment's clock, or why there is none.
    /// </summary>
    public bool TryAuthenticate(
        HttpContext context,
        Guid traceId,
        [NotNullWhen(true)] out OperationScope? scope,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        scope = null;
        if (!TryAuthenticate(context, out var key, out var environment, out refusal))
            return false;
        scope = new(environment, Actor.ServerKey(key.Uid, key.Name), traceId, environment.Now(time));
        return true;
    }

    /// <summary>For hot paths: the key and its environment, without a scope.</summary>
    public bool TryAuthenticate(
        HttpContext context,
        [NotNullWhen(true)] out ApiKey? key,
        [NotNullWhen(true)] out AccountEnvironment? environment,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        key = null;
        environment = null;
        var given = context.Request.Headers[Header];
        if (given.Count != 1 || !directory.TryAuthenticate(given[0]!, out key, out environment))
        {
            refusal = Unauthenticated;
            return false;
        }

        refusal = key.Kind == ApiKeyKind.Publishable ? Forbidden : null;
        return refusal is null;
    }
}
