using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Subscriptions;

/// <summary>Steps 1 to 4 of the validation order of spec subscriptions 5.3.</summary>
internal static class ProvisionChecks
{
    /// <summary>Customer, payer, plan, product and resource.</summary>
    public static Refusal? Access(ProvisionRequest request, ProvisionFacts facts)
    {
        if (facts.Customer is not { } customer)
        {
            return new(ErrorCode.CustomerNotFound,
                $"There is no customer '{request.CustomerId}'; create the customer first.");
        }

        if (customer.IsArchived)
        {
            return new(ErrorCode.EntityIsArchivedError,
                $"Customer '{customer.Id}' is archived; unarchive it before provisioning.");
        }

        if (request.PayingCustomerId is { } payer && payer != customer.Id)
        {
            if (facts.PayingCustomer is null)
                return new(ErrorCode.CustomerNotFound, $"There is no customer '{payer}' to pay; create it first.");
            if (facts.PayingCustomer.IsArchived)
            {
                return new(ErrorCode.EntityIsArchivedError,
                    $"The paying customer '{payer}' is archived; name another payer.");
            }
        }

        if (facts.Plan is not { } plan || facts.Journey is not { } journey)
            return new(ErrorCode.PlanNotFound, $"There is no plan '{request.PlanId}'.");
        return PlanState(plan.Version, journey.Product) ?? Resource(request, journey.Product);
    }

    private static Refusal? PlanState(PackageVersion plan, Product product) => (plan.Status, product.IsArchived) switch
    {
        (_, true) => new(ErrorCode.ProductNotPublishedError,
            $"Product '{product.Id}' of plan '{plan.Id}' is archived; unarchive it before provisioning."),
        (PackageStatus.Draft, _) => new(ErrorCode.UnPublishedPackage,
            $"Plan '{plan.Id}' has no published version; publish it first."),
        (PackageStatus.Archived, _) => new(ErrorCode.EntityIsArchivedError,
            $"Plan '{plan.Id}' is archived; choose another plan."),
        _ => null,
    };

    private static Refusal? Resource(ProvisionRequest request, Product product)
    {
        if (product.MultipleSubscriptions && request.ResourceId is null)
        {
            return new(ErrorCode.InvalidArgumentError,
                $"Product '{product.Id}' has one subscription per resource; give resourceId.");
        }

        if (!product.MultipleSubscriptions && request.ResourceId is { } resource)
        {
            return new(ErrorCode.InvalidArgumentError,
                $"Product '{product.Id}' has one subscription per customer; remove resourceId '{resource}'.");
        }

        if (request.ResourceId is { } id && !PublicId.IsValid(id.Value))
        {
            var findings = new Findings();
            PublicId.Check(findings, "resourceId", id.Value);
            return findings.ToRefusal();
        }

        return null;
    }

    /// <summary>The billing period and the prices behind it; a plan that is not PAID has neither.</summary>
    public static Refusal? Prices(PackageVersion plan, BillingPeriod? period, string? country, string? fixedCurrency)
    {
        if (plan.PricingType != PricingType.Paid)
            return null;
        var offered = PriceSelection.OfferedPeriods(plan);
        if (period is not { } asked || !offered.Contains(asked))
        {
            return new(ErrorCode.BillingPeriodMissingError,
                (period is null ? $"Plan '{plan.Id}' is paid and needs a billingPeriod"
                    : $"Plan '{plan.Id}' is not offered {period.Value.ToString().ToUpperInvariant()}")
                + $"; give one of {string.Join(", ", offered.Select(p => p.ToString().ToUpperInvariant()).Order())}.");
        }

        var charges = PriceSelection.For(plan, asked, country).ToList();
        if (charges.Count == 0)
        {
            return new(ErrorCode.PriceNotFound,
                $"Plan '{plan.Id}' has no {asked.ToString().ToUpperInvariant()} price"
                + $"{(country is null ? "" : $" for {country}")}.");
        }

        var currency = charges.Select(PriceCalculator.CurrencyOf).FirstOrDefault(c => c is not null);
        if (fixedCurrency is not null && currency is not null && currency != fixedCurrency)
        {
            return new(ErrorCode.InvalidArgumentError,
                $"The customer pays in {fixedCurrency} and plan '{plan.Id}' is priced in {currency}; "
                + "a customer has one billing currency, so choose a plan or a billingCountryCode that is priced in "
                + "it.");
        }

        return null;
    }

    /// <summary>A cancellation date must lie ahead, and after the start.</summary>
    public static void CancellationDate(Findings findings, Instant? date, Instant now, Instant start)
    {
        if (date is { } at && at <= Instant.Max(now, start))
        {
            findings.Add(ErrorCode.InvalidCancellationDate, "cancellationDate",
                $"The cancellation date {at} is not in the future; give a later one.");
        }
    }
}
