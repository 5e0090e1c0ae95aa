using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>The whole content that a provisioning of another plan states; what it does not name is at its
/// default.</summary>
internal sealed record Content(
    string? Country, BillingPeriod? Period, IReadOnlyDictionary<FeatureId, decimal> Quantities,
    IReadOnlyList<EntitlementOverride> Overrides, TrialTerms? Trial, Instant Start)
{
    /// <summary>Validates steps 4, 6, 8 and 9 of spec subscriptions 5.3; the findings of one step come
    /// together.</summary>
    public static Result<Content> Of(ProvisionRequest request, ProvisionFacts facts, ProvisionRoute route, Instant now)
    {
        var plan = facts.Plan!;
        var isPaid = plan.Version.PricingType == PricingType.Paid;
        var country = isPaid
            ? PriceSelection.ResolveCountry(plan.Version, request.BillingCountryCode, facts.FixedCountry)
            : null;
        var period = isPaid ? request.BillingPeriod : null;
        if (ProvisionChecks.Prices(plan.Version, period, country, facts.FixedCurrency) is { } noPrice)
            return noPrice;

        var findings = new Findings();
        List<Charge> charges = period is { } p ? [.. PriceSelection.Committed(plan.Version, p, country)] : [];
        var quantities = Subscriptions.Quantities.Resolve(
            findings, charges, stored: null, request.Quantities, request.UnitQuantity);
        var overrides = Subscriptions.Overrides.Resolve(findings, plan, [], request.Overrides, facts.Features);
        if (findings.ToRefusal() is { } wrongContent)
            return wrongContent;

        var start = request.StartDate ?? now;
        var trial = route.IsTrial ? TrialTerms.Of(findings, plan.Version, request.Trial, start, now) : null;
        ProvisionChecks.CancellationDate(findings, request.CancellationDate, now, start);
        if (findings.ToRefusal() is { } wrongDates)
            return wrongDates;
        if (trial is not null && request.CancellationDate > trial.End)
            trial = trial with { End = request.CancellationDate.Value };
        if (Metadata.Check(request.Metadata) is { } wrongMetadata)
            return wrongMetadata;
        return new Content(country, period, quantities, overrides, trial, start).CheckSpending(request, plan.Version);
    }

    /// <summary>A record that has not started; starting it is the caller's next step.</summary>
    public Subscription NewRecord(ProvisionRequest request, ProvisionFacts facts, IdSource ids, Instant now)
    {
        var plan = facts.Plan!.Version;
        return new()
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
            CancellationDate = request.CancellationDate,
            TrialEndDate = Trial?.End,
            TrialEndBehavior = Trial?.Behavior,
            BillingPeriod = Period,
            UsageAnchor = Start,
            Quantities = Quantities,
            Overrides = Overrides,
            BillingCountryCode = Country,
            Budget = BudgetOf(request, plan),
            MinimumSpend = MinimumSpendOf(request, plan),
            PaymentCollectionMethod = request.PaymentCollectionMethod ?? PaymentCollectionMethod.Charge,
            BillingId = request.BillingId.Or(null),
            SalesforceId = request.SalesforceId.Or(null),
            Metadata = request.Metadata ?? Metadata.Empty,
            CreatedAt = now,
            UpdatedAt = now,
        };
    }

    /// <summary>The record on the other plan: its id, start, payer and texts stay; a running cycle of the same period
    /// too.</summary>
    public Subscription MoveTo(Subscription record, ProvisionRequest request, PackageVersion plan, Instant now)
    {
        var moved = record with
        {
            PlanId = plan.Id,
            PlanVersion = plan.Version,
            PriceVersion = plan.Version,
            PricingType = plan.PricingType!.Value,
            BillingPeriod = Period,
            BillingCountryCode = Country,
            Quantities = Quantities,
            Overrides = Overrides,
            CancellationDate = request.CancellationDate,
            CancellationAction = CancellationAction.Default,
            Budget = plan.PricingType == PricingType.Paid ? request.Budget.Or(record.Budget) : null,
            MinimumSpend = plan.PricingType == PricingType.Paid ? MinimumSpendOf(request, plan) : null,
            PaymentCollectionMethod = request.PaymentCollectionMethod ?? record.PaymentCollectionMethod,
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

    private Money? MinimumSpendOf(ProvisionRequest request, PackageVersion plan) => plan.PricingType == PricingType.Paid
        ? request.MinimumSpend.Or(Period is { } period ? PriceSelection.MinimumSpend(plan, period, Country) : null)
        : null;

    private Result<Content> CheckSpending(ProvisionRequest request, PackageVersion plan)
    {
        var findings = new Findings();
        if (BudgetOf(request, plan) is { Limit: < 0 } budget)
        {
            findings.Add(ErrorCode.InvalidArgumentError, "budget.limit",
                $"The budget limit is {budget.Limit}; give 0 or more.");
        }

        if (MinimumSpendOf(request, plan) is { } minimum)
            ChargeAmounts.CheckMoney(findings, "minimumSpend", minimum);
        return findings.ToRefusal() is { } refusal ? refusal : this;
    }
}
