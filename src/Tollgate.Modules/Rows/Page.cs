using NodaTime;

namespace Tollgate.Modules.Rows;

/// <summary>
/// Which part of a list is asked for: at most <paramref name="Limit"/> rows after or before a row the caller has seen,
/// named by its UUID. Lists run from the newest to the oldest (spec README 2).
/// </summary>
public readonly record struct PageRequest(int Limit, Guid? After, Guid? Before)
{
    public const int DefaultLimit = 20;
    public const int MaxLimit = 100;

    public static PageRequest First => new(DefaultLimit, null, null);
}

/// <summary>One page; the cursors are null at the ends of the list.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, Guid? Next, Guid? Previous)
{
    public Page<TOther> Map<TOther>(Func<T, TOther> map) => new([.. Items.Select(map)], Next, Previous);
}

/// <summary>One page of a list with opaque cursors; null at the ends.</summary>
public sealed record CursorPage<T>(IReadOnlyList<T> Items, string? Next, string? Previous);

/// <summary>A filter on when a row was created; every given bound must hold.</summary>
public readonly record struct CreatedRange(
    Instant? After = null, Instant? From = null, Instant? Before = null, Instant? To = null);
