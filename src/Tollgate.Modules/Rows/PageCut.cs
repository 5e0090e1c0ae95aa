using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Rows;

/// <summary>
/// What lies around a page that was read in one direction from a cursor, with one row more than it holds where there
/// are more.
/// </summary>
/// <param name="HasNext">There are rows after its last one.</param>
/// <param name="HasPrevious">There are rows before its first one.</param>
internal readonly record struct PageCut(bool HasNext, bool HasPrevious)
{
    /// <summary>Makes what was read the page: without the row too many, in the order of the list.</summary>
    /// <param name="read">At most one row more than <paramref name="limit"/>, as they were read.</param>
    /// <param name="limit">The rows of a page.</param>
    /// <param name="backwards">They were read towards the beginning of the list.</param>
    /// <param name="isContinued">There was a cursor: the list does not begin with them.</param>
    public static PageCut Take<T>(List<T> read, int limit, bool backwards, bool isContinued)
    {
        var more = read.Count > limit;
        if (more)
            read.RemoveAt(read.Count - 1);
        if (backwards)
            read.Reverse();
        return new(
            read.Count > 0 && (backwards || more),
            read.Count > 0 && (backwards ? more : isContinued));
    }

    /// <summary>The cursor names nothing that the list holds.</summary>
    public static Refusal UnknownCursor(bool backwards, string cursor)
    {
        var name = backwards ? "before" : "after";
        return Refusal.Of(ErrorCode.BadUserInput, [new(name,
            $"The cursor {name}={cursor} belongs to no row of this list; use next or prev of an answer as given.")]);
    }
}
