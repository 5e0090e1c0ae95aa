using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Credits;

/// <summary>What must hold of recurring credits after any sequence of changes and any passing of time.</summary>
public sealed class RecurringCreditLaws
{
    private static readonly PackageVersion Plan = CreditedSubscription.Plan(
        "pro", CreditedSubscription.Row(100) with { DependencyFeatureId = Given.Seats });

    private static readonly Instant Start = Instant.FromUtc(2026, 1, 31, 9, 30);

    private static readonly PackageVersion[] Addons =
    [
        CreditedSubscription.Addon("pack", CreditedSubscription.Row(70)),
        CreditedSubscription.Addon("year", CreditedSubscription.Row(900, CreditCadence.Year)),
        CreditedSubscription.Addon(
            "override", CreditedSubscription.Row(450) with { Behavior = EntitlementBehavior.Override }),
    ];

    [Fact]
    public void No_cycle_of_a_source_grants_more_than_its_high_water_mark() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300),
        Prop.ForAll(Gen.Choose(0, 100_000).ListOf().ToArbitrary(), actions =>
        {
            var s = Run(actions, out var marks);
            foreach (var cycle in s.Issued.GroupBy(i => (i.Source, i.DisplayName, i.ExpireAt)))
            {
                // What a closed grant did not use was taken back.
                var granted = cycle.Select(i => s.Grants.FirstOrDefault(g => g.Uid == i.Uid)).OfType<CreditGrant>()
                    .Sum(g => g.Status == CreditGrantStatus.Voided ? g.Consumed : g.Amount);
                if (granted > marks[cycle.Key])
                    return false;
            }

            return true;
        }));

    [Fact]
    public void Cycles_of_a_plan_chain_without_gap_or_overlap() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(100),
        Prop.ForAll(Gen.Choose(0, 100_000).ListOf().ToArbitrary(), actions =>
        {
            var s = Run(actions.Where(a => a % 4 != 2).ToList(), out _);
            var ends = s.Issued.Where(i => i.Source == CreditGrantSource.PlanEntitlement)
                .Select(i => i.ExpireAt).Distinct().Order().ToList();
            var starts = s.Issued.Where(i => i.Source == CreditGrantSource.PlanEntitlement)
                .GroupBy(i => i.ExpireAt).OrderBy(g => g.Key).Select(g => g.Min(i => i.EffectiveAt)).ToList();
            return starts.Skip(1).SequenceEqual(ends.SkipLast(1)) && starts[0] == Start;
        }));

    [Fact]
    public void Every_grant_is_made_once_and_every_balance_is_the_sum_of_the_ledger() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(200),
        Prop.ForAll(Gen.Choose(0, 100_000).ListOf().ToArbitrary(), actions =>
        {
            var s = Run(actions, out _);
            return s.Issued.Select(i => i.Uid).Distinct().Count() == s.Issued.Count()
                && s.Issued.All(i => i.EffectiveAt < i.ExpireAt && i.Amount > 0)
                && s.Ledger.Sum(entry => entry.SignedAmount) == s.Balance;
        }));

    /// <summary>Seats, add-ons, usage and time, driven by numbers; what each source was entitled to at most per cycle.</summary>
    private static CreditedSubscription Run(
        IReadOnlyList<int> actions, out Dictionary<(CreditGrantSource, string, Instant), decimal> marks)
    {
        var s = new CreditedSubscription(Plan with { CreditEntitlements = [] }, Start);
        SetSeats(s, 3);
        s.Migrate(Plan);
        var held = new Dictionary<PackageVersion, int>();
        var most = new Dictionary<(CreditGrantSource, string, Instant), decimal>();
        Mark();
        foreach (var action in actions)
        {
            switch (action % 4)
            {
                case 0:
                    SetSeats(s, 1 + (action / 4 % 6));
                    break;
                case 1:
                    s.Use(1 + (action / 4 % 250));
                    break;
                case 2:
                    held[Addons[action / 4 % Addons.Length]] = action / 16 % 3;
                    s.Hold([.. held.Where(h => h.Value > 0).Select(h => new HeldAddon(h.Key, h.Value))]);
                    break;
                default:
                    s.Until(s.Now + Duration.FromHours(1 + (action / 4 % 700)));
                    break;
            }

            Mark();
        }

        marks = most;
        return s;

        void Mark()
        {
            foreach (var cycle in s.Subscription.CreditCycles)
            {
                var key = (cycle.Source, cycle.PackageId.Value, cycle.End);
                most[key] = Math.Max(most.GetValueOrDefault(key), cycle.Amount);
            }
        }
    }

    private static void SetSeats(CreditedSubscription s, int seats) =>
        s.Update(same => same with { Quantities = new Dictionary<FeatureId, decimal> { [Given.Seats] = seats } });
}
