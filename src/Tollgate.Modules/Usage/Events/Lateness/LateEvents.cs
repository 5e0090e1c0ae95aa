using Dapper;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Domain;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Lateness;

/// <summary>
/// What the lateness policies of meters do to the new events of one transaction: some are held, and bills whose usage the others
/// may have changed are marked. Used while the customers and the meters are locked.
/// </summary>
internal sealed class LateEvents(Session session)
{
    private readonly List<PlannedEvent> _held = [];
    private readonly Dictionary<(EnvironmentId, CustomerId, FeatureId), (long From, long Until, long Known)> _ranges = [];

    /// <summary>True when the event does not count until somebody releases it: one strict meter suffices.</summary>
    public bool Holds(OperationScope scope, MeterSet meters, PlannedEvent planned)
    {
        if (meters.LateFeatures.Count == 0)
            return false;
        foreach (var meter in meters.Of(planned.Event.Name))
        {
            if (meter.Lateness is not { } policy || !meter.Compiled.TryRead(planned.Event.Name, planned.Event.Dimensions, out _))
                continue;
            if (planned.IsDated && policy.Holds(planned.At, planned.ReceivedAt))
            {
                planned.HeldBy = meter.Feature;
                _held.Add(planned);
                return true;
            }
        }

        foreach (var meter in meters.Of(planned.Event.Name))
        {
            if (meter.Lateness is not null && !planned.Access.Facts.IsCustomerUnknown
                && meter.Compiled.TryRead(planned.Event.Name, planned.Event.Dimensions, out _))
            {
                Widen((scope.EnvironmentId, new(planned.Sender.Customer), meter.Feature), planned);
            }
        }

        return false;
    }

    /// <summary>Stores what is held and marks the bills.</summary>
    public async Task SaveAsync()
    {
        await HoldAsync();
        foreach (var environment in _ranges.GroupBy(range => range.Key.Item1))
        {
            var billed = await BilledAsync(environment.Key, [.. environment.Select(range => range.Key.Item2.Value).Distinct()],
                environment.Min(range => range.Value.From));
            foreach (var ((_, customer, feature), (from, until, known)) in environment.Where(range => billed.Contains(range.Key.Item2.Value)))
            {
                await BilledUsage.MarkAsync(
                    session, environment.Key, customer, feature,
                    Instant.FromUnixTimeMilliseconds(from), Instant.FromUnixTimeMilliseconds(until),
                    Instant.FromUnixTimeMilliseconds(known));
            }
        }
    }

    private void Widen((EnvironmentId, CustomerId, FeatureId) key, PlannedEvent planned) =>
        _ranges[key] = _ranges.TryGetValue(key, out var known)
            ? (Math.Min(known.From, planned.At), Math.Max(known.Until, planned.At), known.Known)
            : (planned.At, planned.At, planned.ReceivedAt);

    /// <summary>Which customers have a bill that ends after the instant: of live events almost none.</summary>
    private Task<IReadOnlySet<string>> BilledAsync(EnvironmentId environment, string[] customers, long from) =>
        BilledUsage.CustomersAsync(session, environment, customers, Instant.FromUnixTimeMilliseconds(from));

    private async Task HoldAsync()
    {
        if (_held.Count == 0)
            return;
        const string columns = "source_id, event_at, key_hash, shape_id, dimensions, reason, corrected_at, held_by";
        if (session.Kind == DatabaseKind.Sqlite)
        {
            foreach (var held in _held)
            {
                await session.Connection.ExecuteAsync(
                    $"INSERT INTO event_corrections ({columns}) VALUES (@Source, @At, @Hash, 0, NULL, @reason, @ReceivedAt, @heldBy)",
                    new { held.Source, held.At, held.Hash, reason = ReasonOf(held), held.ReceivedAt, heldBy = held.HeldBy!.Value.Value },
                    session.Transaction);
            }

            return;
        }

        await using var command = new NpgsqlCommand(
            $"""
            INSERT INTO event_corrections ({columns})
            SELECT s, a, h, 0, NULL, r, c, f FROM unnest($1, $2, $3, $4, $5, $6) AS k(s, a, h, r, c, f)
            """,
            (NpgsqlConnection)session.Connection);
        Add(NpgsqlDbType.Integer, held => held.Source);
        Add(NpgsqlDbType.Bigint, held => held.At);
        Add(NpgsqlDbType.Bigint, held => held.Hash);
        Add(NpgsqlDbType.Text, ReasonOf);
        Add(NpgsqlDbType.Bigint, held => held.ReceivedAt);
        Add(NpgsqlDbType.Text, held => held.HeldBy!.Value.Value);
        await command.ExecuteNonQueryAsync();

        void Add<T>(NpgsqlDbType type, Func<PlannedEvent, T> value) => command.Parameters.Add(
            new NpgsqlParameter<T[]> { TypedValue = [.. _held.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    private static string ReasonOf(PlannedEvent held) =>
        $"It came later than the meter of '{held.HeldBy}' accepts.";
}
