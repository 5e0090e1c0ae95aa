namespace Tollgate.Server.Rest;

/// <summary>
/// The public trace id of a request: in the response header, in errors and in the events it caused (spec platform 9).
/// </summary>
internal static class RestTrace
{
    public const string Header = "x-trace-id";

    /// <summary>Gives the request its id; asking again answers the same one, which the header remembers.</summary>
    public static Guid Begin(HttpContext context)
    {
        if (context.Response.Headers.TryGetValue(Header, out var known))
            return Guid.Parse(known.ToString());
        var id = Guid.NewGuid();
        context.Response.Headers[Header] = id.ToString();
        return id;
    }
}
