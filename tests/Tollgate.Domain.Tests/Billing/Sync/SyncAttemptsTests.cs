using NodaTime;
using Tollgate.Domain.Billing.Sync;

namespace Tollgate.Domain.Tests.Billing.Sync;

public sealed class SyncAttemptsTests
{
    private static readonly Instant First = Instant.FromUtc(2025, 1, 15, 12, 0);

    [Theory]
    [InlineData(1, 30)]
    [InlineData(2, 120)]
    [InlineData(3, 600)]
    [InlineData(4, 3600)]
    [InlineData(5, 21600)]
    public void Attempts_are_made_at_offsets_from_the_first(int made, int seconds) =>
        Assert.Equal(First + Duration.FromSeconds(seconds), SyncAttempts.Next(made, First));

    [Fact]
    public void Sixth_attempt_is_the_last()
    {
        Assert.Equal(6, SyncAttempts.Offsets.Count);
        Assert.Null(SyncAttempts.Next(6, First));
        Assert.Null(SyncAttempts.Next(7, First));
        Assert.Throws<ArgumentOutOfRangeException>(() => SyncAttempts.Next(0, First));
    }
}
