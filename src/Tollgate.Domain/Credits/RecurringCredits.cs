using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

/// <summary>The record with its credit cycles, and what its pools are told.</summary>
public sealed record CreditFollowUp(Subscription After, IReadOnlyList<CreditInstruction> Instructions);

/// <summary>
/// The credits that follow from a change of a subscription (spec credits 8.1 to 8.5): which grants are issued, voided
/// or replaced. Cycles are the anniversaries of the billing anchor, without one those of the start; each ends exactly
/// where the next begins, and nothing rolls over.
/// </summary>
public static class RecurringCredits
{
    /// <param name="change">The record before and after, and what happened.</param>
    /// <param name="contributions">
    /// What counts after the change, of <see cref="CreditContributions.Of"/>; not looked at when the record gives
    /// no access.
    /// </param>
    /// <param name="at">The instant of the change.</param>
    /// <param name="nextUid">Identities of new grants.</param>
    public static CreditFollowUp Follow(
        SubscriptionChange change, IReadOnlyList<CreditContribution> contributions, Instant at, Func<Guid> nextUid) =>
        new Run(change, at, nextUid).Follow([.. contributions.Where(c => c.IsCounted)]);

    /// <summary>What cycles are counted from.</summary>
    public static Instant AnchorOf(Subscription subscription) =>
        subscription.BillingCycleAnchor ?? subscription.CreditAnchor ?? subscription.StartDate;

    /// <summary>The cycle that contains an instant.</summary>
    public static BillingWindow CycleAt(Instant anchor, CreditCadence cadence, Instant at) => BillingPeriods.Containing(
        anchor, cadence == CreditCadence.Month ? BillingPeriod.Monthly : BillingPeriod.Annually, at);

    private sealed class Run(SubscriptionChange change, Instant at, Func<Guid> nextUid)
    {
        private readonly Subscription? _before = change.Before;
        private readonly bool _wasLive = change.Before is { IsLive: true };
        private readonly List<CreditInstruction> _issued = [];
        private readonly List<CreditInstruction> _voided = [];
        private readonly List<CreditCycle> _cycles = [];
        private Subscription _after = change.After;

        /// <summary>A period ends right now: what leaves with it runs to the end of its own cycle.</summary>
        private bool IsBoundary => _before?.CurrentBillingPeriodEnd == at;

        public CreditFollowUp Follow(IReadOnlyList<CreditContribution> contributions)
        {
            var running = _before?.CreditCycles ?? [];
            if (!_after.IsLive)
            {
                if (!EndsByItself())
                    VoidAll(running);
                return Done();
            }

            if (change.Reason == ChangeReason.Converted && _after.BillingCycleAnchor is null)
                _after = _after with { CreditAnchor = at };
            if (_wasLive && (AnchorOf(_before!) != AnchorOf(_after) || change.Reason == ChangeReason.Converted))
            {
                VoidAll(running);
                running = [];
            }
            else if (_wasLive && (_before!.CustomerId, _before.ResourceId) != (_after.CustomerId, _after.ResourceId))
            {
                running = [.. running.Select(MoveToOtherPool)];
            }

            foreach (var contribution in contributions)
            {
                var cycle = running.FirstOrDefault(
                    c => c.End > at && IsOf(c, contribution) && !IsOtherSale(c, contribution));
                if (cycle is not null)
                    _cycles.Add(Continue(cycle with { RunsOut = false }, contribution));
                else if (contribution.Amount > 0)
                    _cycles.Add(Begin(contribution));
            }

            foreach (var cycle in running.Where(c => c.End > at && contributions.All(t => !IsOf(c, t))))
                _cycles.Add(WithoutSource(cycle));
            return Done();
        }

        /// <summary>One slot a source: a plan or what it sells, or one add-on.</summary>
        private static bool IsOf(CreditCycle cycle, CreditContribution contribution) =>
            cycle.CurrencyId == contribution.CurrencyId && cycle.Source == contribution.Source
            && (contribution.Package.Kind == PackageKind.Plan
                ? !cycle.IsOfAddon
                : cycle.PackageId == contribution.PackageId);

