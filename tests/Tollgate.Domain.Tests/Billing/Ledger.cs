using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Billing;

/// <summary>A bill as it was totalled.</summary>
internal sealed record LedgerBill(BillDraft Bill, TotalledInvoice Totals)
{
    public Instant At => Bill.Draft.At;

    public decimal Total => Totals.Amounts.Total;

    public decimal Due => Totals.Amounts.AmountDue;

    public decimal[] Amounts => Bills.Amounts(Totals.Lines);
}

/// <summary>
/// One customer whose subscriptions are decided and billed by the rules, as the product does it, with everything paid.
/// </summary>
internal sealed class Ledger(params PackageVersion[] packages)
{
    private readonly IdSource _ids = Given.Ids();
    private readonly HashSet<Guid> _unpaid = [];
    private readonly List<(FeatureId Feature, Instant At, decimal Delta, UsageScope Scope)> _reports = [];
    private readonly List<(CreditEntryKind Kind, string Grant, decimal Amount, Instant At)> _credits = [];

    public Instant Now { get; private set; } = Bills.Jun1;

    public Product Product { get; set; } = Given.Product();

    public decimal Balance { get; private set; }

    public decimal TaxPercentage { get; set; }

    public BillingAnchor Anchor { get; init; }

    public DiscountTerms? CustomerCoupon { get; set; }

    public IReadOnlyList<Subscription> Records { get; private set; } = [];

    public List<LedgerBill> Invoices { get; } = [];

    /// <summary>Every decision as it was billed.</summary>
    public List<DecisionBill> Books { get; } = [];

    public List<Guid> Voided { get; } = [];

    /// <summary>Nothing that is due for a change of a live subscription can be paid.</summary>
    public bool Declines { get; set; }

    /// <summary>What was paid: all bills but those that wait and those that were voided.</summary>
    public decimal Paid => Invoices.Where(invoice => !_unpaid.Contains(UidOf(invoice))).Sum(invoice => invoice.Total);

    /// <summary>The invoice that a change waits for is paid.</summary>
    public void PayWaiting()
    {
        var waiting = Live;
        _unpaid.Remove(waiting.UnpaidChange!.InvoiceUid);
        Apply(UnpaidChanges.Apply(waiting, new(new(Product, null), Open), Now), Now, choices: null);
    }

    /// <summary>The one live record that is paid for.</summary>
    public Subscription Live => Records.Single(s => s.IsLive);

    public decimal[] Totals => [.. Invoices.Select(invoice => invoice.Total)];

    /// <summary>Usage of whoever holds the subscription, counted as reported; every feature is one that adds up.</summary>
    public void Report(FeatureId feature, decimal delta) =>
        _reports.Add((feature, Now, delta, (Records.LastOrDefault(s => s.IsLive) ?? Records.LastOrDefault()) is { } holder
            ? UsageScope.Of(holder)
            : new(Given.CustomerId, null)));

    /// <summary>Another customer pays from now on.</summary>
    public Subscription Delegate(CustomerId payer) => Apply(
        MoveSubscription.ToPayer(Live, payer, Given.Customer() with { Id = payer }, new(Product, null), Now).Value, Now, null);

    /// <summary>Another customer uses it from now on.</summary>
    public Subscription HandOver(CustomerId manager) => Apply(
        MoveSubscription.ToManager(Live, manager, Given.Customer() with { Id = manager }, new(Product, null), [], Now).Value,
        Now,
        null);

    /// <summary>What pools were told of overdrawn credits that were billed.</summary>
    public List<SettleOverdraft> Settled { get; } = [];

    /// <summary>More credits than there are, of the one currency of these tests.</summary>
    public void Overdraw(decimal credits) => _credits.Add((CreditEntryKind.Consumed, "overdraft", credits, Now));

    /// <summary>A grant repays some of them.</summary>
    public void Repay(decimal credits, string grant = "grant")
    {
        _credits.Add((CreditEntryKind.TransferSource, "overdraft", credits, Now));
        _credits.Add((CreditEntryKind.TransferTarget, grant, credits, Now));
    }

    public Subscription Provision(
        string plan, Func<ProvisionRequest, ProvisionRequest>? with = null, BillingChoices? choices = null)
    {
        var request = new ProvisionRequest(Given.CustomerId, new(plan))
        {
            BillingPeriod = Version(new(plan), null).PricingType == PricingType.Paid ? BillingPeriod.Monthly : null,
        };
        request = with?.Invoke(request) ?? request;
        var facts = Given.Provision(Version(new(plan), null), [.. Open.Select(Held)]) with
        {
            Journey = new(Product, null),
            Features = Features,
            Addons = Given.Addons([.. packages.Where(package => package.Kind == PackageKind.Addon)]),
        };
        return Apply(ProvisionSubscription.Decide(request, facts, Now, _ids).Value, Now, choices);
    }

