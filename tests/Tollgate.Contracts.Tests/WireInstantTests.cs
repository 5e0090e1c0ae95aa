namespace Tollgate.Contracts.Tests;

public sealed class WireInstantTests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0L, "1970-01-01T00:00:00.000Z")]
    [InlineData("2025-01-31T12:34:56.7Z", 1738326896700L, "2025-01-31T12:34:56.700Z")]
    [InlineData("2025-01-31T12:34:56.789999Z", 1738326896789L, "2025-01-31T12:34:56.789Z")]
    [InlineData("2025-01-31T00:30:00+01:00", 1738279800000L, "2025-01-30T23:30:00.000Z")]
    [InlineData("2025-01-30t18:30:00-05:00", 1738279800000L, "2025-01-30T23:30:00.000Z")]
    [InlineData("1969-12-31T23:59:59.999z", -1L, "1969-12-31T23:59:59.999Z")]
    [InlineData("2024-02-29T00:00:00Z", 1709164800000L, "2024-02-29T00:00:00.000Z")]
    [InlineData("0001-01-01T00:00:00Z", -62135596800000L, "0001-01-01T00:00:00.000Z")]
    [InlineData("9999-12-31T23:59:59.999Z", 253402300799999L, "9999-12-31T23:59:59.999Z")]
    public void An_instant_is_read_and_written_in_one_form(string text, long milliseconds, string written)
    {
        Assert.True(WireInstant.TryParse(text, out var instant));
        Assert.Equal(milliseconds, instant.UnixMilliseconds);
        Assert.Equal(written, instant.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("2025-01-31")]
    [InlineData("2025-01-31T12:34:56")]
    [InlineData("2025-01-31 12:34:56Z")]
    [InlineData("2025-01-31T12:34Z")]
    [InlineData("2025-02-29T00:00:00Z")]
    [InlineData("2025-13-01T00:00:00Z")]
    [InlineData("2025-00-01T00:00:00Z")]
    [InlineData("2025-01-01T24:00:00Z")]
    [InlineData("2025-01-01T00:60:00Z")]
    [InlineData("2025-01-01T00:00:60Z")]
    [InlineData("2025-01-01T00:00:00.Z")]
    [InlineData("2025-01-01T00:00:00+0100")]
    [InlineData("2025-01-01T00:00:00+24:00")]
    [InlineData("2025-01-01T00:00:00Z ")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    [InlineData("１９７０-01-01T00:00:00Z")]
    public void What_is_no_instant_is_refused(string text) => Assert.False(WireInstant.TryParse(text, out _));

    [Fact]
    public void An_instant_beyond_the_calendar_cannot_be_written() =>
        Assert.Throws<InvalidOperationException>(() => new WireInstant(253402300800000).ToString());
}
