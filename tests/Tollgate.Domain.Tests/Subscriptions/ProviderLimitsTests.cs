using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>What a billing provider cannot take (spec subscriptions 5.3 step 11 and 6.3).</summary>
public sealed class ProviderLimitsTests
{
    private static readonly PackageVersion Pro = Given.ProPlan();
    private static readonly PackageVersion Basic = Given.ProPlan("basic", 5, 50);
    private static readonly Instant Later = Given.Now + Duration.FromDays(10);
    private static readonly CustomerId Payer = new("payer");

    private static SubscriptionDecision Provision(
        PackageVersion plan, Func<ProvisionRequest, ProvisionRequest>? with = null, params Subscription[] held)
    {
        var request = new ProvisionRequest(Given.CustomerId, plan.Id)
        {
            BillingPeriod = plan.PricingType == PricingType.Paid ? BillingPeriod.Monthly : null,
        };
        return ProvisionSubscription.Decide(
            with?.Invoke(request) ?? request,
            Given.Provision(plan, [.. held.Select(s => Given.Held(s, s.PlanId == Pro.Id ? Pro : Given.FreePlan()))]) with
            {
                PayingCustomer = Given.Customer() with { Id = Payer },
            },
            Later, Given.Ids()).Value;
    }

    private static SubscriptionDecision Update(Subscription subscription, UpdateRequest request) => UpdateSubscription.Decide(
        request, new(Given.Held(subscription, Pro), Given.Journey(), Given.Features(), [subscription]), Later,
        Given.Ids(3000)).Value;

    [Fact]
    public void What_begins_to_be_billed_counts_for_its_payer_and_nothing_else()
    {
        var live = Given.Live(Pro);
        string[] Gains(SubscriptionDecision decision) =>
            [.. ProviderLimits.Gains(decision).Select(gain => $"{gain.Key} {gain.Value}")];

        Assert.Equal(["acme 1"], Gains(Provision(Pro)));
        Assert.Equal(["payer 1"], Gains(Provision(Pro, r => r with { PayingCustomerId = Payer })));
        Assert.Equal(["acme 1"], Gains(Provision(Pro, r => r with { StartDate = Later + Duration.FromDays(5) })));
        Assert.Equal(["acme 1"], Gains(Provision(Pro, r => r with { Trial = new(true, Later + Duration.FromDays(5)) })));
        Assert.Empty(Gains(Provision(Pro, r => r with { PaymentCollectionMethod = PaymentCollectionMethod.None })));
        Assert.Empty(Gains(Provision(Given.FreePlan())));
        // In its place: a plan for a plan, more seats, the same record paid by somebody else, an end.
        Assert.Empty(Gains(Provision(Basic, null, live)));
        Assert.Empty(Gains(Provision(Basic, r => r with { Id = new("fresh") }, live)));
        Assert.Empty(Gains(Update(live, new() { Quantities = [new(Given.Seats, 7)] })));
        Assert.Equal(["payer 1"], Gains(MoveSubscription.ToPayer(
            live, Payer, Given.Customer() with { Id = Payer }, Given.Journey(), Later, isMethodMissing: false).Value));
        Assert.Equal(["acme 1"], Gains(Update(
            live with { PaymentCollectionMethod = PaymentCollectionMethod.None },
            new() { PaymentCollectionMethod = PaymentCollectionMethod.Charge })));
        // What waits for its payment is billed, and counts once it is active.
        Assert.True(ProviderLimits.IsCounted(live));
        Assert.False(ProviderLimits.IsCounted(live with { Status = SubscriptionStatus.PaymentPending }));
    }

    [Theory]
    [InlineData(498, 1, null)]
    [InlineData(499, 1, null)]
    [InlineData(500, 1, ErrorCode.TooManySubscriptionsPerCustomer)]
    [InlineData(499, 2, ErrorCode.TooManySubscriptionsPerCustomer)]
    public void The_number_is_what_a_payer_may_have(int active, int gain, ErrorCode? code) =>
        Assert.Equal(code, ProviderLimits.CheckCount(Payer, active, gain, 500, "stripe")?.Code);

    [Fact]
    public void Only_downgrades_to_another_period_that_wait_need_a_schedule()
    {
        var yearly = Given.Live(Pro, BillingPeriod.Annually);
        ErrorCode? Code(SubscriptionDecision decision) => ProviderLimits.CheckSchedule(decision, "stripe")?.Code;
        UpdateRequest To(BillingPeriod period, ScheduleStrategy when) =>
            new() { BillingPeriod = period, ScheduleStrategy = when };
        SubscriptionDecision Down(Subscription held, BillingPeriod period, ScheduleStrategy when) => Provision(
            Basic, r => r with { BillingPeriod = period, ScheduleStrategy = when }, held);
        const ScheduleStrategy atEnd = ScheduleStrategy.EndOfBillingPeriod;

        Assert.Equal(ErrorCode.DowngradeBillingPeriodNotSupportedError, Code(Update(yearly, To(BillingPeriod.Monthly, atEnd))));
        Assert.Equal(ErrorCode.DowngradeBillingPeriodNotSupportedError, Code(Update(
            yearly, To(BillingPeriod.Monthly, ScheduleStrategy.EndOfBillingMonth))));
        Assert.Equal(ErrorCode.DowngradeBillingPeriodNotSupportedError, Code(Down(yearly, BillingPeriod.Monthly, atEnd)));
        Assert.Equal(
            ErrorCode.DowngradeBillingPeriodNotSupportedError, Code(Down(Given.Live(Pro), BillingPeriod.Annually, atEnd)));

        Assert.Null(Code(Update(yearly, To(BillingPeriod.Monthly, ScheduleStrategy.Immediate))));
        Assert.Null(Code(Update(Given.Live(Pro), To(BillingPeriod.Annually, atEnd))));
        Assert.Null(Code(Down(yearly, BillingPeriod.Annually, atEnd)));
        Assert.Null(Code(Down(yearly, BillingPeriod.Monthly, ScheduleStrategy.Immediate)));
        Assert.Null(Code(Provision(Given.FreePlan(), r => r with { ScheduleStrategy = atEnd }, yearly)));
        // What waits already was accepted: other changes of the record are not in its way.
        var waiting = Update(yearly, To(BillingPeriod.Monthly, atEnd)).Subject;
        Assert.Null(Code(Update(waiting, new() { Metadata = new(new Dictionary<string, string> { ["a"] = "b" }) })));
    }
}
