using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.EventLog.Retention;

/// <summary>Says for how long an environment keeps its event log, for whoever changes it with other settings.</summary>
internal static class KeepEventLog
{
    public static Task<LogRetention> ReadAsync(Session session, EnvironmentId environment) =>
        LogRetentionStore.FindAsync(session, environment);

    /// <param name="session">The caller's transaction.</param>
    /// <param name="environment">Whose log.</param>
    /// <param name="days">At least; what was removed stays removed.</param>
    public static Task ChangeAsync(Session session, EnvironmentId environment, int days) =>
        LogRetentionStore.SetAsync(session, environment, days);
}
