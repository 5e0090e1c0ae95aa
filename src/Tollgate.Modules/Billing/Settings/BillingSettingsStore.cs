using System.Text.Json;
using Dapper;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Settings;

/// <summary>The billing settings of environments; one that was never changed has the defaults and no row.</summary>
internal sealed class BillingSettingsStore
{
    /// <summary>Read once a session: a transaction works with one state of them.</summary>
    public async ValueTask<BillingSettings> ReadAsync(Session session, EnvironmentId environment)
    {
        var key = new Key(environment);
        if (session.Notes.TryGetValue(key, out var known))
            return (BillingSettings)known!;
        var settings = await StoredAsync(session, environment);
        session.Notes[key] = settings;
        return settings;
    }

    public async Task WriteAsync(Session session, EnvironmentId environment, BillingSettings settings)
    {
        session.Notes[new Key(environment)] = settings;
        await session.Connection.ExecuteAsync(
            """
            INSERT INTO billing_settings (environment_id, body) VALUES (@environment, @body)
            ON CONFLICT (environment_id) DO UPDATE SET body = @body
            """,
            new
            {
                environment = environment.Value,
                body = JsonSerializer.Serialize(settings, BodyJson.Default.BillingSettings),
            },
            session.Transaction);
    }

    private static async Task<BillingSettings> StoredAsync(Session session, EnvironmentId environment)
    {
        var body = await session.Connection.ExecuteScalarAsync<string?>(
            "SELECT body FROM billing_settings WHERE environment_id = @environment",
            new { environment = environment.Value },
            session.Transaction);
        return body is null
            ? BillingSettings.Default
            : JsonSerializer.Deserialize(body, BodyJson.Default.BillingSettings)!;
    }

    private readonly record struct Key(EnvironmentId Environment);
}
