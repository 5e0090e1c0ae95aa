using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Accounts;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>Which months of events nobody needs any more, of all environments that share them.</summary>
internal sealed class ClosedMonths(Database database, AccountDirectory directory, TimeProvider time)
{
    /// <summary>
    /// Whether all others are past the horizon or on their way: then months go as a whole, with the last of them.
    /// </summary>
    public async Task<bool> GoAsWholeAsync(EnvironmentId environment, Instant horizon, CancellationToken cancellationToken)
    {
        if (horizon > RealHorizon)
            return false;
        foreach (var other in await database.ReadAsync((session, _) => StandsAsync(session), cancellationToken))
        {
            if (other.Environment.Id == environment || other.State.SummedAt >= horizon)
                continue;
            if (other.Own < horizon || (other.HasEvents && other.State.DueFor(other.Environment) > other.Environment.Now(time)))
                return false;
        }

        return true;
    }

    /// <summary>
    /// Says for all environments, those to come too, that no events are taken before the instant up to which nobody
    /// reads them; null where no month ends by then. Never later than real time would have it, whatever clocks were
    /// moved to.
    /// </summary>
    public async Task<Instant?> CloseAsync(CancellationToken cancellationToken)
    {
        Instant? gone = null;
        await database.WriteAsync(
            [
                RetentionStore.Lock(RetentionStore.Everyone),
                .. directory.Environments.Select(environment => EventLocks.Meters(environment.Id)),
            ],
            async (session, _) =>
            {
                gone = RealHorizon;
                foreach (var (_, state, hasEvents, own) in await StandsAsync(session))
                {
                    var reached = state.SummedAt ?? (hasEvents ? null : own);
                    gone = gone is { } least && reached is { } its ? Instant.Min(least, its) : null;
                }

                if (gone is not { } horizon || !await EventMonths.AnyBeforeAsync(session, horizon))
                {
                    gone = null;
                    return false;
                }

                var everyone = await RetentionStore.FindAsync(session, RetentionStore.Everyone) ?? RetentionStore.Initial;
                if (horizon <= everyone.ClosedAt)
                    return false;
                await RetentionStore.SaveAsync(session, RetentionStore.Everyone, everyone with { ClosedAt = gone });
                return true;
            },
            cancellationToken);
        return gone;
    }

    private Instant RealHorizon => RetentionMonths.Horizon(
        Instant.FromDateTimeOffset(time.GetUtcNow()), RetentionSettings.MinUsageDays);

    private async Task<IReadOnlyList<Stand>> StandsAsync(Session session)
    {
        var stands = new List<Stand>();
        foreach (var environment in directory.Environments)
        {
            var state = await RetentionStore.FindAsync(session, environment.Id) ?? RetentionStore.Initial;
            stands.Add(new(
                environment,
                state,
                await session.Connection.ExecuteScalarAsync<bool>(
                    "SELECT EXISTS (SELECT 1 FROM event_sources WHERE environment_id = @environment)",
                    new { environment = environment.Id.Value },
                    session.Transaction),
                RetentionMonths.Horizon(environment.Now(time), state.UsageDays)));
        }

        return stands;
    }

    /// <summary>How far an environment is.</summary>
    /// <param name="Environment">Which.</param>
    /// <param name="State">What was done.</param>
    /// <param name="HasEvents">Anything was ever sent to it.</param>
    /// <param name="Own">The horizon by its clock and settings.</param>
    private sealed record Stand(AccountEnvironment Environment, RetentionState State, bool HasEvents, Instant Own);
}
