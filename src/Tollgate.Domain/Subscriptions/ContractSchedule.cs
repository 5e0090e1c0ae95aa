using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;

namespace Tollgate.Domain.Subscriptions;

/// <summary>
/// When a contract is billed and for what (spec integrations 11): fees in advance, usage in arrears, on one invoice a
/// period; the last invoice has the usage up to the end. A period that starts or ends within the schedule is charged by
/// its part.
/// </summary>
public static class ContractSchedule
{
    private const int MaxLines = 100;

    /// <summary>The contract billed as asked from now on.</summary>
    /// <param name="contract">Not canceled.</param>
    /// <param name="billing">What to bill.</param>
    /// <param name="hasEmail">The customer has an address to send invoices to.</param>
    /// <param name="features">The features that the lines name and that exist.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<Contract> Set(
        Contract contract, ContractBilling billing, bool hasEmail, IReadOnlyDictionary<FeatureId, Feature> features,
        Instant now)
    {
        if (contract.CanceledAt is not null)
        {
            return new Refusal(ErrorCode.EntityIsArchivedError,
                $"Contract '{contract.Id}' is canceled and cannot be changed; make another contract.");
        }

        var findings = new Findings();
        if (!Currencies.IsKnown(billing.Currency))
        {
            findings.Bad("currency", $"'{billing.Currency}' is no currency; give a lower-case ISO 4217 code such as "
                + "usd.");
        }

        if (billing.DaysUntilDue is < 0 or > BillingSettingsRules.MaxDueDays)
        {
            findings.Bad("daysUntilDue",
                $"daysUntilDue is {billing.DaysUntilDue}; give a whole number of days from 0 to "
                + $"{BillingSettingsRules.MaxDueDays}.");
        }

        if (billing.Lines.Count is 0 or > MaxLines)
            findings.Bad("lines", $"The contract would have {billing.Lines.Count} lines; give 1 to {MaxLines}.");
        for (var i = 0; i < billing.Lines.Count; i++)
            CheckLine(findings, $"lines[{i}]", billing.Lines[i], contract, features);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        return hasEmail
            ? Reschedule(contract with { Billing = billing, UpdatedAt = now }, now)
            : new Refusal(ErrorCode.CustomerHasNoEmailAddress,
                $"Customer '{contract.CustomerId}' has no e-mail address to send the invoices of a contract to; "
                + "set it first.");
    }

    /// <summary>The contract with the instant of its next invoice, after anything of it changed.</summary>
    public static Contract Reschedule(Contract contract, Instant now) => contract with
    {
        NextInvoiceAt = NextAt(contract, now),
    };

    /// <summary>The invoice that is due next; null when none will be.</summary>
    public static ContractBill? Next(Contract contract)
    {
        if (contract is not { NextInvoiceAt: { } at, Billing: { } billing })
            return null;
        var end = contract.EndsAt is { } ends ? Instant.Min(ends, at) : at;
        BillingWindow? usage = contract.UsageBilledUntil is { } from && from < end ? new(from, end) : null;
        if (contract.EndsAt <= at)
            return new(at, null, null, usage);
        var period = BillingPeriods.Containing(contract.StartsAt, billing.Period, at);
        var until = contract.EndsAt is { } last ? Instant.Min(period.End, last) : period.End;
        return new(at, new(at, until), period, usage);
    }

    /// <summary>The contract once that invoice is issued.</summary>
    public static Contract Billed(Contract contract, ContractBill bill) => Reschedule(
        contract with
        {
            FeesBilledUntil = bill.Fees?.End ?? contract.FeesBilledUntil,
            UsageBilledUntil = Instant.Min(bill.At, contract.EndsAt ?? bill.At),
        },
        bill.At);

    /// <summary>What has to be measured for the bill, by line.</summary>
    public static IReadOnlyDictionary<ContractLine, UsageNeed> Needs(Contract contract, ContractBill bill) =>
        bill.Usage is not { } window
            ? new Dictionary<ContractLine, UsageNeed>()
            : contract.Billing!.Lines.Where(line => line.FeatureId is not null).ToDictionary(
                line => line,
                line => new UsageNeed(
                    line.FeatureId!.Value, window, UsageMeasure.Accumulated, null, contract.StartsAt));

    /// <summary>Fees of the time ahead, then usage of the time past; lines of 0 are kept.</summary>
    /// <param name="contract">The contract before the bill.</param>
    /// <param name="bill">Its next one.</param>
    /// <param name="measured">The usage of each line of <see cref="Needs"/>, in raw units.</param>
    /// <param name="features">Of the lines that name one.</param>
    public static IReadOnlyList<InvoiceLine> Lines(
        Contract contract, ContractBill bill, IReadOnlyDictionary<ContractLine, decimal> measured,
        IReadOnlyDictionary<FeatureId, Feature> features)
    {
        var billing = contract.Billing!;
        var lines = new List<InvoiceLine>();
        if (bill is { Fees: { } ahead, Period: { } period })
        {
            foreach (var fee in billing.Lines.Where(line => line.FeatureId is null))
                lines.Add(Fee(fee, ahead, period, billing.Currency));
        }

        foreach (var line in billing.Lines.Where(measured.ContainsKey))
        {
            var raw = measured[line];
            var units = SoldUnits.Billed(raw, features.GetValueOrDefault(line.FeatureId!.Value)?.UnitTransformation);
            lines.Add(
                Line(line, InvoiceLineType.PayAsYouGoCharge, bill.Usage!.Value, units, line.UnitPrice, billing.Currency)
                with
                {
                    Inputs = new Dictionary<string, string> { ["measured"] = LineInputs.Number(raw) },
                });
        }

        return lines;
    }

    private static InvoiceLine Fee(ContractLine fee, BillingWindow ahead, BillingWindow period, string currency)
    {
        if (ahead == period)
            return Line(fee, InvoiceLineType.BaseCharge, ahead, fee.Quantity, fee.UnitPrice, currency);
        var whole = (period.End - period.Start).TotalMilliseconds;
        var fraction = new BillingFraction((long)(ahead.End - ahead.Start).TotalMilliseconds, (long)whole);
        var part = fraction.Of(fee.Quantity * fee.UnitPrice, currency);
        return Line(fee, InvoiceLineType.BaseCharge, ahead, 1, part, currency) with
        {
            Inputs = new Dictionary<string, string>
            {
                ["factor"] = fraction.ToString(),
                ["full period"] = LineInputs.Number(fee.Quantity * fee.UnitPrice),
            },
        };
    }

    private static InvoiceLine Line(
        ContractLine line, InvoiceLineType type, BillingWindow service, decimal quantity, decimal unitPrice,
        string currency) => new()
        {
            Type = type,
            Description = line.Description,
            Amount = Currencies.Round(quantity * unitPrice, currency),
            Quantity = quantity,
            UnitPrice = unitPrice,
            PeriodStart = service.Start,
            PeriodEnd = service.End,
            SubscriptionId = line.SubscriptionId,
        };

    private static Instant? NextAt(Contract contract, Instant now)
    {
        if (contract is not { CanceledAt: null, IsBilled: true, Billing: not null })
            return null;
        if (contract.FeesBilledUntil is not { } paidUntil)
        {
            // Billing begins with the contract, or where it is set up within it.
            var first = Instant.Max(contract.StartsAt, now);
            return contract.EndsAt <= first ? null : first;
        }

        if (contract.EndsAt <= contract.UsageBilledUntil)
            return null;
        return Instant.Max(contract.EndsAt is { } end ? Instant.Min(end, paidUntil) : paidUntil, now);
    }

    private static void CheckLine(
        Findings findings, string path, ContractLine line, Contract contract,
        IReadOnlyDictionary<FeatureId, Feature> features)
    {
        TextLimits.Check(findings, $"{path}.description", line.Description);
        if (string.IsNullOrWhiteSpace(line.Description))
            findings.Bad($"{path}.description", $"{path}.description is empty; say what is billed.");
        if (line.UnitPrice < 0)
            findings.Bad($"{path}.unitPrice", $"{path}.unitPrice is {line.UnitPrice}; give 0 or more.");
        if (line.Quantity <= 0)
            findings.Bad($"{path}.quantity", $"{path}.quantity is {line.Quantity}; give more than 0.");
        if (line.FeatureId is { } id)
        {
            if (!features.TryGetValue(id, out var feature))
            {
                findings.Add(ErrorCode.FeatureNotFound, $"{path}.featureId",
                    $"There is no feature '{id}'; name one that exists.");
            }
            else if (!feature.IsMetered)
            {
                findings.Add(ErrorCode.InvalidArgumentError, $"{path}.featureId",
                    $"Feature '{id}' is not metered, so it has no usage to bill; "
                    + "name a metered feature or bill a fee.");
            }
        }

        if (line.SubscriptionId is { } subscription && !contract.SubscriptionIds.Contains(subscription))
        {
            findings.Add(ErrorCode.InvalidArgumentError, $"{path}.subscriptionId",
                $"Subscription '{subscription}' is not part of contract '{contract.Id}'; add it first.");
        }
    }
}
