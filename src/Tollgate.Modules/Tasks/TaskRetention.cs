using NodaTime;

namespace Tollgate.Modules.Tasks;

/// <summary>How long tasks that have ended are kept, with their failures; by the clock of their environment.</summary>
public sealed record TaskRetention(Duration Period)
{
    public static TaskRetention Default { get; } = new(Duration.FromDays(90));
}
