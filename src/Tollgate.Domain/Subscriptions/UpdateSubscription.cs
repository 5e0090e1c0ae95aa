using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>A partial change of a subscription that stays on its plan (spec subscriptions 6.1); absent =
/// unchanged.</summary>
public sealed record UpdateRequest
{
    public BillingPeriod? BillingPeriod { get; init; }
    public IReadOnlyList<QuantityInput>? Quantities { get; init; }
    public decimal? UnitQuantity { get; init; }
    public IReadOnlyList<CreditQuantityInput>? CreditQuantities { get; init; }

    /// <summary>A given list replaces all add-ons.</summary>
    public IReadOnlyList<AddonInput>? Addons { get; init; }

    /// <summary>A given list replaces all overrides.</summary>
    public IReadOnlyList<OverrideInput>? Overrides { get; init; }

    /// <summary>Given exactly when <see cref="Overrides"/> is: one list of a request holds both.</summary>
    public IReadOnlyList<CreditOverride>? CreditOverrides { get; init; }

    /// <summary>A given list replaces all overrides.</summary>
    public IReadOnlyList<PriceOverrideInput>? PriceOverrides { get; init; }

    /// <summary>Null removes the coupon held.</summary>
    public Optional<CouponRequest> Coupon { get; init; }
    public Optional<IReadOnlyDictionary<string, string>> Metadata { get; init; }

    /// <summary>Null undoes a pending cancellation.</summary>
    public Optional<Instant?> CancellationDate { get; init; }

    /// <summary>Extends or shortens the trial, or ends one that had no end; a past date ends it now.</summary>
    public Instant? TrialEndDate { get; init; }
    public TrialEndBehavior? TrialEndBehavior { get; init; }
    public Optional<Budget> Budget { get; init; }
    public Optional<Money> MinimumSpend { get; init; }
    public bool RestartsCycle { get; init; }
    public ScheduleStrategy? ScheduleStrategy { get; init; }
    public Optional<string> SalesforceId { get; init; }
    public Optional<string> BillingId { get; init; }
    public PaymentCollectionMethod? PaymentCollectionMethod { get; init; }

    /// <summary>Given ones take the place of all that were.</summary>
    public InvoiceTerms? InvoiceTerms { get; init; }

    /// <summary>The call names the plan held: a change to another that waits is given up.</summary>
    internal bool NamesPlan { get; init; }

    internal ContentInput Content => new()
    {
        Addons = Addons,
        Quantities = Quantities,
        UnitQuantity = UnitQuantity,
        CreditQuantities = CreditQuantities,
        Overrides = Overrides,
        CreditOverrides = CreditOverrides,
        PriceOverrides = PriceOverrides,
    };
}

/// <param name="Held">The subscription with the versions it is on.</param>
/// <param name="Journey">Its product.</param>
/// <param name="Features">The features named by overrides and those whose value the plan leaves open.</param>
/// <param name="Scope">All records of its scope that have not ended, itself included.</param>
public sealed record UpdateFacts(
    HeldSubscription Held, JourneyFacts Journey, IReadOnlyDictionary<FeatureId, Feature> Features,
    IReadOnlyList<Subscription> Scope)
{
    public AddonFacts Addons { get; init; } = AddonFacts.None;

    /// <summary>
    /// A payment is required and the payer has no method: a trial cannot convert (spec subscriptions 8.4).
    /// </summary>
    public bool IsPaymentMissing { get; init; }

    /// <summary>The credit currencies of the environment, archived ones included.</summary>
    public IReadOnlyDictionary<CurrencyId, CustomCurrency> Currencies { get; init; } =
        new Dictionary<CurrencyId, CustomCurrency>();

    /// <summary>The coupon that the request names; null when it names none or it does not exist.</summary>
    public Coupon? Coupon { get; init; }

    internal ContentFacts Content => new(Features, Addons, Coupon, Currencies);
}

/// <summary>What judging the content of a request needs beside the plan.</summary>
internal sealed record ContentFacts(
    IReadOnlyDictionary<FeatureId, Feature> Features, AddonFacts Addons, Coupon? Coupon,
    IReadOnlyDictionary<CurrencyId, CustomCurrency> Currencies);

