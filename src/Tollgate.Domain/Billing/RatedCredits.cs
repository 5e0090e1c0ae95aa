using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Billing;

/// <summary>One overage price of credits over one stretch of time in which it was in force.</summary>
internal sealed record RatedCredits(BilledContent Content, BilledCharge Charge, BillingWindow Window)
{
    public CreditNeed Need => new(Charge.Charge.TopUpCurrencyId!.Value, Window);

    /// <summary>Everything that is due, by currency in catalog order and then by time.</summary>
    public static IReadOnlyList<RatedCredits> Due(IReadOnlyList<ContentSpan> spans, ArrearsDue due)
    {
        var joined = new List<RatedCredits>();
        foreach (var ofOne in spans.SelectMany(span => Of(span, due)).GroupBy(rated => rated.Need.CurrencyId))
        {
            RatedCredits? open = null;
            foreach (var next in ofOne)
            {
                if (open is not null && open.Continues(next))
                {
                    open = next with { Window = new(open.Window.Start, next.Window.End) };
                    continue;
                }

                if (open is not null)
                    joined.Add(open);
                open = next;
            }

            joined.Add(open!);
        }

        // What was charged on demand up to its end has been billed whole.
        return [.. joined.Where(rated => !(due.BilledUntil >= rated.Window.End && rated.IsMonthly))];
    }

    private bool IsMonthly => Charge.Package.OverageBillingPeriod == OverageBillingPeriod.Monthly;

    private static IEnumerable<RatedCredits> Of(ContentSpan span, ArrearsDue due)
    {
        foreach (var charge in BilledCharge.CreditOverage(span.Content))
        {
            var window = charge.Package.OverageBillingPeriod == OverageBillingPeriod.Monthly ? due.Month : due.Term;
            if (window is { } whole && span.Within(whole) is { } part)
                yield return new(span.Content, charge, part);
        }
    }

    private bool Continues(RatedCredits next) =>
        Window.End == next.Window.Start && Charge.AddonId == next.Charge.AddonId
        && Content.Currency == next.Content.Currency && PackageContent.Same(Charge.Charge, next.Charge.Charge);
}
