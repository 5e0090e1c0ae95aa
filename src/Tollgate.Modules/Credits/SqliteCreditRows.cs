using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Text.Json;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>SQLite: statements prepared once on the writer's connection. All calls complete synchronously.</summary>
internal sealed class SqliteCreditRows : ICreditRows
{
    private readonly ConditionalWeakTable<DbConnection, Statements> _prepared = [];

    public Task<OpenRows> LoadAsync(
        Session session, IReadOnlyCollection<CustomerKey> customers, IReadOnlyCollection<ConsumptionKey> keys,
        CancellationToken cancellationToken)
    {
        var rows = new OpenRows();
        var (load, find) = (For(session).Load, For(session).Find);
        foreach (var customer in customers)
        {
            Set(load, customer.Environment.Value, customer.Customer.Value);
            using var reader = load.ExecuteReader();
            while (reader.Read())
            {
                rows.Grants.Add((
                    customer.Environment,
                    JsonSerializer.Deserialize(reader.GetString(0), BodyJson.Default.CreditGrant)!));
            }
        }

        foreach (var key in keys)
        {
            Set(find, key.Environment.Value, key.Customer.Value, key.Currency.Value, key.Value);
            using var reader = find.ExecuteReader();
            if (reader.Read())
                rows.Consumptions[key] = StoredConsumptions.Read(key, reader);
        }

        return Task.FromResult(rows);
    }

    public Task WriteAsync(
        Session session,
        IReadOnlyCollection<GrantRow> grants,
        IReadOnlyCollection<EntryRow> entries,
        IReadOnlyCollection<StoredConsumption> consumptions,
        CancellationToken cancellationToken)
    {
        var statements = For(session);
        foreach (var row in grants)
            Write(statements, row);
        foreach (var (environment, pool, entry, told) in entries)
        {
            Set(
                statements.InsertEntry,
                environment.Value,
                pool.CustomerId.Value,
                pool.ResourceId?.Value ?? "",
                pool.CurrencyId.Value,
                entry.GrantId,
                (int)entry.Kind,
                entry.Amount,
                entry.At.ToUnixTimeMilliseconds(),
                entry.EventId,
                entry.FeatureId?.Value,
                told?.Balance.Granted,
                told?.Balance.Consumed,
                told?.Balance.ValidUntil?.ToUnixTimeMilliseconds(),
                told?.Actor,
                told?.TraceId);
            statements.InsertEntry.ExecuteNonQuery();
        }

        foreach (var row in consumptions)
        {
            Set(
                statements.InsertConsumption,
                row.Key.Environment.Value,
                row.Key.Customer.Value,
                row.ResourceId?.Value ?? "",
                row.Key.Currency.Value,
                row.Key.Value,
                row.EventId,
                row.FeatureId?.Value,
                row.Amount,
                row.EventAt.ToUnixTimeMilliseconds(),
                row.IsDated ? 1 : 0,
                row.At.ToUnixTimeMilliseconds(),
                row.Dimensions,
                row.Usage,
                row.Limit,
                row.PeriodEnd?.ToUnixTimeMilliseconds());
            statements.InsertConsumption.ExecuteNonQuery();
        }

        return Task.CompletedTask;
    }

    private static void Write(Statements statements, GrantRow row)
    {
        var grant = row.Grant;
        if (row.IsNew)
        {
            Set(
                statements.InsertGrant,
                row.Environment.Value,
                grant.Id,
                grant.Status.ToString(),
                grant.Consumed,
                grant.WorkDueAt?.ToUnixTimeMilliseconds(),
                grant.UpdatedAt.ToUnixTimeMilliseconds(),
                row.Body,
                grant.InvoiceUid,
                grant.Uid,
                grant.CustomerId.Value,
                grant.ResourceId?.Value ?? "",
                grant.CurrencyId.Value,
                grant.Type.ToString(),
                grant.Amount,
                grant.CreatedAt.ToUnixTimeMilliseconds());
            statements.InsertGrant.ExecuteNonQuery();
            return;
        }

        if (row.IsOnlyConsumed)
        {
            Set(
                statements.ConsumeGrant,
                row.Environment.Value,
                grant.Id,
                grant.Consumed,
                grant.UpdatedAt.ToUnixTimeMilliseconds(),
                row.Body);
            if (statements.ConsumeGrant.ExecuteNonQuery() != 1)
                throw new InvalidOperationException($"Grant {grant.Id} is not stored.");
            return;
        }

        Set(
            statements.UpdateGrant,
            row.Environment.Value,
            grant.Id,
            grant.Status.ToString(),
            grant.Consumed,
            grant.WorkDueAt?.ToUnixTimeMilliseconds(),
            grant.UpdatedAt.ToUnixTimeMilliseconds(),
            row.Body,
            grant.InvoiceUid);
        if (statements.UpdateGrant.ExecuteNonQuery() != 1)
            throw new InvalidOperationException($"Grant {grant.Id} is not stored.");
    }

