using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tollgate.Domain;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Tells the log what cost formulas count as 0 (spec credits 5.3): once for a feature, a formula and a reason, because
/// every further event of them would say the same. A process that starts says it again.
/// </summary>
public sealed partial class FormulaWarnings(ILogger<FormulaWarnings> logger)
{
    /// <summary>
    /// What is remembered; beyond it nothing more is told, so that formulas cannot fill the memory or the log.
    /// </summary>
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<
        (EnvironmentId, FeatureId, string Formula, string Warning), bool> _told = new();

    internal void Tell(EnvironmentId environment, FeatureId feature, string formula, string warning)
    {
        if (_told.Count < Most && _told.TryAdd((environment, feature, formula, warning), true))
            LogWarning(feature.Value, environment.Value, formula, warning);
    }

    [LoggerMessage(
        4401,
        LogLevel.Warning,
        "The cost formula of feature {Feature} in environment {Environment}, {Formula}, had to count with 0: "
        + "{Warning}")]
    private partial void LogWarning(string feature, int environment, string formula, string warning);
}