/// <summary>Changes a subscription in place.</summary>
public static class UpdateSubscription
{
    public static Result<SubscriptionDecision> Decide(UpdateRequest request, UpdateFacts facts, Instant now,
        IdSource ids)
    {
        var before = facts.Held.Subscription;
        if (SubscriptionLifecycle.CheckNotEnded(before) is { } ended)
            return ended;
        if (!EditInTime(request, facts.Held, facts.Journey.Product, facts.Content, now, ids).TryGet(out var edited,
            out var refusal))
            return refusal;
        var draft = new DecisionDraft(facts.Journey, now);
        draft.CutOff(edited.Cutoff);
        if (before.Status == SubscriptionStatus.InTrial && edited.After.TrialEndDate <= now)
        {
            var trial = edited.After with { TrialEndDate = now };
            var scope = facts.Scope.Select(s => s.Uid == trial.Uid ? trial : s).ToList();
            return draft.Decide(TrialEnding.End(draft, trial, scope, facts.Journey.Product, now, ids,
                !facts.IsPaymentMissing));
        }

        if (!SubscriptionEquality.Same(before, edited.After))
            draft.Updated(before, edited.After with { UpdatedAt = now });
        return draft.Decide(before);
    }

    /// <summary>Applies what of the request takes effect now, and schedules the rest.</summary>
    internal static Result<Edited> EditInTime(
        UpdateRequest request, HeldSubscription held, Product product, ContentFacts facts, Instant now, IdSource ids) =>
        Edit(request, held, product, facts, now, ids).TryGet(out var edited, out var refusal)
            ? UpdateSchedule.Split(
                request, held, edited, part => Edit(part, held, product, facts, now, ids), product, now, ids)
            : refusal;

    /// <summary>The record after the change, not yet compared with the one before.</summary>
    internal sealed record Edited(Subscription After, UsageCutoffMark? Cutoff);

    /// <summary>
    /// Validates and applies the request; the order of findings is that of spec subscriptions 5.3, and those of one
    /// step come together.
    /// </summary>
    internal static Result<Edited> Edit(
        UpdateRequest request, HeldSubscription held, Product product, ContentFacts facts, Instant now, IdSource ids)
    {
        var before = held.Subscription;
        var period = request.BillingPeriod ?? before.BillingPeriod;
        if (period != before.BillingPeriod && Period(held, period) is { } wrongPeriod)
            return wrongPeriod;
        if (request.TrialEndDate is not null && !IsTrial(before))
        {
            return new Refusal(ErrorCode.InvalidSubscriptionStatus,
                $"Subscription '{before.Id}' is {SubscriptionLifecycle.Word(before.Status)}, not in trial; "
                + "remove trialEndDate.");
        }

        var after = before with
        {
            BillingPeriod = period,
            Metadata = request.Metadata.Or(before.Metadata) ?? Metadata.Empty,
            // Only what has catalog prices has spending to bound.
            Budget = before.PricingType == PricingType.Paid ? request.Budget.Or(before.Budget) : null,
            HasTrialBudget = before.HasTrialBudget && !request.Budget.IsGiven,
            MinimumSpend = before.PricingType == PricingType.Paid ? MinimumSpend(request, held, period) : null,
            SalesforceId = request.SalesforceId.Or(before.SalesforceId),
            BillingId = request.BillingId.Or(before.BillingId),
            PaymentCollectionMethod = request.PaymentCollectionMethod ?? before.PaymentCollectionMethod,
            InvoiceTerms = request.InvoiceTerms ?? before.InvoiceTerms,
            TrialEndBehavior = request.TrialEndBehavior ?? before.TrialEndBehavior,
        };
        var basis = new ContentBasis
        {
            Plan = held.Plan,
            Prices = held.Prices,
            Period = period,
            Country = before.BillingCountryCode,
            Held = held,
            AddonFacts = facts.Addons,
            Features = facts.Features,
            Currencies = facts.Currencies,
        };
        if (!ResolvedContent.Of(request.Content, basis, findings => CheckSpending(findings, after))
            .TryGet(out var content, out var wrongContent))
        {
            return wrongContent;
        }

        var steps = new Findings();
        after = content.ApplyTo(after) with
        {
            Coupons = AppliedCoupons.Resolve(
                steps, before.Coupons, request.Coupon, facts.Coupon, content.Price(basis, after.MinimumSpend),
                Instant.Max(now, before.StartDate), now, ids),
        };
        if (steps.ToRefusal() is { } wrongCoupon)
            return wrongCoupon;
        after = WithDates(steps, request, before, after, now);
        if (IsTrial(before) && after.Budget != before.Budget)
            TrialTerms.CheckBounded(steps, after.TrialEndDate, after.Budget);
        InvoiceTerms.Check(steps, request.InvoiceTerms);
        if ((steps.ToRefusal() ?? Metadata.Check(request.Metadata.Or(null))) is { } refusal)
            return refusal;
        return WithCycle(request, before, after, product, now);
    }