    public Subscription Update(UpdateRequest request, BillingChoices? choices = null)
    {
        var facts = new UpdateFacts(Held(Live), new(Product, null), Features, Open);
        return Apply(UpdateSubscription.Decide(request, facts, Now, _ids).Value, Now, choices);
    }

    public Subscription Seats(decimal quantity, BillingChoices? choices = null) =>
        Update(new() { Quantities = [new(Bills.Seats, quantity)] }, choices);

    /// <summary>Bills usage in the middle of a month.</summary>
    public Subscription Charge(Instant? until = null) => Apply(
        Domain.Subscriptions.ChargeUsage.Decide(Live, until, new(Product, null), Now).Value, Now, choices: null);

    public Subscription Cancel(CancelRequest? request = null, BillingChoices? choices = null) => Apply(
        CancelSubscription.Decide(request ?? new() { Time = CancellationTime.Immediate },
            new(Live, new(Product, null), Open), Now, _ids).Value,
        Now,
        choices ?? new() { Prorate = request?.Prorate });

    /// <summary>Does what falls due until then, each at its own instant.</summary>
    public void AdvanceTo(Instant until)
    {
        while (Due.NextOf(Records, until) is var (subscription, due))
        {
            Now = due.At;
            Apply(AdvanceSubscription.Step(subscription, due, new(new(Product, null), Open), _ids), due.At, BillingChoices.OfTime);
        }

        Now = until;
    }

    private Subscription Apply(SubscriptionDecision decision, Instant at, BillingChoices? choices)
    {
        decision = UnpaidChanges.Replaced(decision, at);
        var others = decision.Apply(Records);
        var changes = decision.Changes
            .Select(change => Facts(BillingAnchors.Align(change, Anchor, others, at), at)).ToList();
        var bill = BillDecision.Of(changes, decision.Subject.Uid, at, choices ?? BillingChoices.Default);
        Books.Add(bill);
        var changed = bill.Records.ToDictionary(record => record.Uid);
        var stored = Records;
        Records = [.. Records.Select(s => changed.Remove(s.Uid, out var after) ? after : s), .. changed.Values];
        Voided.AddRange(bill.Voided);
        var settled = bill.Overdrawn.Select(billed => billed.Settlement).ToList();
        foreach (var draft in bill.Drafts)
        {
            var totals = InvoiceTotals.Of(draft.Draft, TaxRate.Exclusive(TaxPercentage), Balance);
            if (Declines && draft.Step is BillingStep.Change or BillingStep.Restart && totals.Amounts.AmountDue > 0
                && draft.Subject == decision.Subject.Uid)
            {
                return Hold(decision, bill, new(draft, totals), stored, at);
            }

            Balance += totals.Amounts.AddedToBalance - totals.Amounts.BalanceUsed;
            Invoices.Add(new(draft, totals));
            Records = [.. Records.Select(s => s.Uid == draft.Subject && totals.Amounts.Total >= 0
                ? s with { LatestInvoiceUid = Given.Uid(5000 + Invoices.Count) }
                : s)];
        }

        foreach (var settlement in settled)
        {
            Repay(settlement.Amount, $"overage-{Settled.Count}");
            Settled.Add(settlement);
        }

        return Records.FirstOrDefault(s => s.Uid == decision.Subject.Uid) ?? decision.Subject;
    }

    /// <summary>The balance stays: what is declined is paid or given up, not both.</summary>
    private Subscription Hold(
        SubscriptionDecision decision, DecisionBill bill, LedgerBill declined, IReadOnlyList<Subscription> stored, Instant at)
    {
        Invoices.Add(declined);
        var uid = UidOf(declined);
        _unpaid.Add(uid);
        var held = UnpaidChanges.Hold(
            decision, bill.Records.Single(record => record.Uid == decision.Subject.Uid), uid, PaymentCollection.Failed, at,
            _ids.NextUid, bill.Overdrawn.Select(billed => billed.Settlement));
        var changed = held.Changed.ToDictionary(record => record.Uid);
        Records = [.. stored.Select(s => changed.GetValueOrDefault(s.Uid, s))];
        return held.Subject;
    }

