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
    public async Task<BillingSettings> ReadAsync(Session session, EnvironmentId environment)
    {
        var body = await session.Connection.ExecuteScalarAsync<string?>(
            "SELECT body FROM billing_settings WHERE environment_id = @environment",
            new { environment = environment.Value },
            session.Transaction);
        return body is null
            ? BillingSettings.Default
            : JsonSerializer.Deserialize(body, BodyJson.Default.BillingSettings)!;
    }

    public Task WriteAsync(Session session, EnvironmentId environment, BillingSettings settings) =>
        session.Connection.ExecuteAsync(
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
