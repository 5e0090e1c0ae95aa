using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>What a writer may build on is what was committed last, in whatever order writers publish.</summary>
public sealed class CreditCellTests
{
    private static readonly CustomerId Customer = new("c");
    private static readonly CustomerCredits First = Credits("first");
    private static readonly CustomerCredits Second = Credits("second");

    private readonly CreditCell _cell = new(new EnvironmentId(1), Customer);

    [Fact]
    public void Writer_builds_on_what_the_one_before_published()
    {
        _cell.Publish([], First, _cell.Committing());
        Assert.Equal(["first"], Currencies(_cell.Committed));
        Assert.Equal(["first"], Currencies(_cell.Current));
    }

    [Fact]
    public void Nothing_is_built_on_while_a_commit_is_not_published()
    {
        _cell.Publish([], First, _cell.Committing());
        _cell.Committing();
        Assert.Null(_cell.Committed);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Writer_that_was_overtaken_before_it_published_is_never_built_on(bool isFirstPublishedFirst)
    {
        var first = _cell.Committing();
        // Its transaction has ended, so the next writer begins, reads from the database, and commits.
        var second = _cell.Committing();

        if (isFirstPublishedFirst)
            _cell.Publish([], First, first);
        else
            _cell.Publish([], Second, second);
        var between = Currencies(_cell.Committed);
        if (isFirstPublishedFirst)
            _cell.Publish([], Second, second);
        else
            _cell.Publish([], First, first);

        Assert.NotEqual(["first"], between);
        Assert.NotEqual(["first"], Currencies(_cell.Committed));
        Assert.NotEqual(["first"], Currencies(_cell.Current));
    }

    [Fact]
    public void Reader_that_read_before_a_commit_offers_nothing_after_it()
    {
        var read = _cell.Version;
        _cell.Committing();
        _cell.Offer(First, read);
        Assert.Null(_cell.Current);
    }

    private static CustomerCredits Credits(string currency)
    {
        var key = new PoolKey(Customer, null, new CurrencyId(currency));
        return new(new Dictionary<PoolKey, CreditPool> { [key] = CreditPool.Of(key, []) });
    }

    private static string[] Currencies(CustomerCredits? credits) =>
        credits?.Pools.Keys.Select(key => key.CurrencyId.Value).ToArray() ?? [];
}