    private Guid UidOf(LedgerBill invoice) => Given.Uid(5001 + Invoices.IndexOf(invoice));

    private BilledChange Facts(SubscriptionChange change, Instant at)
    {
        var billed = new BilledChange(change)
        {
            ProductProrates = Product.Settings.ProrateAtEndOfBillingPeriod ?? true,
            Discounts = Discounts.InForce(change.After.Coupons, CustomerCoupon),
        };
        if (billed.Step == BillingStep.None)
            return billed;
        billed = billed with
        {
            Before = IsPaid(change.Before) ? Record(change.Before!) : null,
            After = IsPaid(change.After) ? Record(change.After) : null,
            Past = [.. (change.Before?.PastContents ?? []).Select(past =>
                new PastRecord(past.Until, Record(past.ApplyTo(change.Before!))))],
        };
        return billed with
        {
            Measured = BillDecision.Needs(billed, at).ToDictionary(
                need => need, need => Measure(need, need.Scope ?? UsageScope.Of(change.Before!))),
            Overdrawn = Deficits(BillDecision.CreditNeeds(billed, at), change.After.Uid),
        };
    }

    private Dictionary<CreditNeed, MeasuredDeficit> Deficits(IReadOnlySet<CreditNeed> needs, Guid subscription)
    {
        var billed = Settled.Index().ToDictionary(s => $"overage-{s.Index}", s => s.Item.Overage);
        var account = new DeficitAccount("overdraft", billed, needs.Select(need => need.Window));
        foreach (var (kind, grant, amount, entered) in _credits)
            account.Add(kind, grant, amount, entered);
        return needs.ToDictionary(need => need, need => new MeasuredDeficit(
            account.Owed(need.Window),
            Settled.Where(s => s.Overage.SubscriptionUid == subscription && s.Overage.From >= need.Window.Start
                && s.Overage.Until <= need.Window.End).Sum(s => s.Amount)));
    }

    private MeasuredUsage Measure(UsageNeed need, UsageScope scope) => need.Measure == UsageMeasure.Level
        ? MeasuredUsage.Of(Sum(need, scope, Instant.MinValue))
        : MeasuredUsage.Of(Sum(need, scope, need.Window.Start));

    private decimal Sum(UsageNeed need, UsageScope scope, Instant from) => _reports
        .Where(r => r.Scope == scope && r.Feature == need.FeatureId && r.At >= from && r.At < need.Window.End).Sum(r => r.Delta);

    private static bool IsPaid(Subscription? subscription) =>
        subscription is { Status: SubscriptionStatus.Active, PricingType: PricingType.Paid, BillingPeriod: not null };

    private BilledRecord Record(Subscription subscription)
    {
        var addons = subscription.Addons
            .Select(addon => new BilledAddon(Version(addon.Id, addon.PriceVersion), addon.Quantity)).ToList();
        var content = BilledContent.Of(subscription, Version(subscription.PlanId, subscription.PriceVersion), addons);
        var entitled = new SubscriptionContent
        {
            Subscription = subscription,
            Plan = Version(subscription.PlanId, subscription.PlanVersion),
            PriceVersion = Version(subscription.PlanId, subscription.PriceVersion),
            Addons = [.. subscription.Addons.Select(a => new HeldAddon(Version(a.Id, a.Version), a.Quantity))],
        };
        return new(subscription, content with { Features = Features })
        {
            Terms = UsageTerms.Of(entitled, Features, Now),
        };
    }

    private static IReadOnlyDictionary<FeatureId, Feature> Features => Given.Features(
        Given.Feature(Bills.Seats) with { DisplayName = "Seats" }, Given.Feature(Bills.Calls) with { DisplayName = "Calls" });

    private IReadOnlyList<Subscription> Open => [.. Records.Where(s => !s.IsEnded)];

    private HeldSubscription Held(Subscription subscription) => new(
        subscription,
        Given.Facts(Version(subscription.PlanId, subscription.PlanVersion)),
        Version(subscription.PlanId, subscription.PriceVersion))
    {
        Addons = subscription.Addons.ToDictionary(
            a => a.Id, a => new AddonVersions(Version(a.Id, a.Version), Version(a.Id, a.PriceVersion))),
    };

    private PackageVersion Version(PackageId id, int? version) => packages
        .Where(p => p.Id == id && (version is null || p.Version == version)).MaxBy(p => p.Version)
        ?? throw new InvalidOperationException($"No package {id}.");
}
