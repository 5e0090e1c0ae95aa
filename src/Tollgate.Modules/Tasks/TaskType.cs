namespace Tollgate.Modules.Tasks;

/// <summary>
/// The kinds of tasks of this build; the wire symbol is the upper snake case of the member (spec platform, tasks).
/// </summary>
public enum TaskType
{
    SubscriptionMigration,
    ImportSubscriptionsBulk,
    MeterRebuild,
    UsageBackfill,
    UsageFile,
}
