using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>When a contract is billed, and for which time (spec integrations 11).</summary>
public sealed class ContractScheduleTests
{
    private static readonly Instant Jan1 = Instant.FromUtc(2026, 1, 1, 0, 0);

    private static readonly ContractBilling Monthly = new()
    {
        Period = BillingPeriod.Monthly,
        Currency = "usd",
        Lines = [new("Fee") { UnitPrice = 1000 }, new("Calls") { UnitPrice = 0.002m, FeatureId = new("calls") }],
    };

    private static readonly Dictionary<FeatureId, Feature> Features =
        Given.Features(Given.Feature(new("calls"))).ToDictionary();

    [Fact]
    public void January_usage_is_on_the_bill_of_February()
    {
        var second = Billed(Set(Contract(null), Jan1));
        var bill = ContractSchedule.Next(second)!;
        var calls = ContractSchedule.Needs(second, bill);

        Assert.Equal(Instant.FromUtc(2026, 2, 1, 0, 0), bill.At);
        Assert.Equal(new BillingWindow(Jan1, bill.At), Assert.Single(calls.Values).Window);
        var lines = ContractSchedule.Lines(second, bill, calls.Keys.ToDictionary(l => l, _ => 150_000m), Features);
        // 150,000 x 0.002.
        Assert.Equal([1000m, 300], lines.Select(line => line.Amount));
    }

    [Fact]
    public void Nothing_is_due_without_billing_before_set_up_or_after_the_end()
    {
        Assert.Null(ContractSchedule.Next(Contract(null)));
        Assert.Null(ContractSchedule.Next(Set(Contract(null) with { IsBilled = false }, Jan1)));
        Assert.Null(ContractSchedule.Next(Set(Contract(Jan1 + Duration.FromDays(1)), Jan1 + Duration.FromDays(1))));
        var canceled = ContractRules.Cancel(Set(Contract(null), Jan1), Jan1).Value;
        Assert.Null(ContractSchedule.Next(canceled));
    }

    [Fact]
    public void Later_end_goes_on_where_the_fees_stopped()
    {
        var contract = Billed(Set(Contract(Jan1 + Duration.FromDays(10)), Jan1));
        var extended = ContractSchedule.Reschedule(
            contract with { EndsAt = Instant.FromUtc(2026, 12, 1, 0, 0) }, Jan1 + Duration.FromDays(5));

        var bill = ContractSchedule.Next(extended)!;
        Assert.Equal(new BillingWindow(Jan1 + Duration.FromDays(10), Instant.FromUtc(2026, 2, 1, 0, 0)), bill.Fees);
    }

    /// <summary>Whatever the start, the set-up, the end and the period: fees and usage cover every second once.</summary>
    [Fact]
    public void Fees_and_usage_cover_the_contract_without_gap_or_overlap() => Prop.ForAll(
        Gen.Choose(0, 900).Three().ToArbitrary(),
        days =>
        {
            var (start, late, length) = (Jan1 + Duration.FromHours(days.Item1 * 7), days.Item2 % 60, 1 + days.Item3);
            var contract = Contract(start + Duration.FromDays(late + length)) with { StartsAt = start };
            var setUp = start + Duration.FromDays(late);
            contract = Set(contract, setUp, days.Item3 % 2 == 0 ? BillingPeriod.Monthly : BillingPeriod.Annually);
            var (fees, usage) = (setUp, setUp);
            while (ContractSchedule.Next(contract) is { } bill)
            {
                if (bill.Fees is { } ahead)
                {
                    Assert.Equal(fees, ahead.Start);
                    fees = ahead.End;
                }

                if (bill.Usage is { } behind)
                {
                    Assert.Equal(usage, behind.Start);
                    usage = behind.End;
                }

                contract = ContractSchedule.Billed(contract, bill);
            }

            Assert.Equal((contract.EndsAt!.Value, contract.EndsAt!.Value), (fees, usage));
        }).QuickCheckThrowOnFailure();

    private static Contract Contract(Instant? end) => new()
    {
        Uid = Given.Uid(1),
        Id = "contract",
        CustomerId = Given.CustomerId,
        StartsAt = Jan1,
        EndsAt = end,
        IsBilled = true,
        SubscriptionIds = [new("deal")],
        CreatedAt = Jan1,
        UpdatedAt = Jan1,
    };

    private static Contract Set(Contract contract, Instant at, BillingPeriod period = BillingPeriod.Monthly) =>
        ContractSchedule.Set(contract, Monthly with { Period = period }, hasEmail: true, Features, at).Value;

    private static Contract Billed(Contract contract) =>
        ContractSchedule.Billed(contract, ContractSchedule.Next(contract)!);
}
