using System.Text.Encodings.Web;
using System.Text.Json;
using Tollgate.Server.Hosting;
using Tollgate.Storage;

namespace Tollgate.Server.Health;

/// <summary>Whether the process lives, whether it can serve, and which build it is.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan DatabaseTimeout = TimeSpan.FromSeconds(2);

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", context => WriteAsync(context, 200, json => json.WriteString("status", "live")));
        routes.MapGet(
            "/version", context => WriteAsync(context, 200, json => json.WriteString("version", TollgateHost.Version)));
        routes.MapGet("/health/ready", ReadyAsync);
    }

    private static async Task ReadyAsync(HttpContext context)
    {
        var database = context.RequestServices.GetRequiredService<Database>();
        var workers = context.RequestServices.GetServices<Worker>().ToArray();
        var fault = await DatabaseFaultAsync(database, context.RequestAborted);
        var pending = context.RequestServices.GetRequiredService<Readiness>().Pending;
        var ready = pending is null && fault is null && workers.All(worker => worker.IsAlive);
        await WriteAsync(context, ready ? 200 : 503, json =>
        {
            json.WriteString("status", ready ? "ready" : "not ready");
            if (pending is not null)
                json.WriteString("pending", pending);
            json.WriteStartObject("database");
            json.WriteString("kind", database.Kind.ToString());
            json.WriteBoolean("reachable", fault is null);
            if (fault is not null)
                json.WriteString("fault", fault);
            json.WriteEndObject();
            json.WriteBoolean("migrated", true);
            json.WriteStartArray("workers");
            foreach (var worker in workers)
            {
                json.WriteStartObject();
                json.WriteString("name", worker.Name);
                json.WriteBoolean("alive", worker.IsAlive);
                json.WriteNumber("lagMilliseconds", (long)worker.Lag.TotalMilliseconds);
                if (worker.DueLag is { } late)
                    json.WriteNumber("dueLagMilliseconds", (long)late.TotalMilliseconds);
                if (worker.LastFault is { } last)
                    json.WriteString("lastFault", last);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static async Task<string?> DatabaseFaultAsync(Database database, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(DatabaseTimeout);
        try
        {
            // Also proves the schema: the host only serves after migrating, and this table came with it.
            await database.ReadAsync(
                async (session, token) =>
                {
                    await using var command = session.Connection.CreateCommand();
                    command.CommandText = "SELECT COUNT(*) FROM schema_migrations";
                    return await command.ExecuteScalarAsync(token);
                },
                timeout.Token);
            return null;
        }
        catch (DatabaseUnavailableException exception)
        {
            return exception.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"The database did not answer within {DatabaseTimeout.TotalSeconds} seconds.";
        }
    }

    /// <summary>Versions hold a '+'; nothing of this is pasted into a page.</summary>
    private static readonly JsonWriterOptions Readable =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter, Readable);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }
}
