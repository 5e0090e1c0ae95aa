using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>What sold credits mean for the books of a period, grant by grant (spec credits 13).</summary>
public sealed class ReadRevenue(Database database)
{
    /// <summary>Customers of one page.</summary>
    public const int MaxCustomers = 100;

    private readonly CreditGrantStore _grants = new();

    /// <param name="scope">Who asks and where.</param>
    /// <param name="from">The first instant of the period.</param>
    /// <param name="to">The first instant after it.</param>
    /// <param name="after">The cursor of the previous page; null for the first.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<Result<RevenuePage>> ExecuteAsync(
        OperationScope scope, Instant from, Instant to, string? after, CancellationToken cancellationToken)
    {
        if (from >= to)
        {
            return Task.FromResult<Result<RevenuePage>>(Refusal.Of(ErrorCode.BadUserInput,
                [new("to", $"to {to} is not after from {from}; give a later instant.")]));
        }

        return database.ReadAsync<Result<RevenuePage>>(
            async (session, token) =>
            {
                var customers = await _grants.CustomersAsync(
                    session, scope.EnvironmentId, after ?? "", MaxCustomers + 1);
                var shown = customers.Take(MaxCustomers).ToList();
                var rows = new List<GrantRevenue>();
                foreach (var customer in shown)
                {
                    token.ThrowIfCancellationRequested();
                    rows.AddRange(await CustomerAsync(session, scope.EnvironmentId, customer, from, to));
                }

                return new RevenuePage(rows, customers.Count > MaxCustomers ? shown[^1].Value : null);
            },
            cancellationToken);
    }

    private async Task<IReadOnlyList<GrantRevenue>> CustomerAsync(
        Session session, EnvironmentId environment, CustomerId customer, Instant from, Instant to)
    {
        var sold = (await _grants.OfCustomerAsync(session, environment, customer)).Where(GrantRevenue.Applies).ToList();
        if (sold.Count == 0)
            return [];
        var entries = (await session.Connection.QueryAsync<Row>(
            """
            SELECT grant_id AS GrantId, kind AS Kind, amount AS Amount, at AS At FROM credit_entries
            WHERE environment_id = @environment AND customer_id = @customer AND at < @to
            """,
            new { environment = environment.Value, customer = customer.Value, to = to.ToUnixTimeMilliseconds() },
            session.Transaction)).ToLookup(row => row.GrantId, row => row.ToEntry());
        return
        [
            .. sold.Where(grant => entries.Contains(grant.Id))
                .Select(grant => GrantRevenue.Of(grant, entries[grant.Id], from, to)),
        ];
    }

    private sealed class Row
    {
        public string GrantId { get; set; } = "";
        public int Kind { get; set; }
        public decimal Amount { get; set; }
        public long At { get; set; }

        public CreditEntry ToEntry() =>
            new((CreditEntryKind)Kind, GrantId, Amount, Instant.FromUnixTimeMilliseconds(At));
    }
}

/// <param name="Rows">By customer, then by age.</param>
/// <param name="Next">The cursor of the next page; null at the end.</param>
public sealed record RevenuePage(IReadOnlyList<GrantRevenue> Rows, string? Next);
