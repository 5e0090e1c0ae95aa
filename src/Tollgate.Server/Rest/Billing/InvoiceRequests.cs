using System.Text.Json;
using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Queries;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Rows;

namespace Tollgate.Server.Rest.Billing;

/// <summary>Requests about invoices as the modules understand them.</summary>
internal static class InvoiceRequests
{
    /// <summary>The list of one customer: filters, order and cursors.</summary>
    public static Result<CustomerInvoiceQuery> QueryFromRest(QueryValues query)
    {
        var findings = new Findings();
        var statuses = new List<InvoiceStatus>();
        foreach (var symbol in query.GetSymbols("stateIn"))
        {
            if (InvoiceWire.StatusesOf(symbol) is { } meant)
                statuses.AddRange(meant);
            else
                findings.Bad("stateIn", $"stateIn names '{symbol}'; use open, paid and canceled.");
        }

        var (after, before) = (query.GetString("after"), query.GetString("before"));
        if (after is not null && before is not null)
            findings.Bad("before", "after and before are both given; page in one direction at a time.");
        return findings.ToRefusal() is { } refusal
            ? refusal
            : new CustomerInvoiceQuery
            {
                Statuses = statuses,
                ContractExternalId = query.GetString("contractExternalId"),
                IssuedFrom = InstantOf("issuedAfter"),
                IssuedBefore = InstantOf("issuedBefore"),
                Order = query.GetString("orderBy") switch
                {
                    "dueDate" => InvoiceOrder.DueDate,
                    "total" => InvoiceOrder.Total,
                    _ => InvoiceOrder.IssueDate,
                },
                Descending = query.GetString("orderDir") == "DESC",
                After = after,
                Before = before,
                Limit = query.GetInt("limit") ?? PageRequest.DefaultLimit,
            };

        NodaTime.Instant? InstantOf(string name) => query.GetInstant(name) is { } given ? Wire.Instant(given) : null;
    }

    public static ManualInvoice ManualFromRest(JsonElement body) => new()
    {
        CustomerId = new(body.Text("customerId")),
        Currency = body.TextOrNull("currency"),
        Lines = body.ListOrNull("lines", line => new ManualInvoiceLine(
            line.Text("description"), line.NumberOrNull("quantity") ?? 1, line.GetProperty("unitPrice").GetDecimal()))
                ?? [],
        Method = body.MemberOrNull<PaymentCollectionMethod>("paymentCollectionMethod")
            ?? PaymentCollectionMethod.Invoice,
        DaysUntilDue = body.IntegerOrNull("daysUntilDue"),
        TaxPercentage = body.NumberOrNull("taxPercentage"),
    };
}
