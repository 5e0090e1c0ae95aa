using System.Text.Json;
using Tollgate.Contracts.Rest.Queries;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Contracts;
using Tollgate.Server.Rest.Billing;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>
/// Contracts between their wire shape and the domain. Our contracts have one id, whatever it is called.
/// </summary>
internal static class ContractWire
{
    /// <param name="view">The contract.</param>
    /// <param name="address">Null: without the addresses that let their reader pay, as in the event log.</param>
    public static RestContract ToRest(ContractView view, PublicAddress? address)
    {
        var contract = view.Contract;
        var state = Wire.Symbol(contract.StateAt(view.At));
        return new()
        {
            Id = contract.Id,
            ActivationEndDate = Wire.Instant(contract.EndsAt),
            ActivationStartDate = Wire.Instant(contract.StartsAt),
            BillingId = contract.Billing is null ? null : contract.Id,
            BillingState = state,
            ContractId = contract.Id,
            CreatedAt = Wire.Instant(contract.CreatedAt),
            CustomerExternalId = contract.CustomerId.Value,
            ExternalId = contract.Id,
            LatestInvoice = view.LatestInvoice is { } latest ? InvoiceWire.ToLatest(latest, address) : null,
            Name = contract.Name,
            NextInvoice = view.NextInvoice is { } next
                ? new(
                    new(next.Totals.Amounts.AmountDue, next.Currency), Wire.Instant(next.DueDate),
                    Wire.Instant(next.Period?.End), Wire.Instant(next.Period?.Start))
                : null,
            PoNumber = contract.PoNumber,
            RefId = contract.Id,
            State = state,
            Subscriptions = [.. view.Subscriptions.Select(subscription => new RestContractSubscription(
                subscription.PlanName, subscription.ProductName, subscription.Id.Value))],
        };
    }

    /// <summary>The record alone, as the event log keeps it.</summary>
    public static RestContract ToRest(Contract contract) => ToRest(new ContractView(
        contract,
        [.. contract.SubscriptionIds.Select(id => new ContractViewSubscription(id, null, null))],
        contract.UpdatedAt), address: null);

    public static ContractBilling BillingFromRest(JsonElement body) => new()
    {
        Period = body.MemberOrNull<BillingPeriod>("billingPeriod") ?? BillingPeriod.Monthly,
        Currency = body.TextOrNull("currency") ?? Currencies.Default,
        DaysUntilDue = body.IntegerOrNull("daysUntilDue"),
        Lines = body.ListOrNull("lines", line => new ContractLine(line.Text("description"))
        {
            UnitPrice = line.GetProperty("unitPrice").GetDecimal(),
            Quantity = line.NumberOrNull("quantity") ?? 1,
            FeatureId = line.TextOrNull("featureId") is { } feature ? new FeatureId(feature) : null,
            SubscriptionId = line.TextOrNull("subscriptionId") is { } subscription
                ? new SubscriptionId(subscription)
                : null,
        }) ?? [],
    };

    public static RestContractBilling BillingToRest(ContractView view)
    {
        var billing = view.Contract.Billing;
        return new(
            view.Contract.Id,
            billing is null ? null : Wire.Symbol(billing.Period),
            billing?.Currency,
            billing?.DaysUntilDue,
            [.. (billing?.Lines ?? []).Select(line => new RestContractLine(
                line.Description, line.UnitPrice, line.Quantity, line.FeatureId?.Value, line.SubscriptionId?.Value))],
            Wire.Instant(view.Contract.NextInvoiceAt));
    }

    public static RestContractInvoicePreview NextToRest(ContractView view) => new(
        view.Contract.Id,
        Wire.Instant(view.At),
        view.NextInvoice is { } next ? InvoiceWire.ToRest(next) : null);

    public static ContractDraft DraftFromRest(JsonElement body) => new(new CustomerId(body.Text("customerId")))
    {
        Name = body.TextOrNull("name"),
        PoNumber = body.TextOrNull("poNumber"),
        StartsAt = body.InstantOrNull("activationStartDate"),
        EndsAt = body.InstantOrNull("activationEndDate"),
        IsBilled = body.FlagOrNull("setupBilling") ?? true,
    };

    public static ContractEdit EditFromRest(JsonElement body) => new()
    {
        Name = body.OptionalText("name"),
        PoNumber = body.OptionalText("poNumber"),
        StartsAt = body.InstantOrNull("activationStartDate"),
        EndsAt = body.InstantOrNull("activationEndDate"),
        IsBilled = body.FlagOrNull("setupBilling"),
        SubscriptionIds = body.ListOrNull("subscriptionIds", id => new SubscriptionId(id.GetString()!)) ?? [],
    };

    public static Result<IReadOnlyList<ContractSubscriptionInput>> SubscriptionsFromRest(JsonElement body)
    {
        var findings = new Findings();
        var read = new List<ContractSubscriptionInput>();
        foreach (var (index, item) in body.GetProperty("subscriptions").EnumerateArray().Index())
        {
            ProvisionInput? provision = null;
            if (item.Property("newSubscription") is { } given
                && !SubscriptionRequests.ProvisionFromRest(given).TryGet(out provision, out var refusal))
            {
                foreach (var fault in refusal.Fields)
                    findings.Add(refusal.Code, $"subscriptions[{index}].newSubscription.{fault.Path}", fault.Message);
            }

            var existing = item.TextOrNull("existingSubscriptionId");
            read.Add(new(existing is null ? null : new SubscriptionId(existing), provision));
        }

        return findings.ToRefusal() is { } wrong ? wrong : read;
    }

    public static Result<ContractFilter> FilterFromRest(QueryValues query)
    {
        var states = new List<ContractState>();
        foreach (var symbol in query.GetString("state")?.Split(',') ?? [])
        {
            if (!Wire.TryMember<ContractState>(symbol, out var state))
            {
                return Refusal.Of(ErrorCode.BadUserInput,
                    [new("state", $"state '{symbol}' is none; list some of DRAFT, ACTIVE, CANCELED, END_BILLING.")]);
            }

            states.Add(state);
        }

        return new ContractFilter
        {
            CustomerId = query.GetString("customerExternalId"),
            Name = query.GetString("name"),
            States = states,
        };
    }

    /// <summary>Cursors of this list are texts to the contract; ours are UUIDs all the same.</summary>
    public static Result<PageRequest> PageFromRest(QueryValues query)
    {
        var (after, before) = (query.GetString("after"), query.GetString("before"));
        foreach (var (name, given) in (IEnumerable<(string, string?)>)[("after", after), ("before", before)])
        {
            if (given is not null && !Guid.TryParseExact(given, "D", out _))
            {
                return Refusal.Of(ErrorCode.BadUserInput,
                    [new(name, $"{name} is '{given}', which is no cursor; use next or prev of an answer as given.")]);
            }
        }

        return new PageRequest(
            query.GetInt("limit") ?? PageRequest.DefaultLimit,
            after is null ? null : Guid.ParseExact(after, "D"),
            before is null ? null : Guid.ParseExact(before, "D"));
    }
}
