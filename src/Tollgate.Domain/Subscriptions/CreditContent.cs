using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// The part of a subscription's content that is about credits (spec subscriptions 3.6, credits 8 and 8.5).
/// </summary>
internal static class CreditContent
{
    /// <summary>
    /// The amounts a list gives: it replaces all stored ones; null keeps them. Currencies whose amount the plan or an
    /// add-on leaves to each subscription must get one.
    /// </summary>
    /// <param name="findings">Receives what is wrong.</param>
    /// <param name="basis">The plan, and the currencies of the environment.</param>
    /// <param name="addons">The add-on versions held beside it.</param>
    /// <param name="stored">The amounts held now; empty for a new subscription.</param>
    /// <param name="asked">The list of the request.</param>
    public static IReadOnlyList<CreditOverride> Overrides(
        Findings findings, ContentBasis basis, IReadOnlyList<PackageVersion> addons,
        IReadOnlyList<CreditOverride> stored, IReadOnlyList<CreditOverride>? asked)
    {
        if (asked is not null)
            CheckAsked(findings, basis, stored, asked);
        var result = asked ?? stored;
        var given = result.Select(o => o.CurrencyId).ToHashSet();
        var isUnchanged = asked is null && basis.Held is not null;
        if (!isUnchanged)
            CheckGiven(findings, $"Plan '{basis.Plan.Version.Id}'", basis.Plan.CreditEntitlements, given);
        foreach (var addon in addons.Where(a => !isUnchanged || !basis.Holds(a.Id)))
            CheckGiven(findings, $"Add-on '{addon.Id}'", addon.CreditEntitlements, given);
        return result;
    }

    /// <summary>
    /// The credits bought each period after a request: those it names change, the others keep what is stored, and one
    /// with nothing stored starts at its minimum (1 unless the charge says otherwise). Credits that the plan does not
    /// sell are dropped.
    /// </summary>
    public static IReadOnlyDictionary<CurrencyId, decimal> Quantities(
        Findings findings, ContentBasis basis, IReadOnlyList<SubscriptionCharge> charges,
        IReadOnlyDictionary<CurrencyId, decimal>? stored, IReadOnlyList<CreditQuantityInput>? asked, bool dropsUnknown)
    {
        var sold = charges.Where(c => c.AddonId is null).Select(c => c.Charge).Where(IsSold)
            .ToDictionary(c => c.TopUpCurrencyId!.Value);
        var named = new Dictionary<CurrencyId, decimal>();
        foreach (var input in asked ?? [])
        {
            var path = $"charges.{input.CurrencyId}";
            if (!basis.Currencies.ContainsKey(input.CurrencyId))
                findings.Add(ErrorCode.CustomCurrencyNotFound, path, Unknown(input.CurrencyId));
            else if (!sold.ContainsKey(input.CurrencyId))
            {
                if (!dropsUnknown)
                {
                    findings.Add(ErrorCode.InvalidArgumentError, path,
                        $"The plan does not sell credits '{input.CurrencyId}' every period; remove the charge. "
                        + "Credits with a ONE_OFF price are bought with POST /tollgate/v1/credits/purchases.");
                }
            }
            else if (!named.TryAdd(input.CurrencyId, input.Quantity))
            {
                findings.Add(ErrorCode.InvalidArgumentError, path,
                    $"The quantity of credits '{input.CurrencyId}' is given twice; give it once.");
            }
        }

        var result = new Dictionary<CurrencyId, decimal>();
        foreach (var (currency, charge) in sold)
        {
            var minimum = charge.MinUnitQuantity ?? 1;
            var isNamed = named.TryGetValue(currency, out var quantity);
            if (!isNamed)
                quantity = stored is not null && stored.TryGetValue(currency, out var kept) ? kept : minimum;
            if (quantity != decimal.Truncate(quantity) || quantity < minimum || quantity > charge.MaxUnitQuantity)
            {
                findings.Add(ErrorCode.InvalidQuantity, $"charges.{currency}",
                    $"{quantity} credits '{currency}' cannot be bought; give a whole number of at least {minimum}"
                    + (charge.MaxUnitQuantity is { } max ? $" and at most {max}." : "."));
            }

            else if (isNamed && quantity > CreditAmounts.Max)
            {
                findings.Add(ErrorCode.InvalidQuantity, $"charges.{currency}",
                    $"{quantity} credits '{currency}' cannot be bought; give at most {CreditAmounts.Max}.");
            }

            result[currency] = quantity;
        }

        return result;
    }

    /// <summary>A charge for credits that comes back each period.</summary>
    internal static bool IsSold(Charge charge) => charge is
    {
        Model: BillingModel.PerUnit, Cadence: BillingCadence.Recurring, TopUpCurrencyId: not null,
    };

    private static void CheckAsked(
        Findings findings, ContentBasis basis, IReadOnlyList<CreditOverride> stored,
        IReadOnlyList<CreditOverride> asked)
    {
        for (var i = 0; i < asked.Count; i++)
        {
            var (id, path) = (asked[i].CurrencyId, $"entitlements.{asked[i].CurrencyId}");
            if (!basis.Currencies.TryGetValue(id, out var currency))
                findings.Add(ErrorCode.CustomCurrencyNotFound, path, Unknown(id));
            else if (currency.IsArchived && stored.All(o => o.CurrencyId != id))
            {
                findings.Add(ErrorCode.EntityIsArchivedError, path,
                    $"Credit currency '{id}' is archived and cannot be given to a subscription; unarchive it first.");
            }

            if (asked.Take(i).Any(o => o.CurrencyId == id))
            {
                findings.Add(ErrorCode.DuplicatedEntityNotAllowed, path,
                    $"Credits '{id}' are listed twice in entitlements; list them once.");
            }

            CreditAmounts.Check(findings, path + ".amount", asked[i].Amount);
        }
    }

    private static void CheckGiven(
        Findings findings, string owner, IEnumerable<PackageCreditEntitlement> rows, HashSet<CurrencyId> given)
    {
        var missing = rows.Where(e => e is { IsCustom: true, IsGranted: true, Amount: null }
            && !given.Contains(e.CurrencyId)).Select(e => e.CurrencyId.Value).ToList();
        if (missing.Count > 0)
        {
            findings.Bad("entitlements",
                $"{owner} leaves the amount of credits '{string.Join("', '", missing)}' to each subscription; "
                + "give them in entitlements.");
        }
    }

    private static string Unknown(CurrencyId id) =>
        $"There is no credit currency with the id '{id}' in this environment; create it first.";
}
