using System.Diagnostics;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Contract;

/// <summary>Has a validator that shares no code with the server check recorded exchanges against the same contract files.</summary>
internal static class IndependentValidation
{
    private static readonly string Programs = Path.Combine(RepositoryRoot.Path, "tests", "compatibility");

    public static async Task CheckAsync(IEnumerable<Exchange> exchanges, CancellationToken cancellationToken)
    {
        RequirePackages();
        await using var directory = new TempDirectory();
        var file = directory["exchanges.jsonl"];
        await File.WriteAllLinesAsync(file, exchanges.Select(exchange => exchange.ToLine()), cancellationToken);
        var contracts = Path.Combine(RepositoryRoot.Path, "src", "Tollgate.Contracts");
        var start = new ProcessStartInfo(
            "node",
            [
                Path.Combine(Programs, "validate-exchanges.mjs"),
                file,
                Path.Combine(contracts, "Rest"),
                Path.Combine(contracts, "OpenApi"),
            ])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        Assert.True(process.ExitCode == 0, $"{await output}{await error}");
        Assert.Contains("documents keep the contract", await output, StringComparison.Ordinal);
    }

    private static void RequirePackages()
    {
        if (Directory.Exists(Path.Combine(Programs, "node_modules", "ajv")))
            return;
        var reason = $"The packages of {Programs} are not installed; run npm ci there, or ./test.sh.";
        if (Environment.GetEnvironmentVariable("CI") == "true"
            || Environment.GetEnvironmentVariable(PostgreSqlServer.RequireVariable) == "1")
            Assert.Fail(reason);
        Assert.Skip(reason);
    }
}
