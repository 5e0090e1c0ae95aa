using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>Which bills stay drafts for late usage, and when they are issued (spec entitlements-and-usage 8.2.6).</summary>
public sealed class UsageDraftsTests
{
    private static readonly PackageVersion Metered =
        Given.Plan("metered", PricingType.Paid, Bills.Base(20), Bills.PerCall(1), Bills.PerCall(1, BillingPeriod.Annually));
    private static readonly PackageVersion Calls = Given.Plan("calls", PricingType.Paid, Bills.PerCall(1));
    private static readonly HashSet<FeatureId> Recomputed = [Bills.Calls];

    [Fact]
    public void Bills_that_time_makes_at_the_end_of_a_period_wait_for_usage()
    {
        var renewed = OnJune1("metered");
        renewed.Report(Bills.Calls, 5);
        renewed.AdvanceTo(Bills.Jul1);
        var ended = OnJune1("metered");
        ended.Report(Bills.Calls, 5);
        ended.Cancel(new() { Time = CancellationTime.EndOfBillingPeriod });
        ended.AdvanceTo(Bills.Jul1);
        var stopped = OnJune1("metered");
        stopped.Report(Bills.Calls, 5);
        stopped.Cancel(new() { Time = CancellationTime.SpecificDate, EndDate = Bills.Jun16 });
        stopped.AdvanceTo(Bills.Jul1);

        Assert.Equal([true], Waits(renewed));
        Assert.Equal([true], Waits(ended));
        Assert.Equal([true], Waits(stopped));
        Assert.False(UsageDrafts.UsageOf(renewed.Books[^1].Drafts[0], renewed.Books[^1], new HashSet<FeatureId>()) is not null);
        // It is about June, of the record as it was.
        var usage = UsageDrafts.UsageOf(renewed.Books[^1].Drafts[0], renewed.Books[^1], Recomputed)!;
        Assert.Equal((Bills.Jun1, true), (usage.Subscription.CurrentBillingPeriodStart, usage.IsPurchase));
        Assert.Equal([20m, 5], Bills.Amounts(usage.LinesInOrder()));
    }

    [Fact]
    public void Bills_of_calls_are_issued_when_they_are_made()
    {
        var ledger = OnJune1("metered");
        ledger.Report(Bills.Calls, 5);
        ledger.AdvanceTo(Bills.Jun16);
        ledger.Charge();
        Assert.Equal([false], Waits(ledger));
        ledger.Report(Bills.Calls, 5);
        ledger.Cancel(new() { Time = CancellationTime.Immediate });

        Assert.Equal([false], Waits(ledger));
    }

    [Fact]
    public void Bill_of_nothing_waits_only_where_it_buys_no_period()
    {
        var ended = OnJune1("calls");
        ended.Cancel(new() { Time = CancellationTime.EndOfBillingPeriod });
        ended.AdvanceTo(Bills.Jul1);

        var books = ended.Books[^1];
        var idle = Assert.Single(books.Idle);
        Assert.Empty(books.Drafts);
        var usage = UsageDrafts.UsageOf(idle, books, Recomputed);
        Assert.NotNull(usage);
        Assert.True(UsageDrafts.IsNothing(usage, Drafted(idle.Draft.Lines)));
        Assert.False(UsageDrafts.IsNothing(usage with { IsPurchase = true }, Drafted(idle.Draft.Lines)));
        Assert.False(UsageDrafts.IsNothing(usage, Drafted([idle.Draft.Lines[0] with { Amount = 1 }])));
        Assert.False(UsageDrafts.IsNothing(null, Drafted(idle.Draft.Lines)));
    }

    [Fact]
    public void Draft_is_due_before_anything_else_of_its_instant_and_after_the_end_of_its_subscription()
    {
        var (first, second) = (Given.Uid(71), Given.Uid(72));
        var active = OnJune1("metered").Live with { MonthEndsSoonSentFor = Bills.Jul1 };
        var open = UsageDrafts.Open(UsageDrafts.Open(active, new(first, Bills.Jul1)), new(second, Bills.Jul1 + Duration.FromDays(1)));

        Assert.Equal(new(Bills.Jul1, DueKind.BillFinal), Due.Next(open));
        // July 1 is the end of the period, too.
        Assert.Equal(new(Bills.Jul1, DueKind.PeriodRoll), Due.Next(active));
        var ended = SubscriptionLifecycle.Cancel(open, Bills.Jun16, CancelReason.Immediate);
        Assert.Equal(new(Bills.Jul1, DueKind.BillFinal), Due.Next(ended));
        Assert.Equal(new(Bills.Jul1 + Duration.FromDays(1), DueKind.BillFinal), Due.Next(UsageDrafts.Close(ended, first)));
        Assert.Null(Due.Next(UsageDrafts.Close(UsageDrafts.Close(ended, first), second)));
        Assert.Equal(ended.UpdatedAt, UsageDrafts.Close(ended, first).UpdatedAt);
    }

    private static Ledger OnJune1(string plan)
    {
        var ledger = new Ledger(Metered, Calls);
        ledger.Provision(plan);
        return ledger;
    }

    /// <summary>Of each bill of the last decision that billed anything.</summary>
    private static IEnumerable<bool> Waits(Ledger ledger)
    {
        var books = ledger.Books.Last(bill => bill.Drafts.Count > 0);
        return books.Drafts.Select(draft => UsageDrafts.UsageOf(draft, books, Recomputed) is not null);
    }

    private static Invoice Drafted(IReadOnlyList<InvoiceLine> lines) => new()
    {
        Uid = Given.Uid(70),
        CustomerId = Given.CustomerId,
        Status = InvoiceStatus.Draft,
        Reason = BillingReason.BillingCycle,
        Currency = "usd",
        Amounts = new(0, 0, 0, 0, 0, 0),
        Lines = lines,
        CreatedAt = Bills.Jul1,
        UpdatedAt = Bills.Jul1,
    };
}
