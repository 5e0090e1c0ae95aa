using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Testing.Tests;

public sealed class ServerProcessTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Server_starts_stops_and_starts_again_after_a_kill(DatabaseKind database)
    {
        await using var server = await ServerProcess.StartAsync(database, Cancellation);
        server.Kill();
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Client.GetAsync(new Uri("/health/live", UriKind.Relative), Cancellation));

        await server.StartAgainAsync(Cancellation);
        using var response = await server.Client.GetAsync(new Uri("/health/live", UriKind.Relative), Cancellation);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}\n{server.Output}");

        Assert.Equal(0, await server.StopAsync(cancellationToken: Cancellation));
    }

    [Fact]
    public async Task Generated_keys_are_read_from_the_output()
    {
        await using var server = await ServerProcess.StartAsync(
            new ServerOptions { ServerKey = null, PublishableKey = null }, Cancellation);
        Assert.Equal(
            server.PrintedKeys["development server"],
            Assert.Single(server.Client.DefaultRequestHeaders.GetValues(ServerProcess.ApiKeyHeader)));
    }

    [Fact]
    public async Task Refused_option_is_one_line_and_exit_code_2()
    {
        var (exitCode, output) = await ServerProcess.RunToEndAsync(["--no-such-option"], Cancellation);
        Assert.Equal(2, exitCode);
        Assert.Contains("--no-such-option", Assert.Single(output.Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_that_ends_before_it_is_ready_is_reported_at_once()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ServerProcess.StartAsync(new ServerOptions { ExtraArgs = ["--no-such-option"] }, Cancellation));
        Assert.Matches("ended with code [0-9]+ before it was ready", failure.Message);
    }
}
