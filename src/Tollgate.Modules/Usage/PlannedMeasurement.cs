using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Usage;

/// <summary>A valid report with everything decided that does not depend on what is stored.</summary>
internal sealed record PlannedMeasurement
{
    public required UsageReport Report { get; init; }
    public required Feature Feature { get; init; }

    /// <summary>When it counts.</summary>
    public required Instant At { get; init; }
    public required Instant RecordedAt { get; init; }

    /// <summary>The request it came with, and the key that sent it.</summary>
    public required OperationScope Scope { get; init; }
    public required Guid TraceId { get; init; }
    public required Guid ActorId { get; init; }

    /// <summary>The counter that checks in this scope read (spec entitlements-and-usage 6).</summary>
    public required UsageCell ReadCell { get; init; }

    /// <summary>The resource's own counter, when checks read the customer's but the report names a resource.</summary>
    public UsageCell? ResourceCell { get; init; }

    /// <summary>Every counter it moves.</summary>
    public IEnumerable<UsageCell> Cells => ResourceCell is { } resource ? [ReadCell, resource] : [ReadCell];

    /// <summary>What the scope may use of the feature; null = nothing.</summary>
    public CompiledEntitlement? Entitlement { get; init; }

    /// <summary>The interval of the current window: what the answer's usage is.</summary>
    public required UsageWindow Current { get; init; }

    /// <summary>The interval <see cref="At"/> lies in: must not fall below 0.</summary>
    public required UsageWindow Effective { get; init; }

    /// <summary>The window to show; null when there is none.</summary>
    public UsageWindow? Shown { get; init; }

    /// <summary>What it burns; null for features that are not priced in credits.</summary>
    public FeatureMapping? Mapping { get; init; }

    /// <summary>The budgets of the scope that it is paid from.</summary>
    public IReadOnlyList<BudgetMeter> Budgets { get; init; } = [];

    /// <summary>
    /// True when it counts at customer level: no resource, or the resource's own subscriptions do not grant it.
    /// </summary>
    public bool CountsAtCustomerLevel => ReadCell.Key.Resource is null;
}

/// <summary>Raw usage of the current window before and after a report that counted.</summary>
internal sealed record UsageMove(PlannedMeasurement Plan, decimal Before, decimal After);
