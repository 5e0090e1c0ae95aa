namespace Tollgate.Modules.Usage.Events.Retention;

/// <summary>How far back stored events go, in milliseconds since 1970; the smallest number = as far as any.</summary>
/// <param name="ClosedAt">None dated before it are taken any more.</param>
/// <param name="SummedAt">Of those dated before it only the sums count.</param>
internal readonly record struct UsageHorizon(long ClosedAt, long SummedAt)
{
    public static UsageHorizon None { get; } = new(long.MinValue, long.MinValue);
}
