using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>The whole content that a provisioning of another plan states; what it does not name is at its
/// default.</summary>
internal sealed record Content(
    string? Country, BillingPeriod? Period, ResolvedContent Held, IReadOnlyList<AppliedCoupon> Coupons,
    TrialTerms? Trial, Instant Start)
{
    /// <summary>
    /// Validates steps 4 to 9 of spec subscriptions 5.3; the findings of one step come together.
    /// </summary>
    public static Result<Content> Of(
        ProvisionRequest request, ProvisionFacts facts, ProvisionRoute route, Instant now, IdSource ids)
    {
        var plan = facts.Plan!;
        var isPaid = plan.Version.PricingType == PricingType.Paid;
        var country = isPaid
            ? PriceSelection.ResolveCountry(plan.Version, request.BillingCountryCode, facts.FixedCountry)
            : null;
        var period = isPaid ? request.BillingPeriod : null;
        if (ProvisionChecks.Prices(plan.Version, period, country, facts.FixedCurrency) is { } noPrice)
            return noPrice;

        var basis = new ContentBasis
        {
            Plan = plan,
            Prices = plan.Version,
            Period = period,
            Country = country,
            AddonFacts = facts.Addons,
            Features = facts.Features,
            Currencies = facts.Currencies,
        };
        if (!ResolvedContent.Of(
            request.Content, basis, findings => CheckSpending(findings, request, plan.Version, country))
            .TryGet(out var held, out var wrongContent))
        {
            return wrongContent;
        }

        var start = request.StartDate ?? now;
        var findings = new Findings();
        // A coupon is the subscription's, so it stays when the record moves to another plan.
        var coupons = AppliedCoupons.Resolve(
            findings, route.MovesInPlace ? route.Main!.Subscription.Coupons : [], request.Coupon, facts.Coupon,
            held.Price(basis, MinimumSpendOf(request, plan.Version, period, country)), Instant.Max(now, start), now,
            ids);
        if (findings.ToRefusal() is { } wrongCoupon)
            return wrongCoupon;
        var trial = route.IsTrial ? TrialTerms.Of(findings, plan.Version, request.Trial, start, now) : null;
        if (trial is not null)
            TrialTerms.CheckBounded(findings, trial.End, request.Budget.Or(trial.Budget));
        ProvisionChecks.CancellationDate(findings, request.CancellationDate, now, start);
        InvoiceTerms.Check(findings, request.InvoiceTerms);
        if (findings.ToRefusal() is { } wrongDates)
            return wrongDates;
        if (trial is not null && request.CancellationDate > trial.End)
            trial = trial with { End = request.CancellationDate.Value };
        return Metadata.Check(request.Metadata) is { } wrongMetadata
            ? wrongMetadata
            : new Content(country, period, held, coupons, trial, start);
    }

    /// <summary>A record that has not started; starting it is the caller's next step.</summary>
    public Subscription NewRecord(ProvisionRequest request, ProvisionFacts facts, IdSource ids, Instant now)
    {
        var plan = facts.Plan!.Version;
        return Held.ApplyTo(new()
        {
            Uid = ids.NextUid(),
            Id = request.Id ?? ids.NextSubscriptionId(plan.Id),
            CustomerId = request.CustomerId,
            PayingCustomerId = request.PayingCustomerId == request.CustomerId ? null : request.PayingCustomerId,
            ResourceId = request.ResourceId,
            ProductId = plan.ProductId,
            PlanId = plan.Id,
            PlanVersion = plan.Version,
            PriceVersion = plan.Version,
            PricingType = plan.PricingType!.Value,
            Status = SubscriptionStatus.NotStarted,
            StartDate = Start,
            EndDate = request.EndDate,
            CancellationDate = request.CancellationDate,
            TrialEndDate = Trial?.End,
            TrialEndBehavior = Trial?.Behavior,
            BillingPeriod = Period,
            UsageAnchor = Start,
            BillingCountryCode = Country,
            Coupons = Coupons,
            Budget = BudgetOf(request, plan),
            HasTrialBudget = !request.Budget.IsGiven && BudgetOf(request, plan) is not null,
            MinimumSpend = MinimumSpendOf(request, plan),
            PaymentCollectionMethod = request.PaymentCollectionMethod ?? PaymentCollectionMethod.Charge,
            InvoiceTerms = request.InvoiceTerms,
            BillingId = request.BillingId.Or(null),
            SalesforceId = request.SalesforceId.Or(null),
            Metadata = request.Metadata ?? Metadata.Empty,
            Experiment = facts.Customer?.Experiment,
            CreatedAt = now,
            UpdatedAt = now,
        });
    }

    /// <summary>The record on the other plan: its id, start, payer and texts stay; a running cycle of the same period
    /// too.</summary>
    public Subscription MoveTo(Subscription record, ProvisionRequest request, PackageVersion plan, Instant now)
    {
        var moved = Held.ApplyTo(record) with
        {
            PlanId = plan.Id,
            PlanVersion = plan.Version,
            PriceVersion = plan.Version,
            PricingType = plan.PricingType!.Value,
            BillingPeriod = Period,
            BillingCountryCode = Country,
            Coupons = Coupons,
            FutureUpdates = FutureUpdates.Drop(record.FutureUpdates, now),
            CancellationDate = request.CancellationDate,
            CancellationAction = CancellationAction.Default,
            Budget = plan.PricingType == PricingType.Paid ? request.Budget.Or(record.Budget) : null,
            HasTrialBudget = false,
            MinimumSpend = plan.PricingType == PricingType.Paid ? MinimumSpendOf(request, plan) : null,
            PaymentCollectionMethod = request.PaymentCollectionMethod ?? record.PaymentCollectionMethod,
            InvoiceTerms = request.InvoiceTerms ?? record.InvoiceTerms,
            BillingId = request.BillingId.Or(record.BillingId),
            SalesforceId = request.SalesforceId.Or(record.SalesforceId),
            Metadata = request.Metadata ?? record.Metadata,
            UpdatedAt = now,
        };
        var keepsCycle = record.BillingCycleAnchor is not null && record.BillingPeriod == Period
            && !request.RestartsCycle;
        return keepsCycle ? moved : SubscriptionLifecycle.WithCycle(moved, anchor: now, at: now);
    }

    private Budget? BudgetOf(ProvisionRequest request, PackageVersion plan) =>
        plan.PricingType == PricingType.Paid ? request.Budget.Or(Trial?.Budget) : null;

    private Money? MinimumSpendOf(ProvisionRequest request, PackageVersion plan) =>
        MinimumSpendOf(request, plan, Period, Country);

    private static Money? MinimumSpendOf(
        ProvisionRequest request, PackageVersion plan, BillingPeriod? period, string? country) => period is { } given
        ? request.MinimumSpend.Or(PriceSelection.MinimumSpend(plan, given, country))
        : null;

    private static void CheckSpending(Findings findings, ProvisionRequest request, PackageVersion plan, string? country)
    {
        if (plan.PricingType != PricingType.Paid)
            return;
        if (request.Budget.Or(null) is { Limit: < 0 } budget)
        {
            findings.Add(ErrorCode.InvalidArgumentError, "budget.limit",
                $"The budget limit is {budget.Limit}; give 0 or more.");
        }

        if (MinimumSpendOf(request, plan, request.BillingPeriod, country) is { } minimum)
            ChargeAmounts.CheckMoney(findings, "minimumSpend", minimum);
    }
}
