using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>The lines of one changed record, and what billing keeps on it from then on.</summary>
/// <param name="Change">The change with its facts.</param>
/// <param name="Record">The record after the change.</param>
/// <param name="Lines">To bill now.</param>
internal sealed record RecordBill(BilledChange Change, Subscription Record, IReadOnlyList<InvoiceLine> Lines)
{
    /// <summary>A bill is made although its lines come to 0: a period was bought.</summary>
    public bool IsPurchase { get; init; }

    /// <summary>Those of the lines that are about usage, what the minimum spend took off among them.</summary>
    public IReadOnlyList<InvoiceLine> UsageLines { get; init; } = [];

    /// <summary>Those of the lines that are about overdrawn credits, with what they settle.</summary>
    public IReadOnlyList<OverdrawnLine> Overdrawn { get; init; } = [];

    public static RecordBill Of(BilledChange change, Instant at, BillingChoices choices) => change.Step switch
    {
        BillingStep.None => new(change, change.Change.After, []),
        BillingStep.Start => Start(change, at, choices),
        BillingStep.Change => Changed(change, at, choices),
        BillingStep.Restart => Restart(change, at, choices),
        BillingStep.Renewal => Renewal(change, at),
        BillingStep.Usage => Usage(change, at),
        BillingStep.End => End(change, at, choices),
        _ => throw new ArgumentOutOfRangeException(nameof(change), change.Step, "Not a billing step."),
    };

    /// <summary>The windows of usage that the change makes due; null when none.</summary>
    public static ArrearsDue? Due(BilledChange change, Instant at) => change.Step switch
    {
        BillingStep.None or BillingStep.Start or BillingStep.Change => null,
        BillingStep.Renewal => ArrearsDue.AtBoundary(AnchorOf(change), PeriodOf(change), at, BilledUntil(change)),
        BillingStep.Usage when IsMonthEnd(change, ChargedUntil(change)) =>
            ArrearsDue.AtBoundary(AnchorOf(change), PeriodOf(change), at, BilledUntil(change)),
        BillingStep.Usage =>
            ArrearsDue.OnDemand(
                AnchorOf(change), PeriodOf(change), StartOf(change), ChargedUntil(change), BilledUntil(change)),
        BillingStep.Restart or BillingStep.End =>
            ArrearsDue.AtEnd(AnchorOf(change), PeriodOf(change), StartOf(change), at, BilledUntil(change)),
        _ => throw new ArgumentOutOfRangeException(nameof(change), change.Step, "Not a billing step."),
    };

    private static RecordBill Start(BilledChange change, Instant at, BillingChoices choices)
    {
        var after = change.After!;
        var isPaidElsewhere = choices.IsBackdated
            || (change.Change.Reason == ChangeReason.Created && after.Subscription.StartDate < at);
        var lines = isPaidElsewhere ? [] : Period(change, at).Concat(InAdvance.OneOffLines(after.Content, null, at));
        var begun = Begin(change, [.. lines], at);
        return isPaidElsewhere
            ? begun with
            {
                Record = begun.Record with { RunningCharges = RunningCharges.PaidElsewhere(begun.Record.RunningCharges) },
            }
            : begun with { IsPurchase = true };
    }

    private static RecordBill Changed(BilledChange change, Instant at, BillingChoices choices)
    {
        var (before, after) = (change.Before!, change.After!);
        var record = WithPast(change, at);
        var prorated = Proration.Change(
            Running(change), after.Content, change.Discounts, after.WholePeriod, at, before.Subscription.EarlierCharges);
        var bought = InAdvance.OneOffLines(after.Content, before.Content, at);
        if (choices.Proration == ProrationBehavior.None)
        {
            return new(
                change,
                record with
                {
                    RunningCharges = Proration.Uncharged(
                        before.Subscription.RunningCharges, after.Content, after.WholePeriod, at),
                },
                bought);
        }

        if (!IsBilled(record))
            return new(change, record with { RunningCharges = Unbilled(Running(change), prorated.Running) }, []);
        var later = prorated.Lines.Where(line => choices.Proration == ProrationBehavior.CreateProrations
            || (change.ProductTruesUp && IsAddedUnits(line, before.Content, after.Content))).ToList();
        return new(
            change,
            record with
            {
                RunningCharges = prorated.Running,
                EarlierCharges = prorated.Earlier,
                PendingLines = [.. record.PendingLines, .. later],
            },
            [.. prorated.Lines.Where(line => !later.Contains(line)), .. bought]);
    }

    /// <summary>Units added to a monthly subscription that stays what it is otherwise are trued up at the end of the month.</summary>
    private static bool IsAddedUnits(InvoiceLine line, BilledContent before, BilledContent after) =>
        after.Period == BillingPeriod.Monthly
        && (before.Plan.Id, before.Plan.Version) == (after.Plan.Id, after.Plan.Version)
        && line.Key is { Model: BillingModel.PerUnit, FeatureId: { } feature, AddonId: null }
        && after.Quantities.GetValueOrDefault(feature) > before.Quantities.GetValueOrDefault(feature);

