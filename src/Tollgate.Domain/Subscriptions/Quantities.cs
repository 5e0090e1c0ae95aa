using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>How many units of one in-advance charge a request commits to.</summary>
public sealed record QuantityInput(FeatureId FeatureId, decimal Quantity);

/// <summary>The committed units of a subscription (spec subscriptions 3.6, catalog 9.5).</summary>
public static class Quantities
{
    /// <summary>The most units of one charge; every amount of it stays exact.</summary>
    public const decimal Max = 999_999_999;

    /// <summary>
    /// The committed units after a request. Features it names change; the others keep what is stored, and one with
    /// nothing stored starts at its minimum (1 unless the charge says otherwise). Units of features that no charge is
    /// for are dropped. A feature that both the plan and an add-on charge for has one quantity, which both allow.
    /// </summary>
    /// <param name="findings">Receives what is wrong.</param>
    /// <param name="charges">The charges of the plan and its add-ons, in the subscription's period and country.</param>
    /// <param name="stored">What the subscription commits to now; null for a new one.</param>
    /// <param name="asked">The quantities named by the request; null when it names none.</param>
    /// <param name="unitQuantity">The old form for plans with exactly one charge for committed units.</param>
    public static IReadOnlyDictionary<FeatureId, decimal> Resolve(
        Findings findings, IReadOnlyList<SubscriptionCharge> charges, IReadOnlyDictionary<FeatureId, decimal>? stored,
        IReadOnlyList<QuantityInput>? asked, decimal? unitQuantity)
    {
        var committed = SubscriptionCharges.Committed(charges).ToList();
        var ofPlan = SubscriptionCharges.Committed(charges.Where(c => c.AddonId is null)).ToList();
        var named = Named(findings, committed, ofPlan, asked ?? [], unitQuantity);
        var result = new Dictionary<FeatureId, decimal>();
        foreach (var charge in committed.GroupBy(c => c.FeatureId!.Value))
        {
            var feature = charge.Key;
            var minimum = charge.Max(c => c.MinUnitQuantity ?? 1);
            decimal? maximum = charge.Min(c => c.MaxUnitQuantity);
            var isNamed = named.TryGetValue(feature, out var quantity);
            if (!isNamed)
                quantity = stored is not null && stored.TryGetValue(feature, out var kept) ? kept : minimum;
            if (quantity != decimal.Truncate(quantity) || quantity < minimum || quantity > maximum)
            {
                findings.Add(ErrorCode.InvalidQuantity, $"charges.{feature}",
                    $"The quantity {quantity} of '{feature}' is not possible; give a whole number of at least {minimum}"
                    + (maximum is { } max ? $" and at most {max}." : "."));
            }

            else if (isNamed && quantity > Max)
            {
                findings.Add(ErrorCode.InvalidQuantity, $"charges.{feature}",
                    $"The quantity {quantity} of '{feature}' is not possible; give at most {Max}.");
            }

            result[feature] = quantity;
        }

        return result;
    }

    private static Dictionary<FeatureId, decimal> Named(
        Findings findings, List<Charge> charges, List<Charge> ofPlan,
        IReadOnlyList<QuantityInput> asked, decimal? unitQuantity)
    {
        var named = new Dictionary<FeatureId, decimal>();
        foreach (var input in asked)
        {
            if (charges.TrueForAll(c => c.FeatureId != input.FeatureId))
            {
                findings.Add(ErrorCode.InvalidArgumentError, $"charges.{input.FeatureId}",
                    $"Neither the plan nor an add-on has a charge for committed units of '{input.FeatureId}'; "
                    + "remove it.");
            }
            else if (!named.TryAdd(input.FeatureId, input.Quantity))
            {
                findings.Add(ErrorCode.InvalidArgumentError, $"charges.{input.FeatureId}",
                    $"The quantity of '{input.FeatureId}' is given twice; give it once.");
            }
        }

        if (unitQuantity is not { } units)
            return named;
        if (asked.Count > 0 || ofPlan.Count != 1)
        {
            findings.Add(ErrorCode.InvalidArgumentError, "unitQuantity", asked.Count > 0
                ? "unitQuantity and charges both give quantities; send charges only."
                : $"unitQuantity is for plans with one charge for committed units; this one has {ofPlan.Count}.");
            return named;
        }

        named[ofPlan[0].FeatureId!.Value] = units;
        return named;
    }
}
