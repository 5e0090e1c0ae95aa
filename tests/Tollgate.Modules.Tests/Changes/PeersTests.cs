using Tollgate.Modules.Changes;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Changes;

public sealed class PeersTests
{
    [Fact]
    public void Silence_is_noticed_after_two_seconds_and_over_when_the_node_speaks_or_is_surely_gone()
    {
        var time = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        var peers = new Peers(time);

        Assert.False(peers.IsAnySilent());
        peers.Heard("a");
        peers.Heard("b");
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(peers.IsAnySilent());
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(peers.IsAnySilent());

        peers.Heard("a");
        Assert.True(peers.IsAnySilent());
        peers.Heard("b");
        Assert.False(peers.IsAnySilent());

        time.Advance(TimeSpan.FromSeconds(30));
        peers.Heard("a");
        Assert.True(peers.IsAnySilent());
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(peers.IsAnySilent());
    }
}
