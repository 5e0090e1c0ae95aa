using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Features;

/// <summary>
/// What follows from another meter of a feature: usage is counted anew from the stored events. Implemented by the usage
/// slice, which comes after the catalog.
/// </summary>
public interface IMeterChanges
{
    /// <summary>To be held alone, beside the catalog's lock, by what may change a meter.</summary>
    LockKey Lock(EnvironmentId environment);

    /// <summary>In the transaction of the change; does nothing when the meter is the same.</summary>
    /// <param name="work">The change.</param>
    /// <param name="before">Null when the feature is new.</param>
    /// <param name="after">Null when the feature is deleted.</param>
    Task ApplyAsync(Work work, Feature? before, Feature? after);
}
