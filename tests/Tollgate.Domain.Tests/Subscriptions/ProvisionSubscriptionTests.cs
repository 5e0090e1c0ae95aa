using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

public sealed class ProvisionSubscriptionTests
{
    private static readonly PackageVersion Pro = Given.ProPlan();
    private static readonly PackageVersion Team = Given.ProPlan("team", monthly: 20, annually: 200);
    private static readonly PackageVersion Enterprise = Given.Plan("enterprise", PricingType.Custom);

    private static ProvisionRequest Ask(
        PackageVersion plan, BillingPeriod? period = BillingPeriod.Monthly) =>
        new(Given.CustomerId, plan.Id) { BillingPeriod = period, SkipTrial = true };

    private static Result<SubscriptionDecision> Decide(ProvisionRequest request, ProvisionFacts facts) =>
        ProvisionSubscription.Decide(request, facts, Given.Now, Given.Ids());

    private static EventType[] Types(SubscriptionDecision decision) => [.. decision.Events.Select(e => e.Type)];

    [Fact]
    public void A_paid_plan_without_billing_integration_is_active_at_once_with_its_period()
    {
        var decision = Decide(Ask(Pro), Given.Provision(Pro)).Value;

        Assert.Equal(SubscriptionStatus.Active, decision.Subject.Status);
        Assert.Equal(PaymentCollection.NotRequired, decision.Subject.PaymentCollection);
        Assert.Equal(Given.Now, decision.Subject.BillingCycleAnchor);
        Assert.Equal(Instant.FromUtc(2026, 2, 28, 10, 13), decision.Subject.CurrentBillingPeriodEnd);
        Assert.Equal(1m, decision.Subject.Quantities[Given.Seats]);
        Assert.Equal([EventType.SubscriptionCreated], Types(decision));
        Assert.Empty(decision.UsageCutoffs);
    }

    [Fact]
    public void A_free_plan_has_neither_period_nor_anchor_whatever_period_is_sent()
    {
        var decision = Decide(Ask(Given.FreePlan()), Given.Provision(Given.FreePlan())).Value;

        Assert.Null(decision.Subject.BillingPeriod);
        Assert.Null(decision.Subject.BillingCycleAnchor);
        Assert.Null(decision.Subject.CurrentBillingPeriodEnd);
    }

