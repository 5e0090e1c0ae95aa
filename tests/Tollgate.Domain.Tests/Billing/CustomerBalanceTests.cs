using FsCheck;
using FsCheck.Fluent;
using Tollgate.Domain.Billing;

namespace Tollgate.Domain.Tests.Billing;

public sealed class CustomerBalanceTests
{
    [Fact]
    public void Oldest_is_used_first()
    {
        var (a, b, c) = (Given(5, remaining: 2), Given(4, remaining: 4), Given(9, remaining: 9));

        var uses = CustomerBalance.Use([a, b, c], 7.50m);

        // 2 of the first, 4 of the second, the other 1.50 of the third.
        Assert.Equal([(a, 2m), (b, 4m), (c, 1.50m)], uses);
    }

    [Fact]
    public void More_than_there_is_is_a_broken_call() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => CustomerBalance.Use([Given(5, 5)], 5.01m));

    [Fact]
    public void Use_takes_exactly_the_amount_and_never_more_than_an_entry_holds() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<byte[]>(),
            ArbMap.Default.ArbFor<byte>(),
            (cents, part) =>
            {
                var given = cents.Select(c => Given(c / 100m, c / 100m)).ToList();
                var amount = decimal.Round(given.Sum(e => e.Remaining) * part / 255m, 2, MidpointRounding.ToZero);
                var uses = CustomerBalance.Use(given, amount);
                return uses.Sum(u => u.Amount) == amount
                    && uses.All(u => u.Amount > 0 && u.Amount <= u.Source.Remaining)
                    // Only the last entry touched may have something left.
                    && uses.SkipLast(1).All(u => u.Amount == u.Source.Remaining);
            }).QuickCheckThrowOnFailure();

    private static BalanceEntry Given(decimal amount, decimal remaining) => new()
    {
        Uid = Guid.NewGuid(),
        Kind = BalanceEntryKind.CreditNote,
        Amount = amount,
        Remaining = remaining,
        InvoiceUid = Guid.Empty,
        CreatedAt = GivenInvoice.Issued,
    };
}
