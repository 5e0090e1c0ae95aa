using System.Diagnostics;
using Tollgate.Testing;

namespace Tollgate.Benchmarks.Subjects;

/// <summary>What Kestrel can do at best: one route, its JSON made beforehand, in a process of its own.</summary>
internal sealed class BareEndpoint : IAsyncDisposable
{
    private readonly Process _process;

    private BareEndpoint(Process process, Uri url)
    {
        _process = process;
        Url = url;
    }

    public Uri Url { get; }

    /// <summary>Serves until killed, or until its standard input ends with the process that started it.</summary>
    public static async Task ServeAsync(string url, byte[] body)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(url);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Logging.ClearProviders();
        await using var application = builder.Build();
        application.MapGet("/", async context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = body.Length;
            await context.Response.BodyWriter.WriteAsync(body);
        });
        await application.StartAsync();
        await Console.In.ReadToEndAsync();
        await application.StopAsync();
    }

    public static async Task<BareEndpoint> StartAsync(byte[] body)
    {
        var url = new Uri($"http://127.0.0.1:{FreePort.Take()}/");
        string[] arguments = [typeof(BareEndpoint).Assembly.Location, "--serve-bare", url.ToString(), Convert.ToBase64String(body)];
        var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { UseShellExecute = false, RedirectStandardInput = true })!;
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return (await client.GetAsync(url)).IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(30),
            CancellationToken.None,
            "bare endpoint");
        return new(process, url);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