    /// <summary>
    /// The plan's minimum spend is one of its period, so another period brings its own (spec catalog 9.8); what was
    /// agreed for the subscription stays.
    /// </summary>
    private static Money? MinimumSpend(UpdateRequest request, HeldSubscription held, BillingPeriod? period)
    {
        var before = held.Subscription;
        Money? Default(BillingPeriod? of) => of is { } given
            ? PriceSelection.MinimumSpend(held.Prices, given, before.BillingCountryCode)
            : null;
        var kept = period != before.BillingPeriod && before.MinimumSpend == Default(before.BillingPeriod)
            ? Default(period)
            : before.MinimumSpend;
        return request.MinimumSpend.Or(kept);
    }

    /// <summary>Budget and minimum spend as amounts.</summary>
    internal static void CheckSpending(Findings findings, Subscription subscription)
    {
        if (subscription.Budget is { Limit: < 0 } budget)
        {
            findings.Add(ErrorCode.InvalidArgumentError, "budget.limit",
                $"The budget limit is {budget.Limit}; give 0 or more.");
        }

        if (subscription.MinimumSpend is { } minimum)
            ChargeAmounts.CheckMoney(findings, "minimumSpend", minimum);
    }

    private static Refusal? Period(HeldSubscription held, BillingPeriod? period) =>
        held.Subscription.PricingType == PricingType.Paid
            ? ProvisionChecks.Prices(held.Prices, period, held.Subscription.BillingCountryCode, fixedCurrency: null)
            : new(ErrorCode.BillingPeriodMissingError,
                $"Plan '{held.Subscription.PlanId}' has no catalog prices and so no billing period; "
                + "remove billingPeriod.");

    private static Subscription WithDates(
        Findings findings, UpdateRequest request, Subscription before, Subscription after, Instant now)
    {
        if (request.TrialEndDate is { } trialEnd && trialEnd != before.TrialEndDate)
        {
            if (before.Status == SubscriptionStatus.NotStarted && trialEnd <= Instant.Max(before.StartDate, now))
                findings.Add(ErrorCode.InvalidArgumentError, "trialEndDate", TrialTerms.EndsTooEarly(trialEnd));
            // An extended trial goes on, so a cancellation planned for it no longer stands.
            after = after with
            {
                TrialEndDate = trialEnd,
                CancellationDate = trialEnd > before.TrialEndDate ? null : after.CancellationDate,
            };
        }

        if (request.CancellationDate.IsGiven)
        {
            var date = request.CancellationDate.Value;
            if (date != before.CancellationDate)
                ProvisionChecks.CancellationDate(findings, date, now, before.StartDate);
            after = after with
            {
                // What is to end changes no more before that.
                FutureUpdates = date is null || date == before.CancellationDate
                    ? after.FutureUpdates
                    : FutureUpdates.Drop(after.FutureUpdates, now),
                CancellationDate = date,
                CancellationAction = date is null ? CancellationAction.Default : after.CancellationAction,
                TrialEndDate = IsTrial(before) && date > after.TrialEndDate ? date : after.TrialEndDate,
            };
        }

        if (after.TrialEndDate != before.TrialEndDate)
            after = after with { TrialEndSetAt = now };
        return before.Status == SubscriptionStatus.InTrial ? SubscriptionLifecycle.WithTrialPeriod(after) : after;
    }

    private static bool IsTrial(Subscription subscription) =>
        subscription is { Status: SubscriptionStatus.InTrial or SubscriptionStatus.NotStarted, StartsAsTrial: true };

    private static Edited WithCycle(
        UpdateRequest request, Subscription before, Subscription after, Product product, Instant now)
    {
        var periodChanges = after.BillingPeriod != before.BillingPeriod;
        if (before.Status != SubscriptionStatus.Active || after.BillingPeriod is null
            || !(periodChanges || request.RestartsCycle))
        {
            return new(after, null);
        }

        var restarted = SubscriptionLifecycle.WithCycle(after, anchor: now, at: now);
        // What is bought after a cancellation is not taken away before it is used up: the end moves to that of the
        // period.
        if (!request.CancellationDate.IsGiven && restarted.CancellationDate < restarted.CurrentBillingPeriodEnd)
            restarted = restarted with { CancellationDate = restarted.CurrentBillingPeriodEnd };
        if (!periodChanges)
            return new(restarted with { UsageAnchor = now }, null);
        var (changed, cutoff) = Transition.Apply(product, before, restarted, now, cycleRestarts: true);
        return new(changed, cutoff);
    }
}
