using NodaTime;
using Tollgate.Domain;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Idempotency;

namespace Tollgate.Modules;

/// <summary>
/// Who asks, where and when: carried through a use case. <see cref="Now"/> is read once from the environment's clock,
/// so a request sees one instant.
/// </summary>
public sealed record OperationScope(AccountEnvironment Environment, Actor Actor, Guid TraceId, Instant Now)
{
    public EnvironmentId EnvironmentId => Environment.Id;

    /// <summary>
    /// Set when the request carries an Idempotency-Key: the response is stored in the transaction of its effect.
    /// </summary>
    public IdempotencyClaim? Idempotency { get; init; }
}
