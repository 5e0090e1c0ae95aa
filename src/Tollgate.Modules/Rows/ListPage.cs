using Tollgate.Domain.Errors;

namespace Tollgate.Modules.Rows;

/// <summary>
/// Pages through a list that is in memory as a whole, in its own order, such as the charges of one plan version.
/// </summary>
internal static class ListPage
{
    public static Result<Page<T>> Of<T>(IReadOnlyList<T> all, Func<T, Guid> uid, PageRequest request)
    {
        var cursor = request.After ?? request.Before;
        var at = -1;
        if (cursor is { } named)
        {
            at = all.ToList().FindIndex(item => uid(item) == named);
            if (at < 0)
                return PageCut.UnknownCursor(request.Before is not null, named.ToString());
        }

        var backwards = request.Before is not null;
        var from = backwards ? Math.Max(0, at - request.Limit) : at + 1;
        var to = backwards ? at : Math.Min(all.Count, from + request.Limit);
        var items = all.Skip(from).Take(to - from).ToList();
        return new Page<T>(
            items,
            items.Count > 0 && to < all.Count ? uid(items[^1]) : null,
            items.Count > 0 && from > 0 ? uid(items[0]) : null);
    }
}
