namespace Tollgate.Domain.Usage.Events;

/// <summary>The three kinds of values an event may carry (spec entitlements-and-usage 8.1).</summary>
public enum DimensionKind
{
    Text,
    Number,
    Flag,
}
