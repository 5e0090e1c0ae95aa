using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage.Events;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Lateness;

/// <summary>Rows of lateness policies; whoever writes makes the meters of the environment be read anew.</summary>
internal static class LatenessStore
{
    public static async Task<IReadOnlyDictionary<FeatureId, LatenessPolicy>> ListAsync(
        Session session, EnvironmentId environment) =>
        (await session.Connection.QueryAsync<Row>(
            """
            SELECT feature_id AS Feature, accept_ms AS AcceptMs, action AS Action FROM meter_lateness
            WHERE environment_id = @environment
            """,
            new { environment = environment.Value },
            session.Transaction)).ToDictionary(row => new FeatureId(row.Feature), row => row.ToPolicy());

    /// <summary>Null takes it away.</summary>
    public static Task SetAsync(Session session, EnvironmentId environment, FeatureId feature, LatenessPolicy? policy) =>
        session.Connection.ExecuteAsync(
            policy is null
                ? "DELETE FROM meter_lateness WHERE environment_id = @environment AND feature_id = @feature"
                : """
                INSERT INTO meter_lateness (environment_id, feature_id, accept_ms, action)
                VALUES (@environment, @feature, @accept, @action)
                ON CONFLICT (environment_id, feature_id)
                DO UPDATE SET accept_ms = excluded.accept_ms, action = excluded.action
                """,
            new
            {
                environment = environment.Value,
                feature = feature.Value,
                accept = (long?)policy?.AcceptWindow.TotalMilliseconds,
                action = policy?.Then.ToString(),
            },
            session.Transaction);

    private sealed class Row
    {
        public string Feature { get; set; } = "";
        public long AcceptMs { get; set; }
        public string Action { get; set; } = "";

        public LatenessPolicy ToPolicy() =>
            new(Duration.FromMilliseconds(AcceptMs), Enum.Parse<LateEventAction>(Action));
    }
}
