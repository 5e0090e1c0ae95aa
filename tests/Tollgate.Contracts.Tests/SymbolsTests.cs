namespace Tollgate.Contracts.Tests;

public sealed class SymbolsTests
{
    public enum Sample
    {
        None,
        NewCustomers,
        EndOfBillingPeriod,
        IOError,
        OneOff,
    }

    [Fact]
    public void Members_are_upper_snake_by_default()
    {
        var symbols = new Symbols<Sample>();
        Assert.Equal(["NONE", "NEW_CUSTOMERS", "END_OF_BILLING_PERIOD", "IO_ERROR", "ONE_OFF"], symbols.All);
        Assert.Equal("NEW_CUSTOMERS", symbols.ToSymbol(Sample.NewCustomers));
        Assert.True(symbols.TryParse("IO_ERROR", out var member));
        Assert.Equal(Sample.IOError, member);
    }

    [Theory]
    [InlineData("new_customers")]
    [InlineData("NewCustomers")]
    [InlineData("1")]
    [InlineData("")]
    public void Parsing_is_exact(string symbol) => Assert.False(new Symbols<Sample>().TryParse(symbol, out _));

    [Fact]
    public void Overrides_replace_the_style()
    {
        var symbols = new Symbols<Sample>(
            SymbolStyle.UpperSnake, new Dictionary<Sample, string> { [Sample.None] = "None" });
        Assert.Equal("None", symbols.ToSymbol(Sample.None));
        Assert.Equal("ONE_OFF", symbols.ToSymbol(Sample.OneOff));
        Assert.False(symbols.TryParse("NONE", out _));
        Assert.Equal("OneOff", new Symbols<Sample>(SymbolStyle.Pascal).ToSymbol(Sample.OneOff));
    }

    [Fact]
    public void Broken_calls_throw()
    {
        Assert.Throws<ArgumentException>(() => new Symbols<Sample>(
            SymbolStyle.UpperSnake, new Dictionary<Sample, string> { [Sample.None] = "ONE_OFF" }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Symbols<Sample>().ToSymbol((Sample)99));
    }
}
