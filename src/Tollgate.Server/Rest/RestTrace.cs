namespace Tollgate.Server.Rest;

/// <summary>The public trace id of a request: in the response header, in errors and in the events it caused (spec platform 9).</summary>
internal static class RestTrace
{
    public const string Header = "x-trace-id";

    private const string Item = "tollgate.trace";

    /// <summary>Gives the request its id; asking again answers the same one.</summary>
    public static Guid Begin(HttpContext context)
    {
        if (context.Items.TryGetValue(Item, out var known))
            return (Guid)known!;
        var id = Guid.NewGuid();
        context.Items[Item] = id;
        context.Response.Headers[Header] = id.ToString();
        return id;
    }
}
