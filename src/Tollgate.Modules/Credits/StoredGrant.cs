using System.Text.Json;
using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// A row of a grant with the columns that are kept beside its body, by which it is found, filtered and sorted: whether they say
/// what the body says.
/// </summary>
internal sealed class StoredGrant
{
    private const string Columns = """
        uid AS Uid, id AS Id, customer_id AS Customer, resource_id AS Resource, currency_id AS Currency, grant_type AS Type,
        status AS Status, amount AS Amount, consumed AS Consumed, due_at AS DueAt, invoice_uid AS Invoice,
        created_at AS CreatedAt, updated_at AS UpdatedAt, body AS Body
        """;

    private CreditGrant? _grant;

    public Guid Uid { get; set; }
    public string Id { get; set; } = "";
    public string Customer { get; set; } = "";
    public string Resource { get; set; } = "";
    public string Currency { get; set; } = "";
    public string Type { get; set; } = "";
    public string Status { get; set; } = "";
    public decimal Amount { get; set; }
    public decimal Consumed { get; set; }
    public long? DueAt { get; set; }
    public Guid? Invoice { get; set; }
    public long CreatedAt { get; set; }
    public long UpdatedAt { get; set; }
    public string Body { get; set; } = "";

    /// <summary>As the body says.</summary>
    public CreditGrant Grant => _grant ??= JsonSerializer.Deserialize(Body, BodyJson.Default.CreditGrant)!;

    /// <summary>Every grant of the customer, closed ones included, oldest first.</summary>
    public static async Task<IReadOnlyList<StoredGrant>> OfCustomerAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        (await session.Connection.QueryAsync<StoredGrant>(
            $"SELECT {Columns} FROM credit_grants WHERE environment_id = @environment AND customer_id = @customer ORDER BY seq",
            new { environment = environment.Value, customer = customer.Value },
            session.Transaction)).AsList();

    /// <summary>One sentence a column that says something else.</summary>
    public IEnumerable<string> Faults()
    {
        (string Column, object? Stored, object? Said)[] pairs =
        [
            ("uid", Uid, Grant.Uid),
            ("id", Id, Grant.Id),
            ("customer_id", Customer, Grant.CustomerId.Value),
            ("resource_id", Resource, Grant.ResourceId?.Value ?? ""),
            ("currency_id", Currency, Grant.CurrencyId.Value),
            ("grant_type", Type, Grant.Type.ToString()),
            ("status", Status, Grant.Status.ToString()),
            ("amount", Amount, Grant.Amount),
            ("consumed", Consumed, Grant.Consumed),
            ("due_at", DueAt, Of(Grant.WorkDueAt)),
            ("invoice_uid", Invoice, Grant.InvoiceUid),
            ("created_at", CreatedAt, Of(Grant.CreatedAt)),
            ("updated_at", UpdatedAt, Of(Grant.UpdatedAt)),
        ];
        return pairs.Where(pair => !Equals(pair.Stored, pair.Said)).Select(
            pair => $"Grant '{Grant.Id}' of customer '{Grant.CustomerId}': the column {pair.Column} holds '{pair.Stored}', "
                + $"and the grant says '{pair.Said}'.");
    }

    private static long? Of(Instant? at) => at?.ToUnixTimeMilliseconds();
}
