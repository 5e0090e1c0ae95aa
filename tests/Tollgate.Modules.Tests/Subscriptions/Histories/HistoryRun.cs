using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Entitlements.Previews;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Modules.Tests.Usage;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions.Histories;

/// <summary>A stretch of time in which nothing changed, and what was held and paid for in it.</summary>
internal sealed record HeldSpan(Instant From, Instant Until, Subscription? Held);

/// <summary>Drives a history through the real modules and notes what was held when.</summary>
internal sealed class HistoryRun(ModuleHost host, History history)
{
    private const string Customer = "c";

    private readonly List<(Instant At, decimal Quantity)> _calls = [];
    private readonly List<HeldSpan> _spans = [];
    private readonly HashSet<SubscriptionId> _unpaid = [];
    private readonly PreviewComparison _previews = new(host, history, Customer);
    private bool _isPublished;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Time moves from one due instant to the next; otherwise the worker comes late.</summary>
    public bool IsOnTime { get; init; } = true;

    public IReadOnlyList<HeldSpan> Spans => _spans;

    /// <summary>Calls reported, each at its instant.</summary>
    public IReadOnlyList<(Instant At, decimal Quantity)> Calls => _calls;

    /// <summary>Subscriptions of which a part was not to be paid for, or was not given back, as a call asked.</summary>
    public IReadOnlySet<SubscriptionId> Unpaid => _unpaid;

    public IReadOnlyList<Invoice> Invoices { get; private set; } = [];

    public IReadOnlyList<Subscription> Records { get; private set; } = [];

    private Instant Now => host.Scope().Now;

