using System.Globalization;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Domain.Tests.Usage.Events;

public sealed class JsonNumberTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("-0", "0")]
    [InlineData("10", "10")]
    [InlineData("1.50", "1.5")]
    [InlineData("-12.75", "-12.75")]
    [InlineData("1e2", "100")]
    [InlineData("1E+2", "100")]
    [InlineData("25e-1", "2.5")]
    [InlineData("0.0000000000000000000000000001", "0.0000000000000000000000000001")]
    [InlineData("1e-28", "0.0000000000000000000000000001")]
    [InlineData("10e-29", "0.0000000000000000000000000001")]
    [InlineData("1000000000000000000000000000", "1000000000000000000000000000")]
    [InlineData("0.30000000000000004", "0.30000000000000004")]
    [InlineData("1.00000000000000000000000000000000", "1")]
    public void Exact_numbers_are_read_in_their_shortest_form(string text, string shortest)
    {
        Assert.True(JsonNumber.TryParse(text, out var value));
        Assert.Equal(shortest, value.ToString(CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("0x10")]
    [InlineData("NaN")]
    [InlineData("1,000")]
    public void What_is_no_JSON_number_is_none(string text) => Assert.False(JsonNumber.TryParse(text, out _));

    [Theory]
    [InlineData("1e300")]
    [InlineData("1e-29")]
    [InlineData("12345678901234567890123456789")]
    [InlineData("0.12345678901234567890123456789")]
    [InlineData("1e99999")]
    public void What_would_be_rounded_is_not_taken(string text) => Assert.False(JsonNumber.TryParse(text, out _));
}
