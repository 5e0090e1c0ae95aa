using Tollgate.Testing;

namespace Tollgate.Testing.Tests;

public sealed class ServerProcessTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_that_ends_before_it_is_ready_is_reported_at_once()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ServerProcess.StartAsync(new ServerOptions { ExtraArgs = ["--no-such-option"] }, Cancellation));
        Assert.Matches("ended with code [0-9]+ before it was ready", failure.Message);
    }
}
