using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>PostgreSQL: one statement a step, the rows as arrays.</summary>
internal sealed class PostgreSqlCreditRows : ICreditRows
{
    /// <summary>One round trip: waking up for each answer costs more than all of them do.</summary>
    public async Task<OpenRows> LoadAsync(
        Session session, IReadOnlyCollection<CustomerKey> customers, IReadOnlyCollection<ConsumptionKey> keys,
        CancellationToken cancellationToken)
    {
        var rows = new OpenRows();
        var asked = keys.ToArray();
        await using var batch = new NpgsqlBatch(
            (NpgsqlConnection)session.Connection, (NpgsqlTransaction?)session.Transaction);
        if (customers.Count > 0)
        {
            batch.BatchCommands.Add(OpenGrants(customers));
            batch.BatchCommands.Add(Watched(customers));
        }

        if (asked.Length > 0)
            batch.BatchCommands.Add(Consumptions(asked));
        if (batch.BatchCommands.Count == 0)
            return rows;
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (customers.Count > 0)
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Grants.Add((
                    new EnvironmentId(reader.GetInt32(0)),
                    JsonSerializer.Deserialize(reader.GetString(1), BodyJson.Default.CreditGrant)!));
            }

            rows.Watched = [];
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                rows.Watched.Add(new(new(reader.GetInt32(0)), new(reader.GetString(1))));
            await reader.NextResultAsync(cancellationToken);
        }

        while (asked.Length > 0 && await reader.ReadAsync(cancellationToken))
        {
            var key = asked[(int)reader.GetInt64(11) - 1];
            rows.Consumptions[key] = StoredConsumptions.Read(key, reader);
        }

        return rows;
    }

    // Each key is looked up by itself (OFFSET 0 keeps the planner from joining): a plan that was made and kept while a
    // table was small would read all of it until its statistics change.
    private static NpgsqlBatchCommand OpenGrants(IReadOnlyCollection<CustomerKey> customers)
    {
        var command = new NpgsqlBatchCommand(
            """
            SELECT t.environment_id, t.body FROM unnest($1, $2) AS k(e, c) CROSS JOIN LATERAL (
              SELECT environment_id, body FROM credit_grants
              WHERE environment_id = k.e AND customer_id = k.c AND status IN ('Active', 'Scheduled', 'PaymentPending')
              OFFSET 0) t
            """);
        Add(command.Parameters, NpgsqlDbType.Integer, customers.Select(k => k.Environment.Value));
        Add(command.Parameters, NpgsqlDbType.Text, customers.Select(k => k.Customer.Value));
        return command;
    }

    private static NpgsqlBatchCommand Watched(IReadOnlyCollection<CustomerKey> customers)
    {
        var command = new NpgsqlBatchCommand(
            """
            SELECT t.environment_id, t.customer_id FROM unnest($1, $2) AS k(e, c) CROSS JOIN LATERAL (
              SELECT environment_id, customer_id FROM credit_auto_recharges
              WHERE environment_id = k.e AND customer_id = k.c AND is_enabled = 1 AND due_at IS NULL
              OFFSET 0) t
            """);
        Add(command.Parameters, NpgsqlDbType.Integer, customers.Select(k => k.Environment.Value));
        Add(command.Parameters, NpgsqlDbType.Text, customers.Select(k => k.Customer.Value));
        return command;
    }

    private static NpgsqlBatchCommand Consumptions(ConsumptionKey[] keys)
    {
        var command = new NpgsqlBatchCommand(
            $"""
            SELECT {StoredConsumptions.Columns}, k.n FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS k(e, c, u, i, n)
            CROSS JOIN LATERAL (
              SELECT * FROM credit_consumptions
              WHERE environment_id = k.e AND customer_id = k.c AND currency_id = k.u AND consumption_key = k.i
              OFFSET 0) t
            """);
        Add(command.Parameters, NpgsqlDbType.Integer, keys.Select(k => k.Environment.Value));
        Add(command.Parameters, NpgsqlDbType.Text, keys.Select(k => k.Customer.Value));
        Add(command.Parameters, NpgsqlDbType.Text, keys.Select(k => k.Currency.Value));
        Add(command.Parameters, NpgsqlDbType.Text, keys.Select(k => k.Value));
        return command;
    }

    public async Task WriteAsync(
        Session session,
        IReadOnlyCollection<GrantRow> grants,
        IReadOnlyCollection<EntryRow> entries,
        IReadOnlyCollection<StoredConsumption> consumptions,
        CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch((NpgsqlConnection)session.Connection);
        var created = grants.Where(row => row.IsNew).ToArray();
        if (created.Length > 0)
            batch.BatchCommands.Add(Insert(created));
        var changed = grants.Where(row => !row.IsNew).ToArray();
        if (changed.Length > 0)
            batch.BatchCommands.Add(Update(changed));
        if (entries.Count > 0)
            batch.BatchCommands.Add(Insert(entries));
        if (consumptions.Count > 0)
            batch.BatchCommands.Add(Insert(consumptions));
        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlBatchCommand Insert(GrantRow[] rows)
    {
        var command = new NpgsqlBatchCommand(
            """
            INSERT INTO credit_grants (environment_id, id, status, consumed, due_at, updated_at, body, invoice_uid, uid,
              customer_id, resource_id, currency_id, grant_type, amount, created_at)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            """);
        AddChanging(command.Parameters, rows);
        Add(command.Parameters, NpgsqlDbType.Uuid, rows.Select(r => r.Grant.Uid));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Grant.CustomerId.Value));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Grant.ResourceId?.Value ?? ""));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Grant.CurrencyId.Value));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Grant.Type.ToString()));
        Add(command.Parameters, NpgsqlDbType.Numeric, rows.Select(r => r.Grant.Amount));
        Add(command.Parameters, NpgsqlDbType.Bigint, rows.Select(r => r.Grant.CreatedAt.ToUnixTimeMilliseconds()));
        return command;
    }

    private static NpgsqlBatchCommand Update(GrantRow[] rows)
    {
        var command = new NpgsqlBatchCommand(
            """
            UPDATE credit_grants t
            SET status = k.s, consumed = k.q, due_at = k.d, updated_at = k.u, body = k.b, invoice_uid = k.v
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS k(e, i, s, q, d, u, b, v)
            WHERE t.environment_id = k.e AND t.id = k.i
            """);
        AddChanging(command.Parameters, rows);
        return command;
    }

    private static void AddChanging(NpgsqlParameterCollection parameters, GrantRow[] rows)
    {
        Add(parameters, NpgsqlDbType.Integer, rows.Select(r => r.Environment.Value));
        Add(parameters, NpgsqlDbType.Text, rows.Select(r => r.Grant.Id));
        Add(parameters, NpgsqlDbType.Text, rows.Select(r => r.Grant.Status.ToString()));
        Add(parameters, NpgsqlDbType.Numeric, rows.Select(r => r.Grant.Consumed));
        Add(parameters, NpgsqlDbType.Bigint, rows.Select(r => r.Grant.WorkDueAt?.ToUnixTimeMilliseconds()));
        Add(parameters, NpgsqlDbType.Bigint, rows.Select(r => r.Grant.UpdatedAt.ToUnixTimeMilliseconds()));
        Add(parameters, NpgsqlDbType.Text, rows.Select(r => r.Body));
        Add(parameters, NpgsqlDbType.Uuid, rows.Select(r => r.Grant.InvoiceUid));
    }

    private static NpgsqlBatchCommand Insert(IReadOnlyCollection<EntryRow> rows)
    {
        var command = new NpgsqlBatchCommand(
            """
            INSERT INTO credit_entries (environment_id, customer_id, resource_id, currency_id, grant_id, kind, amount,
              at, event_id, feature_id, total_granted, total_consumed, valid_until, actor, trace_id)
            SELECT e, c, r, u, g, k, a, t, v, f, tg, tc, tu, ta, tt
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
              WITH ORDINALITY AS x(e, c, r, u, g, k, a, t, v, f, tg, tc, tu, ta, tt, n) ORDER BY n
            """);
        Add(command.Parameters, NpgsqlDbType.Integer, rows.Select(r => r.Environment.Value));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Pool.CustomerId.Value));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Pool.ResourceId?.Value ?? ""));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Pool.CurrencyId.Value));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Entry.GrantId));
        Add(command.Parameters, NpgsqlDbType.Integer, rows.Select(r => (int)r.Entry.Kind));
        Add(command.Parameters, NpgsqlDbType.Numeric, rows.Select(r => r.Entry.Amount));
        Add(command.Parameters, NpgsqlDbType.Bigint, rows.Select(r => r.Entry.At.ToUnixTimeMilliseconds()));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Entry.EventId));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Entry.FeatureId?.Value));
        Add(command.Parameters, NpgsqlDbType.Numeric, rows.Select(r => r.Told?.Balance.Granted));
        Add(command.Parameters, NpgsqlDbType.Numeric, rows.Select(r => r.Told?.Balance.Consumed));
        Add(
            command.Parameters, NpgsqlDbType.Bigint,
            rows.Select(r => r.Told?.Balance.ValidUntil?.ToUnixTimeMilliseconds()));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Told?.Actor));
        Add(command.Parameters, NpgsqlDbType.Uuid, rows.Select(r => r.Told?.TraceId));
        return command;
    }

    private static NpgsqlBatchCommand Insert(IReadOnlyCollection<StoredConsumption> rows)
    {
        var command = new NpgsqlBatchCommand(
            """
            INSERT INTO credit_consumptions (environment_id, customer_id, resource_id, currency_id, consumption_key,
              event_id, feature_id, amount, event_at, is_dated, at, dimensions, result_usage, result_limit,
              result_period_end)
            SELECT e, c, r, u, k, v, f, a, ea, d, t, m, ru, rl, rp
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
              WITH ORDINALITY AS x(e, c, r, u, k, v, f, a, ea, d, t, m, ru, rl, rp, n) ORDER BY n
            """);
        Add(command.Parameters, NpgsqlDbType.Integer, rows.Select(r => r.Key.Environment.Value));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Key.Customer.Value));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.ResourceId?.Value ?? ""));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Key.Currency.Value));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Key.Value));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.EventId));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.FeatureId?.Value));
        Add(command.Parameters, NpgsqlDbType.Numeric, rows.Select(r => r.Amount));
        Add(command.Parameters, NpgsqlDbType.Bigint, rows.Select(r => r.EventAt.ToUnixTimeMilliseconds()));
        Add(command.Parameters, NpgsqlDbType.Integer, rows.Select(r => r.IsDated ? 1 : 0));
        Add(command.Parameters, NpgsqlDbType.Bigint, rows.Select(r => r.At.ToUnixTimeMilliseconds()));
        Add(command.Parameters, NpgsqlDbType.Text, rows.Select(r => r.Dimensions));
        Add(command.Parameters, NpgsqlDbType.Numeric, rows.Select(r => r.Usage));
        Add(command.Parameters, NpgsqlDbType.Numeric, rows.Select(r => r.Limit));
        Add(command.Parameters, NpgsqlDbType.Bigint, rows.Select(r => r.PeriodEnd?.ToUnixTimeMilliseconds()));
        return command;
    }

    private static void Add<T>(NpgsqlParameterCollection parameters, NpgsqlDbType type, IEnumerable<T> values) =>
        parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | type });
}