        /// <summary>
        /// Credits bought by the month and by the year are two sales; what was bought of the one runs out.
        /// </summary>
        private static bool IsOtherSale(CreditCycle cycle, CreditContribution contribution) =>
            cycle.Source == CreditGrantSource.Price && cycle.Cadence != contribution.Cadence;

        /// <summary>
        /// A full grant: the first of the source, or the next cycle's. What joins a running subscription counts from
        /// now on; a record that begins, in the past too, gets the cycle it is in.
        /// </summary>
        private CreditCycle Begin(CreditContribution contribution)
        {
            var window = CycleAt(AnchorOf(_after), contribution.Cadence, at);
            var cycle = CycleOf(contribution, window) with { Start = _wasLive ? at : window.Start };
            return Issue(cycle, contribution, contribution.Amount, contribution.Cost.Amount, []);
        }

        private CreditCycle Continue(CreditCycle cycle, CreditContribution contribution)
        {
            var isFresh = cycle.Start == at;
            if (contribution.Amount <= 0)
            {
                return isFresh && !cycle.IsSuspended && cycle.Source != CreditGrantSource.Price
                    ? Suspend(cycle)
                    : cycle;
            }

            if (cycle.IsSuspended)
            {
                var resumed = Renamed(cycle, contribution) with
                {
                    // What was bought stays bought.
                    BaseAmount = cycle.Source == CreditGrantSource.Price
                        ? Math.Max(cycle.BaseAmount, contribution.BaseAmount)
                        : contribution.BaseAmount,
                    Units = contribution.Units,
                };
                return Issue(resumed, contribution, resumed.Amount, contribution.Cost.Amount, []);
            }

            if (contribution.Source == CreditGrantSource.Price)
                return Raise(Renamed(cycle, contribution), contribution);
            var isOther = cycle.PackageId != contribution.PackageId || cycle.Cadence != contribution.Cadence;
            if (isOther && (change.Reason == ChangeReason.Migrated || IsBoundary) && !isFresh)
            {
                // Nothing until its end; from then on what counts now.
                return Renamed(cycle, contribution) with
                {
                    Cadence = contribution.Cadence,
                    BaseAmount = contribution.BaseAmount,
                    Units = contribution.Units,
                };
            }

            // A cycle that begins at this very instant is what the last change of the instant makes it.
            if (isOther || (isFresh && contribution.Amount < cycle.Amount))
                return Replace(cycle, contribution);
            if (change.Reason == ChangeReason.Migrated)
                return cycle with { BaseAmount = contribution.BaseAmount };
            return Raise(cycle, contribution);
        }

        /// <summary>More units or a larger amount at once and in full; less waits for the next cycle.</summary>
        private CreditCycle Raise(CreditCycle cycle, CreditContribution contribution)
        {
            var raised = cycle with
            {
                BaseAmount = Math.Max(cycle.BaseAmount, contribution.BaseAmount),
                Units = Math.Max(cycle.Units, contribution.Units),
            };
            // Units that come back are counted at what one is now, units that are new likewise.
            var more = ((raised.Units - cycle.Units) * contribution.BaseAmount)
                + ((raised.BaseAmount - cycle.BaseAmount) * cycle.Units);
            return more <= 0
                ? cycle
                : Issue(raised, contribution, more, Math.Max(0, contribution.Cost.Amount - cycle.Cost), []);
        }

        private CreditCycle Replace(CreditCycle cycle, CreditContribution contribution)
        {
            var window = CycleAt(AnchorOf(_after), contribution.Cadence, at);
            return Issue(
                CycleOf(contribution, window) with { Start = at, Closed = cycle.Closed },
                contribution, contribution.Amount, contribution.Cost.Amount, cycle.Open);
        }

