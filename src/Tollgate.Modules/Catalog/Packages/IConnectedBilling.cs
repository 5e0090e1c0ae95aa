using Tollgate.Domain.Catalog;
using Tollgate.Modules.Accounts;

namespace Tollgate.Modules.Catalog.Packages;

/// <summary>
/// Who has to be able to bill what is published. Implemented by the billing slice, which comes after the catalog.
/// </summary>
public interface IConnectedBilling
{
    /// <summary>The providers connected to the environment; none where the built-in billing serves it alone.</summary>
    IReadOnlyList<ConnectedBilling> ConnectedTo(AccountEnvironment environment);
}
