namespace Tollgate.Modules.Usage.Events;

/// <summary>
/// Finds an instant in rows that lie in the order of their arrival and have no index of it, in some dozens of looks.
/// </summary>
internal static class ArrivalSearch
{
    /// <summary>The largest position at and before which everything arrived before the instant.</summary>
    /// <param name="low">A position before the first row.</param>
    /// <param name="high">The position of the last row.</param>
    /// <param name="instant">Milliseconds since 1970.</param>
    /// <param name="arrivalUpTo">When the last row at or before a position arrived; null = there is none.</param>
    public static async Task<long> LastBeforeAsync(
        long low, long high, long instant, Func<long, Task<long?>> arrivalUpTo)
    {
        while (low < high)
        {
            var middle = high - ((high - low) / 2);
            if (await arrivalUpTo(middle) is { } arrived && arrived >= instant)
                high = middle - 1;
            else
                low = middle;
        }

        return low;
    }
}
