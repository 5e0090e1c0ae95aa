using Tollgate.Modules.Accounts;
using Tollgate.Server.Configuration;
using Tollgate.Storage;
using Tollgate.Storage.Migrations;

namespace Tollgate.Server.Hosting;

/// <summary>
/// What happens before the first request: the schema, the first account, what every environment starts with.
/// </summary>
internal static class StartUp
{
    /// <summary>The server key of the first environment if it was generated now; else null.</summary>
    public static async Task<string?> RunAsync(
        IServiceProvider services, ServerOptions options, CancellationToken cancellationToken)
    {
        await Migrator.MigrateAsync(services.GetRequiredService<Database>(), cancellationToken);
        var keys = await services.GetRequiredService<CreateFirstAccount>().ExecuteAsync(
            "Tollgate", options.ServerKey, options.PublishableKey, cancellationToken);
        foreach (var key in keys)
        {
            await Console.Out.WriteLineAsync(
                $"{key.EnvironmentName} {key.Key.Kind.ToString().ToLowerInvariant()} key: {key.Secret}");
        }

        if (keys.Count > 0)
            await Console.Out.WriteLineAsync("These keys are shown once; only their hashes are stored.");
        var environments = services.GetRequiredService<CreateEnvironment>();
        foreach (var environment in services.GetRequiredService<AccountDirectory>().Environments)
            await environments.SeedAsync(environment, cancellationToken);
        return options.ServerKey is null ? keys.FirstOrDefault(key => key.Key.Kind == ApiKeyKind.Server)?.Secret : null;
    }
}
