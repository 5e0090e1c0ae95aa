using System.Buffers.Text;
using System.Text;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Invoices;

public enum InvoiceOrder
{
    IssueDate,
    DueDate,
    Total,
}

/// <summary>Which issued invoices of a customer are asked for, and in which order (spec integrations 11).</summary>
public sealed record CustomerInvoiceQuery
{
    /// <summary>Null filters nothing.</summary>
    public IReadOnlyCollection<InvoiceStatus>? Statuses { get; init; }

    /// <summary>A contract's id; contracts made here have the same one everywhere.</summary>
    public string? ContractExternalId { get; init; }

    /// <summary>Issued at or after.</summary>
    public Instant? IssuedFrom { get; init; }

    /// <summary>Issued before.</summary>
    public Instant? IssuedBefore { get; init; }
    public InvoiceOrder Order { get; init; } = InvoiceOrder.IssueDate;
    public bool Descending { get; init; }

    /// <summary>A cursor of an answer; at most one of the two.</summary>
    public string? After { get; init; }
    public string? Before { get; init; }
    public int Limit { get; init; } = PageRequest.DefaultLimit;
}

/// <summary>Pages through the invoices of a customer: issued ones, credit notes aside.</summary>
public sealed class ListCustomerInvoices(Database database, CustomerReader customers)
{
    private readonly InvoiceStore _store = new();

    public Task<Result<CursorPage<Invoice>>> ExecuteAsync(
        OperationScope scope, CustomerId customer, CustomerInvoiceQuery query, CancellationToken cancellationToken) =>
        database.ReadAsync<Result<CursorPage<Invoice>>>(
            async (session, _) =>
            {
                if (await customers.FindAsync(session, scope.EnvironmentId, customer) is not { IsArchived: false })
                    return CustomerUseCases.NotFound(customer);
                return await PageAsync(session, scope.EnvironmentId, customer, query);
            },
            cancellationToken);

    private async Task<Result<CursorPage<Invoice>>> PageAsync(
        Session session, EnvironmentId environment, CustomerId customer, CustomerInvoiceQuery query)
    {
        var backwards = query.Before is not null;
        var column = ColumnOf(query.Order);
        var rows = new RowQuery()
            .And("customer_id = @customer", "customer", customer.Value)
            .And("is_credit_note = 0 AND number IS NOT NULL")
            .AndIf("contract_id = @contract", "contract", query.ContractExternalId)
            .AndAny("status", "status", query.Statuses?.Select(s => s.ToString()).ToArray())
            .AndIf("issued_at >= @from", "from", query.IssuedFrom?.ToUnixTimeMilliseconds())
            .AndIf("issued_at < @until", "until", query.IssuedBefore?.ToUnixTimeMilliseconds());
        if ((query.After ?? query.Before) is { } cursor)
        {
            if (Read(cursor) is not { } uid
                || await _store.FindAsync(session, environment, uid) is not { Value: var at }
                || await _store.SeqOfAsync(session, environment, uid) is not { } seq
                || at.CustomerId != customer)
            {
                return PageCut.UnknownCursor(backwards, cursor);
            }

            var later = query.Descending == backwards ? ">" : "<";
            rows.And($"({column} {later} @value OR ({column} = @value AND seq {later} @seq))", "seq", seq)
                .Parameters.Add("value", ValueOf(at, query.Order));
        }

        var direction = query.Descending == backwards ? "ASC" : "DESC";
        var found = (await _store.ListOfCustomerAsync(
            session, environment, rows, $"{column} {direction}, seq {direction}", query.Limit + 1)).ToList();
        var (hasNext, hasPrevious) = PageCut.Take(found, query.Limit, backwards, query.After is not null);
        return new CursorPage<Invoice>(
            found, hasNext ? Write(found[^1].Uid) : null, hasPrevious ? Write(found[0].Uid) : null);
    }

    private static string ColumnOf(InvoiceOrder order) => order switch
    {
        InvoiceOrder.IssueDate => "issued_at",
        InvoiceOrder.DueDate => "due_date",
        InvoiceOrder.Total => "total_minor",
        _ => throw new ArgumentOutOfRangeException(nameof(order), order, "Not an order of invoices."),
    };

    private static long ValueOf(Invoice invoice, InvoiceOrder order) => order switch
    {
        InvoiceOrder.IssueDate => invoice.IssuedAt!.Value.ToUnixTimeMilliseconds(),
        InvoiceOrder.DueDate => invoice.DueDate!.Value.ToUnixTimeMilliseconds(),
        _ => InvoiceStore.Hundredths(invoice.Amounts.Total),
    };

    private static string Write(Guid uid) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes($"i1:{uid:N}"));

    private static Guid? Read(string cursor)
    {
        if (!Base64Url.IsValid(cursor))
            return null;
        var text = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(cursor));
        return text.StartsWith("i1:", StringComparison.Ordinal) && Guid.TryParseExact(text[3..], "N", out var uid)
            ? uid
            : null;
    }
}