    [Fact]
    public void Access_is_refused_in_the_order_customer_plan_product()
    {
        var facts = Given.Provision(Pro);
        var archived = Given.Customer() with { ArchivedAt = Given.Now };
        var archivedProduct = Given.Journey(Given.Product() with { IsArchived = true });

        Assert.Equal(ErrorCode.CustomerNotFound, Given.Code(Decide(Ask(Pro), facts with
        {
            Customer = null,
            Plan = null
        })));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(Decide(Ask(Pro), facts with { Customer = archived })));
        Assert.Equal(ErrorCode.PlanNotFound, Given.Code(Decide(Ask(Pro), facts with { Plan = null, Journey = null })));
        Assert.Equal(ErrorCode.UnPublishedPackage, Given.Code(
            Decide(Ask(Pro), facts with { Plan = Given.Facts(Pro with { Status = PackageStatus.Draft }) })));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(
            Decide(Ask(Pro), facts with { Plan = Given.Facts(Pro with { Status = PackageStatus.Archived }) })));
        Assert.Equal(ErrorCode.ProductNotPublishedError, Given.Code(
            Decide(Ask(Pro), facts with { Journey = archivedProduct })));
    }

    [Fact]
    public void A_resource_is_needed_exactly_for_products_with_multiple_subscriptions()
    {
        var multiple = Given.Provision(Pro) with
        {
            Journey = Given.Journey(Given.Product() with { MultipleSubscriptions = true }),
        };

        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Decide(Ask(Pro), multiple)));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(
            Decide(Ask(Pro) with { ResourceId = new("site-1") }, Given.Provision(Pro))));
        Assert.Equal(new ResourceId("site-1"),
            Decide(Ask(Pro) with { ResourceId = new("site-1") }, multiple).Value.Subject.ResourceId);
    }

    [Fact]
    public void A_paid_plan_needs_a_period_it_offers()
    {
        var monthlyOnly = Given.Plan("m", PricingType.Paid, Given.Charge(BillingModel.FlatFee, 5));

        Assert.Equal(ErrorCode.BillingPeriodMissingError, Given.Code(Decide(Ask(Pro, period: null),
            Given.Provision(Pro))));
        Assert.Equal(ErrorCode.BillingPeriodMissingError, Given.Code(
            Decide(Ask(monthlyOnly, BillingPeriod.Annually), Given.Provision(monthlyOnly))));
    }

    [Theory]
    [InlineData(0, ErrorCode.InvalidQuantity)]
    [InlineData(51, ErrorCode.InvalidQuantity)]
    [InlineData(1.5, ErrorCode.InvalidQuantity)]
    public void Quantities_outside_the_charge_are_refused(double quantity, ErrorCode code) => Assert.Equal(code,
        Given.Code(
        Decide(Ask(Pro) with { Quantities = [new(Given.Seats, (decimal)quantity)] }, Given.Provision(Pro))));

    [Fact]
    public void Units_of_a_charge_that_the_plan_lacks_are_refused()
    {
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(
            Decide(Ask(Pro) with { Quantities = [new(new("calls"), 1)] }, Given.Provision(Pro))));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(
            Decide(Ask(Given.FreePlan()) with { UnitQuantity = 3 }, Given.Provision(Given.FreePlan()))));
        Assert.Equal(7m, Decide(Ask(Pro) with { UnitQuantity = 7 }, Given.Provision(Pro))
            .Value.Subject.Quantities[Given.Seats]);
    }

    [Fact]
    public void A_custom_plan_needs_the_values_it_leaves_open()
    {
        var plan = Enterprise with
        {
            Entitlements = [new() { FeatureId = Given.Seats, IsCustom = true, CreatedAt = Given.Now,
                UpdatedAt = Given.Now }],
        };
        var facts = Given.Provision(plan) with { Features = Given.Features(Given.Feature(Given.Seats)) };

        var missing = Decide(Ask(plan, null), facts);
        var softOnly = Decide(Ask(plan, null) with { Overrides = [new(Given.Seats) { HasSoftLimit = true }] }, facts);
        var given = Decide(Ask(plan, null) with { Overrides = [new(Given.Seats) { UsageLimit = 500 }] }, facts);

        Assert.Equal(ErrorCode.BadUserInput, Given.Code(missing));
        Assert.Contains("seats", missing.Refusal!.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(softOnly));
        Assert.Equal(500m, Assert.Single(given.Value.Subject.Overrides).UsageLimit);
    }

    [Fact]
    public void Overrides_of_unknown_archived_or_unfitting_features_are_refused()
    {
        var facts = Given.Provision(Pro) with
        {
            Features = Given.Features(
                Given.Feature(new("old")) with { Status = FeatureStatus.Suspended },
                Given.Feature(new("sso"), FeatureType.Boolean), Given.Feature(Given.Seats)),
        };
        Result<SubscriptionDecision> With(params OverrideInput[] overrides) =>
            Decide(Ask(Pro) with { Overrides = overrides }, facts);

        Assert.Equal(ErrorCode.FeatureNotFound, Given.Code(With(new OverrideInput(new("none")))));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(With(new OverrideInput(new("old")))));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(With(new OverrideInput(new("sso")) { UsageLimit = 1 })));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed,
            Given.Code(With(new(Given.Seats) { UsageLimit = 1 }, new(Given.Seats) { UsageLimit = 2 })));
        Assert.Equal(ErrorCode.InvalidEntitlementResetPeriod, Given.Code(With(new OverrideInput(Given.Seats)
        {
            UsageLimit = 1,
            Reset = new() { Period = new(ResetPeriod.Month), Weekly = ResetAnchor.EveryMonday },
        })));
    }

    [Fact]
    public void Dates_metadata_and_currency_are_checked()
    {
        var past = Ask(Pro) with { CancellationDate = Given.Now };
        var metadata = Ask(Pro) with { Metadata = new Dictionary<string, string> { ["k"] = new('x', 501) } };

        Assert.Equal(ErrorCode.InvalidCancellationDate, Given.Code(Decide(past, Given.Provision(Pro))));
        Assert.Equal(ErrorCode.InvalidMetadataError, Given.Code(Decide(metadata, Given.Provision(Pro))));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(
            Decide(Ask(Pro), Given.Provision(Pro) with { FixedCurrency = "inr" })));
    }

    [Fact]
    public void The_same_call_again_changes_nothing_and_logs_nothing()
    {
        var request = Ask(Pro) with
        {
            Quantities = [new(Given.Seats, 5)],
            Metadata = new Dictionary<string, string> { ["crm"] = "1" },
        };
        var first = Decide(request, Given.Provision(Pro)).Value.Subject;

        var again = ProvisionSubscription.Decide(request, Given.Provision(Pro, Given.Held(first, Pro)),
            Given.Now + Duration.FromSeconds(3), Given.Ids()).Value;

        Assert.True(again.IsNoChange);
        Assert.Empty(again.Events);
        Assert.Equal(first.Id, again.Subject.Id);
    }

    [Fact]
    public void The_plan_held_already_is_updated_and_a_pending_cancellation_undone()
    {
        var held = Given.Live(Pro) with
        {
            CancellationDate = Given.Now + Duration.FromDays(9),
            Quantities = new Dictionary<FeatureId, decimal> { [Given.Seats] = 4 },
        };

        var decision = Decide(Ask(Pro), Given.Provision(Pro, Given.Held(held, Pro))).Value;

        Assert.Null(decision.Subject.CancellationDate);
        Assert.Equal(4m, decision.Subject.Quantities[Given.Seats]);
        Assert.Equal([EventType.SubscriptionUpdated], Types(decision));
    }

    [Fact]
    public void Free_to_paid_is_a_new_record_and_resets_usage()
    {
        var free = Given.Live(Given.FreePlan(), at: Given.Now - Duration.FromDays(3));

        var decision = Decide(Ask(Pro), Given.Provision(Pro, Given.Held(free, Given.FreePlan()))).Value;

        Assert.NotEqual(free.Uid, decision.Subject.Uid);
        Assert.Equal([EventType.SubscriptionCanceled, EventType.SubscriptionCreated], Types(decision));
        Assert.Equal(CancelReason.UpgradeOrDowngrade, decision.Changed[0].CancelReason);
        Assert.Equal(PlanDirection.Upgrade, decision.Direction);
        Assert.Equal("true", decision.Events[1].Facts!["isUpgrade"]);
        Assert.Equal(Given.Now, Assert.Single(decision.UsageCutoffs).At);
        Assert.Equal(Given.Now, decision.Subject.UsageAnchor);
    }

    [Fact]
    public void Paid_to_paid_keeps_the_record_and_its_cycle_and_states_the_whole_content()
    {
        var start = Given.Now - Duration.FromDays(10);
        var held = Given.Live(Pro, at: start) with
        {
            Quantities = new Dictionary<FeatureId, decimal> { [Given.Seats] = 9 },
        };

        var decision = Decide(Ask(Team), Given.Provision(Team, Given.Held(held, Pro))).Value;

        Assert.Equal(held.Uid, decision.Subject.Uid);
        Assert.Equal(new PackageId("team"), decision.Subject.PlanId);
        Assert.Equal(start, decision.Subject.BillingCycleAnchor);
        Assert.Equal(1m, decision.Subject.Quantities[Given.Seats]);
        Assert.Equal(PlanDirection.Upgrade, decision.Direction);
        Assert.Equal([EventType.SubscriptionUpdated], Types(decision));
        Assert.Equal(Given.Now, decision.Subject.UsageAnchor);
    }

    [Theory]
    [InlineData(UsageResetCutoff.AlwaysReset, true)]
    [InlineData(UsageResetCutoff.NeverReset, false)]
    [InlineData(UsageResetCutoff.BillingPeriodChange, false)]
    public void The_product_decides_whether_a_plan_change_resets_usage(UsageResetCutoff rule, bool resets)
    {
        var start = Given.Now - Duration.FromDays(10);
        var facts = Given.Provision(Team, Given.Held(Given.Live(Pro, at: start), Pro)) with
        {
            Journey = Given.Journey(Given.Product() with { UsageResetCutoff = rule }),
        };

        var decision = Decide(Ask(Team), facts).Value;
        var longer = Decide(Ask(Team, BillingPeriod.Annually), facts).Value;

        Assert.Equal(resets ? 1 : 0, decision.UsageCutoffs.Count);
        Assert.Equal(resets ? Given.Now : start, decision.Subject.UsageAnchor);
        Assert.Equal(rule == UsageResetCutoff.NeverReset ? 0 : 1, longer.UsageCutoffs.Count);
        Assert.Equal(Given.Now, longer.Subject.BillingCycleAnchor);
    }

    [Fact]
    public void Paid_to_free_and_to_custom_move_the_record_and_end_its_cycle()
    {
        foreach (var target in new[] { Given.FreePlan(), Enterprise })
        {
            var held = Given.Live(Pro);
            var decision = Decide(Ask(target, null), Given.Provision(target, Given.Held(held, Pro))).Value;

            Assert.Equal(held.Uid, decision.Subject.Uid);
            Assert.Equal(target.PricingType, decision.Subject.PricingType);
            Assert.Null(decision.Subject.BillingPeriod);
            Assert.Null(decision.Subject.CurrentBillingPeriodEnd);
            Assert.Empty(decision.Subject.Quantities);
        }
    }

    [Fact]
    public void Custom_to_paid_is_a_new_record_and_a_new_cycle()
    {
        var held = Given.Live(Enterprise, null, Given.Now - Duration.FromDays(1));

        var decision = Decide(Ask(Pro), Given.Provision(Pro, Given.Held(held, Enterprise))).Value;

        Assert.NotEqual(held.Uid, decision.Subject.Uid);
        Assert.Equal(PlanDirection.Downgrade, decision.Direction);
        Assert.Equal(Given.Now, decision.Subject.BillingCycleAnchor);
    }

    [Fact]
    public void An_explicit_id_names_the_record_held_or_makes_a_new_one()
    {
        var held = Given.Live(Pro);
        var facts = Given.Provision(Team, Given.Held(held, Pro));

        var same = Decide(Ask(Team) with { Id = held.Id }, facts with { WithRequestedId = held }).Value;
        var unused = Decide(Ask(Team) with { Id = new("mine") }, facts).Value;
        var foreign = Decide(Ask(Team) with { Id = new("other") }, facts with
        {
            WithRequestedId = Given.Subscription("other") with { Uid = Given.Uid(77), CustomerId = new("b") },
        });
        var bad = Decide(Ask(Team) with { Id = new("-no") }, facts);

        Assert.Equal(held.Uid, same.Subject.Uid);
        Assert.Equal(new SubscriptionId("mine"), unused.Subject.Id);
        Assert.Equal(SubscriptionStatus.Canceled, unused.Changed[0].Status);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(foreign));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(bad));
    }

    [Fact]
    public void A_future_start_waits_beside_the_live_record_and_replaces_another_waiting_one()
    {
        var held = Given.Live(Pro);
        var start = Given.Now + Duration.FromDays(5);
        var request = Ask(Team) with { StartDate = start };
        var first = Decide(request, Given.Provision(Team, Given.Held(held, Pro))).Value;
        var facts = Given.Provision(Team, Given.Held(held, Pro), Given.Held(first.Subject, Team));

        var retry = Decide(request, facts).Value;
        var later = ProvisionSubscription.Decide(
            request with { StartDate = start + Duration.FromDays(1) }, facts, Given.Now, Given.Ids(5000)).Value;

        Assert.True(first.IsScheduled);
        Assert.Null(first.Subject.CurrentBillingPeriodStart);
        Assert.Single(first.Changed);
        Assert.True(retry.IsNoChange);
        Assert.Equal([EventType.SubscriptionCanceled, EventType.SubscriptionCreated], Types(later));
        Assert.Equal(first.Subject.Uid, later.Changed[0].Uid);
    }

    [Fact]
    public void A_backdated_start_shows_the_period_of_now()
    {
        var decision = Decide(
            Ask(Pro) with { StartDate = Instant.FromUtc(2025, 8, 30, 0, 0) }, Given.Provision(Pro)).Value;

        Assert.Equal(SubscriptionStatus.Active, decision.Subject.Status);
        Assert.Equal(Instant.FromUtc(2026, 1, 30, 0, 0), decision.Subject.CurrentBillingPeriodStart);
        Assert.Equal(Instant.FromUtc(2026, 2, 28, 0, 0), decision.Subject.CurrentBillingPeriodEnd);
        Assert.Equal(Instant.FromUtc(2025, 8, 30, 0, 0), decision.Subject.UsageAnchor);
    }

    [Fact]
    public void A_record_after_an_ended_one_starts_its_usage_anew()
    {
        var ended = SubscriptionLifecycle.Cancel(
            Given.Live(Pro, at: Given.Now - Duration.FromDays(2)), Given.Now, CancelReason.Immediate);

        var decision = Decide(Ask(Pro), Given.Provision(Pro) with { LastEnded = ended }).Value;

        Assert.Equal(Given.Now, Assert.Single(decision.UsageCutoffs).At);
    }

    [Fact]
    public void Another_payer_of_a_live_subscription_is_refused()
    {
        var facts = Given.Provision(Pro, Given.Held(Given.Live(Pro), Pro));
        var request = Ask(Pro) with { PayingCustomerId = new("parent") };

        Assert.Equal(ErrorCode.CustomerNotFound, Given.Code(Decide(request, facts)));
        Assert.Equal(ErrorCode.ChangingPayingCustomerIsNotSupportedError, Given.Code(Decide(request, facts with
        {
            PayingCustomer = Given.Customer() with { Id = new("parent") },
        })));
    }
}
