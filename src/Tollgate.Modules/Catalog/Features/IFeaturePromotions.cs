using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Catalog.Features;

/// <summary>
/// Which promotional entitlements name a feature. Implemented by the entitlements slice, which comes after the catalog.
/// </summary>
public interface IFeaturePromotions
{
    /// <summary>The values that live promotional entitlements of an ENUM feature grant.</summary>
    Task<IReadOnlySet<string>> LiveEnumValuesAsync(Session session, EnvironmentId environment, FeatureId feature);
}
