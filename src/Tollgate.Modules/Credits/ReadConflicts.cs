using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// A consumption that was sent asynchronously under a key that stands for another one; it took nothing.
/// </summary>
/// <param name="CurrencyId">The credit currency.</param>
/// <param name="IdempotencyKey">The key.</param>
/// <param name="Amount">What it asked for.</param>
/// <param name="At">When it came.</param>
/// <param name="Message">How it differs from what the key stands for.</param>
public sealed record ConsumptionConflict(
    CurrencyId CurrencyId, string IdempotencyKey, decimal Amount, Instant At, string Message);

/// <summary>Pages through the recorded conflicts of a customer, newest first (spec credits 5.8).</summary>
public sealed class ReadConflicts(Database database, CustomerReader customers)
{
    /// <param name="scope">Who asks and where.</param>
    /// <param name="customer">Whose consumptions.</param>
    /// <param name="currency">Null: every currency.</param>
    /// <param name="after">The cursor of the previous page; null for the first.</param>
    /// <param name="limit">Rows of a page.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<Result<CursorPage<ConsumptionConflict>>> ExecuteAsync(
        OperationScope scope, CustomerId customer, CurrencyId? currency, string? after, int limit,
        CancellationToken cancellationToken) => database.ReadAsync<Result<CursorPage<ConsumptionConflict>>>(
        async (session, _) =>
        {
            if (await customers.FindAsync(session, scope.EnvironmentId, customer) is null)
                return CustomerUseCases.NotFound(customer);
            var rows = new RowQuery()
                .And("environment_id = @environment", "environment", scope.EnvironmentId.Value)
                .And("customer_id = @customer", "customer", customer.Value)
                .AndIf("currency_id = @currency", "currency", currency?.Value);
            if (after is not null)
            {
                if (LedgerCursor.Read(after) is not { } seq)
                {
                    return Refusal.Of(ErrorCode.BadUserInput, [new("after",
                        $"The cursor after={after} belongs to no row of this list; use next of an answer as given.")]);
                }

                rows.And("seq < @seq", "seq", seq);
            }

            rows.Parameters.Add("take", limit + 1);
            var found = (await session.Connection.QueryAsync<Row>(
                $"""
                SELECT seq AS Seq, currency_id AS Currency, consumption_key AS Key, amount AS Amount, at AS At,
                  message AS Message
                FROM credit_conflicts WHERE {rows.Where} ORDER BY seq DESC LIMIT @take
                """,
                rows.Parameters,
                session.Transaction)).AsList();
            var shown = found.Take(limit).ToList();
            return new CursorPage<ConsumptionConflict>(
                [.. shown.Select(row => row.ToConflict())],
                found.Count > limit ? LedgerCursor.Write(shown[^1].Seq) : null,
                null);
        },
        cancellationToken);

    private sealed class Row
    {
        public long Seq { get; set; }
        public string Currency { get; set; } = "";
        public string Key { get; set; } = "";
        public decimal Amount { get; set; }
        public long At { get; set; }
        public string Message { get; set; } = "";

        public ConsumptionConflict ToConflict() =>
            new(new(Currency), Key, Amount, Instant.FromUnixTimeMilliseconds(At), Message);
    }
}
