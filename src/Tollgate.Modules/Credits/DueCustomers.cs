using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>
/// When rows of customers fall due in a table that has an index on <c>environment_id, due_at</c> where due_at is given.
/// </summary>
internal static class DueCustomers
{
    /// <summary>The earliest instant at which a row of the environment is due; null when none ever is.</summary>
    public static async Task<Instant?> NextAsync(Session session, string table, EnvironmentId environment) =>
        await session.Connection.ExecuteScalarAsync<long?>(
            $"SELECT MIN(due_at) FROM {table} WHERE environment_id = @environment AND due_at IS NOT NULL",
            new { environment = environment.Value },
            session.Transaction) is { } due
            ? Instant.FromUnixTimeMilliseconds(due)
            : null;

    /// <summary>Customers with due rows, the longest due first; each as often as it has some.</summary>
    public static async Task<IReadOnlyList<(CustomerId Customer, Instant Due)>> ListAsync(
        Session session, string table, EnvironmentId environment, Instant until, int take) =>
    [
        .. (await session.Connection.QueryAsync<(string Customer, long Due)>(
            $"""
            SELECT customer_id, due_at FROM {table}
            WHERE environment_id = @environment AND due_at IS NOT NULL AND due_at <= @until ORDER BY due_at LIMIT @take
            """,
            new { environment = environment.Value, until = until.ToUnixTimeMilliseconds(), take },
            session.Transaction))
        .Select(row => (new CustomerId(row.Customer), Instant.FromUnixTimeMilliseconds(row.Due))),
    ];
}
