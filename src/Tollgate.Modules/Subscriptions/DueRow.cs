using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>A row of a customer on which something falls due.</summary>
/// <param name="Due">When.</param>
/// <param name="Seq">The row's number: rows that are due at one instant are taken in its order.</param>
/// <param name="Customer">Whose it is.</param>
public sealed record DueRow(Instant Due, long Seq, CustomerId Customer)
{
    /// <summary>Before all rows: an instant no row is due at.</summary>
    public static DueRow First { get; } = new(Instant.FromUnixTimeMilliseconds(-62_135_596_800_000), 0, default);

    /// <summary>
    /// The next rows after <paramref name="after"/> that are due at or before <paramref name="until"/>. The table has
    /// an index on <c>environment_id, due_at, seq</c>.
    /// </summary>
    internal static async Task<IReadOnlyList<DueRow>> ListAsync(
        Session session, string table, EnvironmentId environment, DueRow after, Instant until, int limit) =>
        [.. (await session.Connection.QueryAsync<(long Due, long Seq, string Customer)>(
            $"""
            SELECT due_at, seq, customer_id FROM {table}
            WHERE environment_id = @environment AND due_at <= @until AND (due_at, seq) > (@due, @seq)
            ORDER BY due_at, seq LIMIT @limit
            """,
            new
            {
                environment = environment.Value,
                until = until.ToUnixTimeMilliseconds(),
                due = after.Due.ToUnixTimeMilliseconds(),
                seq = after.Seq,
                limit,
            },
            session.Transaction)).Select(row => new DueRow(
                Instant.FromUnixTimeMilliseconds(row.Due), row.Seq, new(row.Customer)))];
}