    private static void Set(DbCommand command, params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
    }

    private Statements For(Session session)
    {
        var statements = _prepared.GetValue(session.Connection, connection => new(connection));
        statements.Join(session.Transaction);
        return statements;
    }

    private sealed class Statements(DbConnection connection)
    {
        public DbCommand Load { get; } = Prepare(
            connection,
            """
            SELECT body FROM credit_grants
            WHERE environment_id = @p0 AND customer_id = @p1 AND status IN ('Active', 'Scheduled', 'PaymentPending')
            """,
            2);

        public DbCommand Find { get; } = Prepare(
            connection,
            $"""
            SELECT {StoredConsumptions.Columns} FROM credit_consumptions
            WHERE environment_id = @p0 AND customer_id = @p1 AND currency_id = @p2 AND consumption_key = @p3
            """,
            4);

        public DbCommand InsertGrant { get; } = Prepare(
            connection,
            """
            INSERT INTO credit_grants (environment_id, id, status, consumed, due_at, updated_at, body, invoice_uid, uid,
              customer_id, resource_id, currency_id, grant_type, amount, created_at)
            VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11, @p12, @p13, @p14)
            """,
            15);

        public DbCommand UpdateGrant { get; } = Prepare(
            connection,
            """
            UPDATE credit_grants SET status = @p2, consumed = @p3, due_at = @p4, updated_at = @p5, body = @p6,
              invoice_uid = @p7
            WHERE environment_id = @p0 AND id = @p1
            """,
            8);

        /// <summary>SQLite writes the indexes of every column that a statement names, changed or not.</summary>
        public DbCommand ConsumeGrant { get; } = Prepare(
            connection,
            """
            UPDATE credit_grants SET consumed = @p2, updated_at = @p3, body = @p4
            WHERE environment_id = @p0 AND id = @p1
            """,
            5);

        public DbCommand InsertEntry { get; } = Prepare(
            connection,
            """
            INSERT INTO credit_entries (environment_id, customer_id, resource_id, currency_id, grant_id, kind, amount,
              at, event_id, feature_id, total_granted, total_consumed, valid_until, actor, trace_id)
            VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11, @p12, @p13, @p14)
            """,
            15);

        public DbCommand InsertConsumption { get; } = Prepare(
            connection,
            """
            INSERT INTO credit_consumptions (environment_id, customer_id, resource_id, currency_id, consumption_key,
              event_id, feature_id, amount, event_at, is_dated, at, dimensions, result_usage, result_limit,
              result_period_end)
            VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11, @p12, @p13, @p14)
            """,
            15);

        public void Join(DbTransaction? transaction) => Load.Transaction = Find.Transaction = InsertGrant.Transaction =
            UpdateGrant.Transaction =
                ConsumeGrant.Transaction = InsertEntry.Transaction = InsertConsumption.Transaction = transaction;

        private static DbCommand Prepare(DbConnection connection, string sql, int parameters)
        {
            var command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < parameters; i++)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = $"@p{i}";
                command.Parameters.Add(parameter);
            }

            return command;
        }
    }
}

/// <summary>How a stored consumption is read back, on both databases.</summary>
internal static class StoredConsumptions
{
    public const string Columns = """
        resource_id, event_id, feature_id, amount, event_at, is_dated, at, dimensions, result_usage, result_limit,
        result_period_end
        """;

    public static StoredConsumption Read(ConsumptionKey key, DbDataReader reader) => new()
    {
        Key = key,
        ResourceId = CreditGrantStore.ResourceOf(reader.GetString(0)),
        EventId = reader.GetString(1),
        FeatureId = reader.IsDBNull(2) ? null : new FeatureId(reader.GetString(2)),
        Amount = reader.GetDecimal(3),
        EventAt = Instant.FromUnixTimeMilliseconds(reader.GetInt64(4)),
        IsDated = reader.GetInt32(5) == 1,
        At = Instant.FromUnixTimeMilliseconds(reader.GetInt64(6)),
        Dimensions = reader.IsDBNull(7) ? null : reader.GetString(7),
        Usage = reader.GetDecimal(8),
        Limit = reader.GetDecimal(9),
        PeriodEnd = reader.IsDBNull(10) ? null : Instant.FromUnixTimeMilliseconds(reader.GetInt64(10)),
    };
}
