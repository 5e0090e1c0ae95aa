namespace Tollgate.Server.OpenApi;

/// <summary>
/// A page that lists every operation of /openapi.json for a person; no file beside the binary is needed.
/// </summary>
internal static class OpenApiPage
{
    private static readonly byte[] Page = Load();

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/docs", async context =>
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.Body.WriteAsync(Page, context.RequestAborted);
    });

    private static byte[] Load()
    {
        using var stream = typeof(OpenApiPage).Assembly.GetManifestResourceStream("docs.html")
            ?? throw new InvalidOperationException("The page docs.html is not embedded.");
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