    public static async Task<HistoryRun> RunAsync(DatabaseKind kind, History history, bool isOnTime = true)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await HistoryCatalog.SeedAsync(host, history.Setting);
        await host.CustomerAsync(Customer);
        var run = new HistoryRun(host, history) { IsOnTime = isOnTime };
        await run.RunAsync();
        return run;
    }

    private async Task RunAsync()
    {
        host.Time.SetUtcNow(history.Setting.Start.ToDateTimeOffset());
        foreach (var step in history.Steps)
        {
            if (step.Kind == StepKind.Advance)
                await AdvanceAsync(step);
            else
                await DoAsync(step);
        }

        await MoveToAsync(Now + Duration.FromHours(5));
        await host.RunDueAsync();
        if (Live(await StoredAsync()) is { } live)
            await CancelAsync(live, new() { Time = CancellationTime.Immediate, Prorate = true });
        Invoices = await _previews.InvoicesAsync();
        Records = await StoredAsync();
    }

    private async Task DoAsync(Step step)
    {
        // What fell due by now is part of the past: only what the call itself makes is compared.
        await host.RunDueAsync();
        var records = await StoredAsync();
        var live = Live(records);
        var open = live ?? records.LastOrDefault(s => !s.IsEnded);
        if (step.Kind is not StepKind.Report)
            _previews.ExpectNothing();
        switch (step.Kind)
        {
            case StepKind.Provision:
                await ProvisionAsync(step, live);
                break;
            case StepKind.Seats when open is not null:
                await UpdateAsync(open, new()
                {
                    Quantities = [new(new(HistoryCatalog.Seats), 1 + (step.A % 7))],
                    ScheduleStrategy = Strategy(step.B),
                }, step.C);
                break;
            case StepKind.Addons when open is not null:
                await UpdateAsync(open, new() { Addons = Addons(step.A), ScheduleStrategy = Strategy(step.B) }, step.C);
                break;
            case StepKind.Period when open is not null:
                await UpdateAsync(open, new()
                {
                    BillingPeriod = open.BillingPeriod == BillingPeriod.Monthly
                        ? BillingPeriod.Annually
                        : BillingPeriod.Monthly,
                    ScheduleStrategy = Strategy(step.B),
                }, step.C);
                break;
            case StepKind.Coupon when open is not null:
                await UpdateAsync(open, new() { Coupon = new(Coupon(step.A)) }, step.C);
                break;
            case StepKind.Price when open is { PricingType: PricingType.Paid } && open.PlanId.Value != "team":
                await UpdateAsync(open, new()
                {
                    PriceOverrides = step.A % 3 == 0
                        ? []
                        : [new() { BaseCharge = true, Amount = open.BillingPeriod == BillingPeriod.Monthly ? 33 : 333 }],
                    ScheduleStrategy = Strategy(step.B),
                }, step.C);
                break;
            case StepKind.Cancel when open is not null:
                await CancelAsync(open, CancelOf(step));
                break;
            case StepKind.Resume when open is not null:
                await UpdateAsync(open, new() { CancellationDate = new(null) }, 0);
                break;
            case StepKind.DropSchedule when open is not null:
                await host.Get<SubscriptionUseCases>().CancelUpdatesAsync(
                    host.Scope(), open.Id, ScheduleStatus.Scheduled, Cancellation);
                break;
            case StepKind.Trial when open is { Status: SubscriptionStatus.InTrial }:
                await UpdateAsync(open, new() { TrialEndDate = Now + Duration.FromHours(step.A % 720) }, 0);
                break;
            case StepKind.Report:
                await ReportAsync(step);
                break;
            case StepKind.Minimum when open is not null:
                await UpdateAsync(open, new()
                {
                    MinimumSpend = new(step.A % 3 == 0 ? null : new Money(10 * (step.A % 5), "usd")),
                }, 0);
                break;
            case StepKind.Detour when live is { PendingLines.Count: 0 } && records.Count(s => !s.IsEnded) == 1:
                await DetourAsync(step, live);
                break;
            case StepKind.CustomerCoupon:
                await host.Get<CustomerUseCases>().UpdateAsync(
                    host.Scope(), new(Customer),
                    new() { CouponId = new(step.A % 2 == 0 ? HistoryCatalog.Coupons[step.B % 3] : null) }, Cancellation);
                break;
            case StepKind.Publish when !_isPublished:
                _isPublished = true;
                await HistoryCatalog.PublishAsync(host);
                break;
            case StepKind.Migrate when open is not null:
                await MigrateAsync(
                    open,
                    step.A % 2 == 0 ? SubscriptionMigrationTime.Immediate : SubscriptionMigrationTime.EndOfBillingPeriod);
                break;
            case StepKind.Restart when live is not null:
                await UpdateAsync(live, new() { RestartsCycle = true }, step.C);
                break;
            default:
                break;
        }
    }

    /// <summary>Previews, provisions, and compares the bills.</summary>
    private async Task ProvisionAsync(Step step, Subscription? live)
    {
        var plan = HistoryCatalog.Plans[step.A % HistoryCatalog.Plans.Length];
        var flags = step.C;
        var paid = plan != "free";
        var period = step.B % 2 == 0 ? BillingPeriod.Monthly : BillingPeriod.Annually;
        var isBackdated = flags % 31 == 7;
        var request = new ProvisionRequest(new(Customer), new(plan))
        {
            BillingPeriod = paid ? period : null,
            Quantities = paid && plan is "pro" or "team" && step.B / 2 % 3 > 0
                ? [new(new(HistoryCatalog.Seats), 1 + (step.B / 6 % 7))]
                : null,
            Addons = paid && flags % 3 == 1 ? Addons(step.B / 5) : null,
            Coupon = flags % 7 == 3 ? new(Coupon(flags)) : default,
            StartDate = isBackdated ? Now - Duration.FromDays(1 + (step.B % 40))
                : flags % 23 == 5 ? Now + Duration.FromHours(1 + (step.B % 1000)) : null,
            Id = flags % 29 == 11 ? new($"own-{Guid.NewGuid():N}") : null,
            Trial = flags % 19 == 4 ? new TrialOverride(true, Now + Duration.FromHours(1 + (step.B % 900))) : null,
            SkipTrial = flags % 5 == 2,
            CancellationDate = flags % 37 == 9 ? Now + Duration.FromDays(1 + (step.B % 70)) : null,
            ScheduleStrategy = flags % 11 == 6 ? Strategy(step.B) : null,
            RestartsCycle = flags % 13 == 8,
        };
        var input = new ProvisionInput(request) { Billing = Choices(flags / 4) };
        var preview = await host.Get<PreviewSubscription>().ExecuteAsync(host.Scope(), input, Cancellation);
        var before = await _previews.InvoicesAsync();
        var done = await host.Get<ProvisionWithEntitlements>().ExecuteAsync(host.Scope(), input, Cancellation);
        _previews.SameRefusal(preview.Refusal, done.Refusal, step);
        if (done.Refusal is not null)
            return;
        var subject = done.Subscription();
        var made = await _previews.NewInvoicesAsync(before);
        _previews.Same(preview.Value, made, subject, step);
        Note(input.Billing, subject, live);
        if (isBackdated)
            _unpaid.Add(subject.Id);
    }

    private async Task UpdateAsync(Subscription subject, UpdateRequest request, int flags)
    {
        var input = new UpdateInput(request) { Billing = Choices(flags) };
        var useCases = host.Get<SubscriptionUseCases>();
        var preview = await useCases.PreviewUpdateAsync(host.Scope(), subject.Id, input, Cancellation);
        var before = await _previews.InvoicesAsync();
        var done = await useCases.UpdateAsync(host.Scope(), subject.Id, input, Cancellation);
        _previews.SameRefusal(preview.Refusal, done.Refusal, request);
        if (done.Refusal is not null)
            return;
        _previews.Same(preview.Value, await _previews.NewInvoicesAsync(before), done.Value.Subscription, request);
        Note(input.Billing, subject, null);
    }

    private async Task CancelAsync(Subscription subject, CancelRequest request)
    {
        var useCases = host.Get<SubscriptionUseCases>();
        var preview = await useCases.PreviewCancelAsync(host.Scope(), subject.Id, request, Cancellation);
        var before = await _previews.InvoicesAsync();
        var done = await useCases.CancelAsync(host.Scope(), subject.Id, request, Cancellation);
        _previews.SameRefusal(preview.Refusal, done.Refusal, request);
        if (done.Refusal is null)
            _previews.Same(preview.Value, await _previews.NewInvoicesAsync(before), done.Value.Subscription, request);
    }

    private async Task MigrateAsync(Subscription subject, SubscriptionMigrationTime time)
    {
        var preview = await host.Get<PreviewMigration>().ExecuteAsync(host.Scope(), subject.Id, time, Cancellation);
        var before = await _previews.InvoicesAsync();
        var done = await host.Get<SubscriptionUseCases>().MigrateAsync(host.Scope(), subject.Id, time, Cancellation);
        _previews.SameRefusal(preview.Refusal, done.Refusal, time);
        if (done.Refusal is not null)
            return;
        var after = done.Value.Subscription;
        var waits = after.FutureUpdates.Any(u => u is { Type: ScheduleType.MigrateToLatest, IsScheduled: true });
        Assert.True(
            (preview.Value.After.PlanVersion, preview.Value.After.PriceVersion, preview.Value.IsScheduled)
                == (after.PlanVersion, after.PriceVersion, waits),
            $"{time} makes {PreviewComparison.Describe(after)}, previewed {PreviewComparison.Describe(preview.Value.After)} in {history}");
        if (preview.Value.Invoices is { } invoices)
            _previews.Same(invoices, await _previews.NewInvoicesAsync(before), after, time);
        else
            Assert.Empty(await _previews.NewInvoicesAsync(before));
    }

    /// <summary>A change and the change back at one instant cost nothing.</summary>
    private async Task DetourAsync(Step step, Subscription live)
    {
        if (_unpaid.Contains(live.Id) || !CouponIsAsInvoiced(live, await DiscountAsync(live)))
            return;
        var before = await _previews.InvoicesAsync();
        var useCases = host.Get<SubscriptionUseCases>();
        if (step.A % 2 == 0)
        {
            var held = live.Addons.Select(a => new AddonInput(a.Id, a.Quantity)).ToList();
            var there = new UpdateRequest { Addons = Addons(step.B + 1), ScheduleStrategy = ScheduleStrategy.Immediate };
            var back = new UpdateRequest { Addons = held, ScheduleStrategy = ScheduleStrategy.Immediate };
            Assert.Null((await useCases.UpdateAsync(host.Scope(), live.Id, new(there), Cancellation)).Refusal);
            Assert.Null((await useCases.UpdateAsync(host.Scope(), live.Id, new(back), Cancellation)).Refusal);
        }
        else
        {
            var other = live.PlanId.Value == "basic" ? "pro" : "basic";
            // The way back leads to the newest version.
            if (live.PriceOverrides.Count > 0 || live.PlanId.Value == "setup" || (_isPublished && live.PlanId.Value == "basic"))
                return;
            Assert.Null((await ToAsync(live, other)).Refusal);
            Assert.Null((await ToAsync(live, live.PlanId.Value)).Refusal);
        }

        var made = await _previews.NewInvoicesAsync(before);
        Assert.True(
            made.Sum(i => i.Amounts.Total) == 0,
            $"{step} there and back costs {string.Join(" and ", made.Select(PreviewComparison.Describe))} in {history}");
    }

    private Task<Result<EntitledSubscription>> ToAsync(Subscription live, string plan) => host.ProvisionAsync(
        Customer, plan, r => r with
        {
            BillingPeriod = live.BillingPeriod,
            Quantities = plan is "pro" or "team" && live.Quantities.TryGetValue(new(HistoryCatalog.Seats), out var seats)
                ? [new(new(HistoryCatalog.Seats), seats)]
                : null,
            Addons = [.. live.Addons.Select(a => new AddonInput(a.Id, a.Quantity))],
            SkipTrial = true,
            ScheduleStrategy = ScheduleStrategy.Immediate,
        });

    private async Task ReportAsync(Step step)
    {
        var feature = (step.A % 3) switch { 0 => "calls", 1 => "gb", _ => "storage" };
        decimal quantity = 1 + (step.B % 150);
        var done = await host.TryReportAsync(MeteringDriver.Delta(Customer, feature, quantity));
        if (done.Refusal is null && feature == "calls")
            _calls.Add((Now, quantity));
    }

    private async Task AdvanceAsync(Step step)
    {
        await host.RunDueAsync();
        var live = Live(await StoredAsync());
        var end = live?.CurrentBillingPeriodEnd ?? Now + Duration.FromDays(30);
        await MoveToAsync(Instant.Max(Now + Duration.FromMilliseconds(1), (step.A % 8) switch
        {
            0 => Now + Duration.FromMinutes(1 + (step.B % 60)),
            1 or 2 or 3 => Now + Duration.FromHours(1 + (step.B % 1000)),
            4 => end,
            5 => end - Duration.FromMilliseconds(1),
            6 => end - Duration.FromHours(1 + (step.B % 30)),
            _ => Now + Duration.FromDays(30 * (1 + (step.B % 15))),
        }));
    }

    /// <summary>Time goes on to <paramref name="until"/>, by way of everything that falls due.</summary>
    private async Task MoveToAsync(Instant until)
    {
        if (!IsOnTime)
        {
            host.Time.SetUtcNow(until.ToDateTimeOffset());
            return;
        }

        while (Now < until)
        {
            await host.RunDueAsync();
            await _previews.RenewalAsync();
            var from = Now;
            var due = await host.Get<AdvanceSubscriptions>().NextDueAsync(host.EnvironmentId, Cancellation);
            var next = due is { } at && at < until ? at : until;
            _spans.Add(new(from, next, Live(await StoredAsync())));
            host.Time.SetUtcNow(next.ToDateTimeOffset());
        }

        await host.RunDueAsync();
        await _previews.RenewalAsync();
    }

    /// <summary>What the call asked not to be billed, or not to be given back, is no part of the laws about time.</summary>
    private void Note(BillingChoices choices, Subscription subject, Subscription? before)
    {
        if (choices.Proration != ProrationBehavior.None)
            return;
        _unpaid.Add(subject.Id);
        if (before is not null)
            _unpaid.Add(before.Id);
    }

    private async Task<DiscountTerms?> DiscountAsync(Subscription live)
    {
        if (live.Coupons.LastOrDefault(c => c.RemovedAt is null) is { } held)
            return held.Terms;
        var customer = (await host.Get<CustomerUseCases>().RetrieveAsync(host.Scope(), new(Customer), Cancellation)).Value;
        return customer.CouponId is { } id
            ? DiscountTerms.Of(
                (await host.Get<Modules.Catalog.Coupons.CouponUseCases>().RetrieveAsync(host.Scope(), id, Cancellation)).Value,
                customer.CouponAppliedAt!.Value)
            : null;
    }

    /// <summary>The discount that the running period was billed with is the one that a change would get now.</summary>
    private bool CouponIsAsInvoiced(Subscription live, DiscountTerms? terms)
    {
        var code = terms is not null && Discounts.Covers(terms, Now, "usd") ? terms.Code : null;
        return live.RunningCharges.All(charge => charge.Coupon == code);
    }

    private Task<IReadOnlyList<Subscription>> StoredAsync() => host.StoredAsync(Customer);

    private static Subscription? Live(IReadOnlyList<Subscription> records) =>
        records.SingleOrDefault(s => s is { Status: SubscriptionStatus.Active, PricingType: PricingType.Paid });

    private static BillingChoices Choices(int flags) => new()
    {
        Proration = (flags % 9) switch
        {
            7 => ProrationBehavior.CreateProrations,
            8 => ProrationBehavior.None,
            _ => ProrationBehavior.InvoiceImmediately,
        },
    };

    private static ScheduleStrategy? Strategy(int number) => (number % 5) switch
    {
        1 => ScheduleStrategy.EndOfBillingPeriod,
        2 => ScheduleStrategy.EndOfBillingMonth,
        3 => ScheduleStrategy.Immediate,
        _ => null,
    };

    private static List<AddonInput> Addons(int number)
    {
        var addons = new List<AddonInput>();
        if (number % 2 == 1)
            addons.Add(new(new(HistoryCatalog.Support)));
        if (number / 2 % 3 > 0)
            addons.Add(new(new(HistoryCatalog.Pack), number / 2 % 3));
        return addons;
    }

    private static CouponRequest? Coupon(int number) => number % 4 == 3
        ? null
        : new() { References = [new(CouponForm.CouponId, HistoryCatalog.Coupons[number % 4], "appliedCoupon.couponId")] };

    private CancelRequest CancelOf(Step step) => (step.A % 5) switch
    {
        0 => new() { Time = CancellationTime.Immediate, Prorate = true },
        1 => new() { Time = CancellationTime.EndOfBillingPeriod },
        2 => new() { Time = CancellationTime.SpecificDate, EndDate = Now + Duration.FromHours(1 + (step.B % 2000)) },
        3 => new() { Action = CancellationAction.RevokeEntitlements },
        _ => new() { Time = CancellationTime.Immediate, Prorate = false },
    };
}