    private static RecordBill Restart(BilledChange change, Instant at, BillingChoices choices)
    {
        var (before, after) = (change.Before!, change.After!);
        var (arrears, _) = Arrears(change, at);
        var overdrawn = OverdrawnLines(change, at);
        return Begin(
            change,
            [
                .. Period(change, at), .. arrears, .. overdrawn.Select(o => o.Line), .. before.Subscription.PendingLines,
                .. InAdvance.OneOffLines(after.Content, before.Content, at),
                .. Unused(change, at, choices.Proration != ProrationBehavior.None),
            ],
            at) with
        { IsPurchase = true, UsageLines = arrears, Overdrawn = overdrawn };
    }

    private static RecordBill Renewal(BilledChange change, Instant at)
    {
        var (arrears, _) = Arrears(change, at);
        var overdrawn = OverdrawnLines(change, at);
        return Begin(
            change,
            [
                .. Period(change, at), .. arrears, .. overdrawn.Select(o => o.Line),
                .. change.Before!.Subscription.PendingLines,
            ],
            at) with
        {
            IsPurchase = true,
            UsageLines = arrears,
            Overdrawn = overdrawn,
        };
    }

    private static RecordBill Usage(BilledChange change, Instant at)
    {
        var (arrears, left) = Arrears(change, at);
        var overdrawn = OverdrawnLines(change, at);
        IReadOnlyList<InvoiceLine> used = [.. arrears, .. overdrawn.Select(o => o.Line)];
        // What waits for the next bill is on this one, unless there is nothing to bill.
        var lines = used.Any(line => line.Amount != 0)
            ? [.. used, .. change.Before!.Subscription.PendingLines]
            : used;
        return new(
            change,
            change.Change.After with
            {
                MinimumSpendLeft = left,
                PendingLines = lines.Count > used.Count ? [] : change.Change.After.PendingLines,
            },
            lines)
        { UsageLines = arrears, Overdrawn = overdrawn };
    }

    private static RecordBill End(BilledChange change, Instant at, BillingChoices choices)
    {
        var (arrears, _) = Arrears(change, at);
        var overdrawn = OverdrawnLines(change, at);
        var record = change.Change.After with
        {
            RunningCharges = [],
            EarlierCharges = [],
            PendingLines = [],
            PastContents = [],
            MinimumSpendLeft = null,
            UsageBilledUntil = at,
        };
        return new(
            change, record,
            [
                .. arrears, .. overdrawn.Select(o => o.Line), .. change.Before!.Subscription.PendingLines,
                .. Unused(change, at, GivesBack(change, choices)),
            ])
        { UsageLines = arrears, Overdrawn = overdrawn };
    }

    /// <summary>Whether the end of a record gives back what is left of its period (spec subscriptions 9.1 and 10).</summary>
    private static bool GivesBack(BilledChange change, BillingChoices choices) => change.Change.After switch
    {
        { IsEnded: false } => choices.Proration != ProrationBehavior.None,
        { CancelReason: CancelReason.ScheduledCancellation, ProratedEnd: { } end } => end == change.Change.After.CancellationDate,
        { CancelReason: CancelReason.Immediate } => choices.Prorate ?? change.ProductProrates,
        { CancelReason: CancelReason.AutoCancellationRule } => change.ProductProrates,
        { CancelReason: CancelReason.UpgradeOrDowngrade or CancelReason.TrialConverted } =>
            choices.Proration != ProrationBehavior.None,
        _ => false,
    };

    private static IReadOnlyList<InvoiceLine> Unused(BilledChange change, Instant at, bool givesBack)
    {
        var before = change.Before!;
        return givesBack
            ? Proration.End(
                Running(change), before.WholePeriod, at, before.Content.Currency, before.Content.SubscriptionId,
                before.Content.Anchor).Lines
            : [];
    }

    /// <summary>
    /// What the running period cost. A period from before there was billing counts as paid at the prices of its content.
    /// </summary>
    private static IReadOnlyList<RunningCharge> Running(BilledChange change)
    {
        var before = change.Before!;
        return before.Subscription is
        {
            RunningCharges.Count: 0, LatestInvoiceUid: null, PaymentCollectionMethod: not PaymentCollectionMethod.None,
        }
            ? RunningCharges.Of(
                Discounts.Apply(
                    InAdvance.Lines(before.Content, before.WholePeriod), change.Discounts, before.Content.Currency),
                change.Discounts,
                before.Content.Currency)
            : before.Subscription.RunningCharges;
    }

    /// <summary>The in-advance lines of the period that begins, or of the part that is left of it.</summary>
    private static IReadOnlyList<InvoiceLine> Period(BilledChange change, Instant at) => change.After!.BeganWithin
        ? FirstPart(change, at).Lines
        : InAdvance.Lines(change.After.Content, change.After.Period);

    private static ProratedChange FirstPart(BilledChange change, Instant at) =>
        Proration.Begin(change.After!.Content, change.Discounts, change.After.WholePeriod, at);

