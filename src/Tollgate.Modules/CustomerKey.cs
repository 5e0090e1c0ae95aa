using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules;

/// <summary>A customer among those of all environments.</summary>
internal readonly record struct CustomerKey(EnvironmentId Environment, CustomerId Customer)
{
    /// <summary>Held by whoever changes something of the customer.</summary>
    public LockKey Lock => UnitOfWork.CustomerLock(Environment, Customer);
}