        /// <summary>
        /// The source is gone, or another takes its place: what is unused goes, unless the change only counts from the
        /// next cycle on. Credits that were bought stay.
        /// </summary>
        private CreditCycle WithoutSource(CreditCycle cycle)
        {
            if (cycle.IsSuspended || cycle.RunsOut)
                return cycle;
            return cycle.Source == CreditGrantSource.Price || change.Reason == ChangeReason.Migrated
                || (IsBoundary && cycle.Start < at)
                    ? cycle with { RunsOut = true }
                    : Suspend(cycle);
        }

        private CreditCycle Suspend(CreditCycle cycle)
        {
            _voided.Add(new VoidCredits(PoolOf(_before!, cycle.CurrencyId), cycle.Open));
            return cycle with { Open = [], Closed = [.. cycle.Closed, .. cycle.Open] };
        }

        /// <summary>
        /// What is left of it is granted again where the subscription is now; the pool it came from keeps what
        /// was used.
        /// </summary>
        private CreditCycle MoveToOtherPool(CreditCycle cycle) =>
            cycle.End <= at || cycle.IsSuspended || (cycle.RunsOut && cycle.Source == CreditGrantSource.Price)
                ? cycle
                : Suspend(cycle);

        private CreditCycle Issue(
            CreditCycle cycle, CreditContribution contribution, decimal amount, decimal cost,
            IReadOnlyList<Guid> replaces)
        {
            var uid = nextUid();
            _issued.Add(new IssueCredits(PoolOf(_after, cycle.CurrencyId))
            {
                Uid = uid,
                SubscriptionId = _after.Id,
                Source = cycle.Source,
                PackageId = contribution.PackageId,
                AddonQuantity = contribution.Package.Kind == PackageKind.Addon ? contribution.AddonQuantity : null,
                DisplayName = contribution.Package.DisplayName,
                Amount = amount,
                Limit = cycle.Amount,
                Cost = contribution.Cost with { Amount = cost },
                CostLimit = Math.Max(cycle.Cost, contribution.Cost.Amount),
                EffectiveAt = Instant.Max(cycle.Start, _wasLive ? at : cycle.Start),
                ExpireAt = cycle.End,
                Replaces = replaces,
                LessConsumedOf = cycle.Closed,
                Beside = cycle.Open,
            });
            return cycle with
            {
                Cost = Math.Max(cycle.Cost, contribution.Cost.Amount),
                Open = replaces.Count == 0 ? [.. cycle.Open, uid] : [uid],
                Closed = [.. cycle.Closed, .. replaces],
            };
        }

        private static CreditCycle CycleOf(CreditContribution contribution, BillingWindow window) => new()
        {
            CurrencyId = contribution.CurrencyId,
            Source = contribution.Source,
            PackageId = contribution.PackageId,
            IsOfAddon = contribution.Package.Kind == PackageKind.Addon,
            Cadence = contribution.Cadence,
            Start = window.Start,
            End = window.End,
            BaseAmount = contribution.BaseAmount,
            Units = contribution.Units,
        };

        private static CreditCycle Renamed(CreditCycle cycle, CreditContribution contribution) =>
            cycle with { PackageId = contribution.PackageId };

        private static PoolKey PoolOf(Subscription subscription, CurrencyId currency) =>
            new(subscription.CustomerId, subscription.ResourceId, currency);

        /// <summary>
        /// What was bought is the customer's until it expires: no money is given back for it (record 19).
        /// </summary>
        private void VoidAll(IEnumerable<CreditCycle> cycles)
        {
            foreach (var cycle in cycles.Where(
                c => c.End > at && !c.IsSuspended && c.Source != CreditGrantSource.Price))
            {
                _voided.Add(new VoidCredits(PoolOf(_before!, cycle.CurrencyId), cycle.Open));
            }
        }

        /// <summary>
        /// An end that was planned for the end of the period: what was granted runs out as it would have.
        /// </summary>
        private bool EndsByItself() =>
            IsBoundary && _before!.Status == SubscriptionStatus.Active
            && _after.CancelReason == CancelReason.ScheduledCancellation;

        private CreditFollowUp Done() =>
            new(_after with { CreditCycles = _cycles }, [.. _issued, .. _voided]);
    }
}
