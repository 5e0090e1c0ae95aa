using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Tour;

/// <summary>
/// The server's part of the demo: ready only when it is loaded, loaded once, and a first command that works.
/// </summary>
public sealed class DemoStartTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Demo_is_loaded_when_the_server_is_ready_and_only_by_the_first_start(DatabaseKind database)
    {
        await using var server = await ServerProcess.StartAsync(
            new ServerOptions { Database = database, ServerKey = null, ExtraArgs = ["--demo"] }, Cancellation);
        // Output arrives beside the answer that says "ready".
        await Eventually.TrueAsync(
            () => server.Output.Contains("curl -H", StringComparison.Ordinal),
            cancellationToken: Cancellation);
        var key = server.PrintedKeys["development server"];
        var address = server.BaseAddress.GetLeftPart(UriPartial.Authority);
        var hint = $"curl -H 'X-API-KEY: {key}' '{address}/api/v1/customers/";
        Assert.Contains(hint, server.Output, StringComparison.Ordinal);
        Assert.Contains("Loaded the demo into the environment development", server.Output, StringComparison.Ordinal);
        var check = "/api/v1/customers/harbor-legal/entitlements/check?featureId=collab-sso";
        Assert.True((await server.Client.ReadAsync(check, Cancellation)).Data.GetProperty("isGranted").GetBoolean());
        var subscriptions = await server.Client.ReadAsync("/api/v1/subscriptions?limit=100", Cancellation);

        Assert.Equal(0, await server.StopAsync(cancellationToken: Cancellation));
        await server.StartAgainAsync(Cancellation);

        await Eventually.TrueAsync(
            () => server.Output.Contains("X-API-KEY: <server key>", StringComparison.Ordinal),
            cancellationToken: Cancellation);
        Assert.Contains("The environment development has the demo already.", server.Output, StringComparison.Ordinal);
        var again = await server.Client.ReadAsync("/api/v1/subscriptions?limit=100", Cancellation);
        Assert.Equal(29, again.Data.GetArrayLength());
        Assert.Equal(subscriptions.Text, again.Text);
    }
}
