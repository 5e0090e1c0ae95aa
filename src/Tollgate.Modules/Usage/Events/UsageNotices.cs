using System.Globalization;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.EventLog;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// ENTITLEMENT_USAGE_EXCEEDED when usage comes up to a share of its limit, in the transaction of the usage
/// (spec entitlements-and-usage 13); of events also SUBSCRIPTION_SPENT_LIMIT_EXCEEDED. One change that passes several
/// shares tells the highest.
/// </summary>
public sealed class UsageNotices(AppendEvents events)
{
    /// <summary>For every counter that a group of events moved, and every budget they are paid from.</summary>
    internal async Task RecordAsync(Session session, EventCounting counting, CancellationToken cancellationToken)
    {
        foreach (var (scope, crossing) in counting.Crossings)
            await events.ExecuteAsync(session, scope, crossing, cancellationToken);
        foreach (var key in counting.Keys)
        {
            if (key is not { Current: { } current, Entitlement: { } entitlement, Needed: { } needed })
                continue;
            var after = key.Find(current, needed)?.Usage ?? 0;
            await RecordAsync(
                session, key.Source.Scope, entitlement, key.Key, key.Before ?? 0, after, cancellationToken);
        }
    }

    /// <summary>For a report.</summary>
    internal ValueTask RecordAsync(Session session, UsageMove move, CancellationToken cancellationToken) =>
        move.Plan.Entitlement is { Cell: { } cell } compiled && move.After > move.Before
            ? new(RecordAsync(session, move.Plan.Scope, compiled, cell.Key, move.Before, move.After, cancellationToken))
            : ValueTask.CompletedTask;

    /// <summary>For one counter of the current window; <paramref name="before"/> and after are raw usage.</summary>
    internal async Task RecordAsync(
        Session session, OperationScope scope, CompiledEntitlement compiled, UsageKey key, decimal before,
        decimal after, CancellationToken cancellationToken)
    {
        var entitlement = compiled.Entitlement;
        if (!entitlement.IsGranted || entitlement.HasUnlimitedUsage || entitlement.UsageLimit is not { } limit)
            return;
        var shown = entitlement.ShownUsage(Math.Max(after, 0));
        if (UsageThresholds.Crossed(limit, entitlement.ShownUsage(Math.Max(before, 0)), shown) is not { } threshold)
            return;
        var window = compiled.WindowAt(scope.Now).Shown;
        var exceeded = new DomainEvent(
            EventType.EntitlementUsageExceeded, EntityKind.Feature, entitlement.FeatureId.Value, key.Customer, null,
            null)
        {
            Facts = Facts(entitlement, key, limit, shown, threshold, window),
        };
        await events.ExecuteAsync(session, scope, exceeded, cancellationToken);
    }

    private static Dictionary<string, string> Facts(
        EffectiveEntitlement entitlement, UsageKey key, decimal limit, decimal usage, int threshold, UsageWindow window)
    {
        var facts = new Dictionary<string, string>
        {
            ["thresholdPercentage"] = Text(threshold),
            ["usageUsedPercentage"] = Text(UsageThresholds.UsedPercentage(limit, usage)),
            ["currentUsage"] = Text(usage),
            ["usageLimit"] = Text(limit),
            ["hasSoftLimit"] = entitlement.HasSoftLimit ? "true" : "false",
        };
        if (key.Resource is { } resource)
            facts["resourceId"] = resource.Value;
        if (entitlement.Reset is { } reset)
            facts["resetPeriod"] = reset.Period.ToString().ToUpperInvariant();
        if (window.IsLifetime)
            return facts;
        facts["usagePeriodStart"] = window.Start.ToString();
        facts["usagePeriodEnd"] = window.End.ToString();
        return facts;
    }

    private static string Text(decimal value) =>
        value.ToString("0.#############################", CultureInfo.InvariantCulture);
}
