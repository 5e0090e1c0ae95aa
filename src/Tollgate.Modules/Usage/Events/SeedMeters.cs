using Dapper;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.EventLog;

namespace Tollgate.Modules.Usage.Events;

/// <summary>Takes up meters that were defined before this software counted events.</summary>
internal sealed class SeedMeters(
    UnitOfWork unitOfWork, CatalogReader catalog, IMeterChanges meters, TimeProvider time) : IEnvironmentSeed
{
    /// <summary>Does nothing for features whose meter is known.</summary>
    public async Task SeedAsync(AccountEnvironment environment, CancellationToken cancellationToken)
    {
        var scope = new OperationScope(environment, Actor.System, Guid.CreateVersion7(), environment.Now(time));
        await unitOfWork.WriteAsync<Done>(
            scope,
            [UnitOfWork.CatalogLock(environment.Id), meters.Lock(environment.Id)],
            async (work, _) =>
            {
                var known = (await work.Session.Connection.QueryAsync<string>(
                    "SELECT feature_id FROM event_meters WHERE environment_id = @environment",
                    new { environment = environment.Id.Value },
                    work.Session.Transaction)).ToHashSet();
                var features = await catalog.FeaturesAsync(work.Session, environment.Id);
                foreach (var feature in features.Values.Where(f => f.Meter is not null && !known.Contains(f.Id.Value)))
                    await meters.ApplyAsync(work, null, feature);
                return default(Done);
            },
            cancellationToken);
    }
}