    private static (IReadOnlyList<InvoiceLine> Lines, Money? Left) Arrears(BilledChange change, Instant at) =>
        Arrears(change.Before!, change.SpansUntil(at), Due(change, at)!, change.Measured);

    private static IReadOnlyList<OverdrawnLine> OverdrawnLines(BilledChange change, Instant at) =>
        CreditOverageRating.Lines(change.SpansUntil(at), Due(change, at)!, change.Overdrawn);

    /// <summary>Usage and what the minimum spend pays of it; what is left of the minimum.</summary>
    internal static (IReadOnlyList<InvoiceLine> Lines, Money? Left) Arrears(
        BilledRecord before, IReadOnlyList<ContentSpan> spans, ArrearsDue due,
        IReadOnlyDictionary<UsageNeed, MeasuredUsage> measured)
    {
        var usage = UsageRating.Lines(spans, due, measured);
        if (before.Subscription.MinimumSpendLeft is not { } left)
            return (usage, null);
        var from = Instant.Max(before.Period.Start, Instant.Max(due.Month.Start, due.BilledUntil ?? due.Month.Start));
        var drawn = MinimumSpendDraw.Draw(before.Content, usage, left, new(from, due.Month.End));
        return (drawn.Adjustment is { } adjustment ? [.. usage, adjustment] : usage, drawn.Left);
    }

    /// <summary>A new period begins: what it costs is kept for changes within it.</summary>
    private static RecordBill Begin(BilledChange change, IReadOnlyList<InvoiceLine> lines, Instant at)
    {
        var after = change.After!;
        var minimum = after.Content.MinimumSpend;
        var record = change.Change.After with
        {
            RunningCharges = after.BeganWithin
                ? FirstPart(change, at).Running
                : RunningOf(change, lines.Count > 0 ? lines : Period(change, at)),
            MinimumSpendLeft = minimum?.Currency == after.Content.Currency ? minimum : null,
            EarlierCharges = [],
            PendingLines = [],
            PastContents = [],
            UsageBilledUntil = after.ChargesUsage ? StartOfUsage(after, at) : null,
        };
        return new(
            change,
            IsBilled(record) ? record : record with { RunningCharges = RunningCharges.Uncharged(record.RunningCharges) },
            lines);
    }

    /// <summary>Nothing of a subscription that is not collected for is on the books (spec subscriptions 5.4).</summary>
    private static bool IsBilled(Subscription record) => record.PaymentCollectionMethod != PaymentCollectionMethod.None;

    /// <summary>What runs after a change that is not billed: what did not change was charged, or not, before.</summary>
    private static IReadOnlyList<RunningCharge> Unbilled(
        IReadOnlyList<RunningCharge> before, IReadOnlyList<RunningCharge> after) =>
        [.. after.Select(charge => before.Contains(charge) ? charge : charge with { Net = 0 })];

    /// <summary>The running charges that begin with a bill of these lines.</summary>
    public static IReadOnlyList<RunningCharge> RunningOf(BilledChange change, IReadOnlyList<InvoiceLine> lines) =>
        RunningCharges.Of(
            Discounts.Apply(lines, change.Discounts, change.Currency)
                .Where(line => line.SubscriptionId == change.After!.Content.SubscriptionId),
            change.Discounts,
            change.Currency);

    /// <summary>Usage of billing months that were over before the subscription came here was billed elsewhere.</summary>
    private static Instant StartOfUsage(BilledRecord record, Instant at) => Instant.Max(
        record.Period.Start,
        BillingPeriods.MonthContaining(record.Subscription.BillingCycleAnchor!.Value, at).Start);

    /// <summary>Usage until now is priced by the content until now, whenever it is billed.</summary>
    private static Subscription WithPast(BilledChange change, Instant at)
    {
        var (before, after) = (change.Before!, change.After!);
        var record = change.Change.After;
        if (!before.ChargesUsage && !after.ChargesUsage)
            return record;
        var from = record.PastContents.Count > 0 ? record.PastContents[^1].Until : before.Period.Start;
        return record with
        {
            PastContents = from < at
                ? [.. record.PastContents, PastContent.Of(before.Subscription, at)]
                : record.PastContents,
            UsageBilledUntil = record.UsageBilledUntil ?? at,
        };
    }

    private static bool IsMonthEnd(BilledChange change, Instant at) =>
        BillingPeriods.MonthContaining(AnchorOf(change), at).Start == at;

    private static Instant StartOf(BilledChange change) => change.Before!.Period.Start;

    private static Instant AnchorOf(BilledChange change) => change.Before!.Subscription.BillingCycleAnchor!.Value;

    private static BillingPeriod PeriodOf(BilledChange change) => change.Before!.Subscription.BillingPeriod!.Value;

    /// <summary>What is charged on demand may end before now.</summary>
    private static Instant ChargedUntil(BilledChange change) => change.Change.After.UsageBilledUntil!.Value;

    private static Instant? BilledUntil(BilledChange change) => change.Before!.Subscription.UsageBilledUntil;
}
