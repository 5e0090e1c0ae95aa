using Tollgate.Modules.Accounts;
using Tollgate.Modules.Credits;
using Tollgate.Storage;
using Tollgate.Storage.Migrations;

namespace Tollgate.Server.Hosting;

/// <summary>
/// The command <c>--verify</c>: recomputes the credits of every environment from the ledger, says what it found and
/// ends. It changes nothing, the schema neither.
/// </summary>
internal static class VerifyBooks
{
    /// <summary>0 = the books are right, 1 = they are not, 2 = they cannot be read by this build.</summary>
    public static async Task<int> RunAsync(
        IServiceProvider services, TextWriter output, CancellationToken cancellationToken)
    {
        var database = services.GetRequiredService<Database>();
        if (await Migrator.CountMissingAsync(database, cancellationToken) is > 0 and var missing)
        {
            await output.WriteLineAsync(
                $"The schema is {missing} steps behind this build; start the server once, which brings it up, and "
                + "verify then.");
            return 2;
        }

        var directory = services.GetRequiredService<AccountDirectory>();
        await directory.ReloadAsync(cancellationToken);
        var faults = 0L;
        foreach (var environment in directory.Environments)
        {
            var found = await services.GetRequiredService<AuditCredits>()
                .ExecuteAsync(environment.Id, cancellationToken);
            await output.WriteLineAsync(
                $"{environment.Name}: {found.Pools} pools, {found.Grants} grants, {found.Entries} ledger entries, "
                + $"{found.FaultCount} faults");
            foreach (var fault in found.Faults)
                await output.WriteLineAsync($"  {fault}");
            faults += found.FaultCount;
        }

        return faults == 0 ? 0 : 1;
    }
}
