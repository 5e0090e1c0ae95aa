using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Tollgate.Testing;

namespace Tollgate.Benchmarks.Load;

/// <summary>Load by <c>wrk</c>, one thread.</summary>
internal sealed partial class WrkClient(string program) : ILoadClient
{
    /// <summary>Arguments: key, number of customers, prefix of idempotency keys or nothing. Unkeyed requests are made once.</summary>
    private const string UsageScript = """
        local key, customers, prefix, count, fixed
        local headers = {}
        local function body(customer, idempotency)
          return 'HEAD' .. customer .. 'MIDDLE' .. idempotency .. 'TAIL'
        end
        function init(args)
          headers["X-API-KEY"] = args[1]
          headers["Content-Type"] = "application/json"
          customers, prefix, count, fixed = tonumber(args[2]), args[3], 0, {}
          if not prefix then
            for i = 0, customers - 1 do fixed[i] = wrk.format("POST", nil, headers, body(i, "")) end
          end
        end
        function request()
          count = count + 1
          local customer = count % customers
          if prefix then
            return wrk.format("POST", nil, headers, body(customer, ',"idempotencyKey":"' .. prefix .. count .. '"'))
          end
          return fixed[customer]
        end
        """;

    public string Name => "load by wrk with one thread";

    public async Task<LoadResult> RunAsync(LoadPlan plan, int connections, int seconds)
    {
        using var directory = new TempDirectory();
        List<string> arguments = ["-t1", $"-c{connections}", $"-d{seconds}s", "--latency", "-H", $"X-API-KEY: {plan.Key}"];
        if (plan.Usage is { } usage)
        {
            var script = directory["usage.lua"];
            await File.WriteAllTextAsync(script, UsageScript
                .Replace("HEAD", usage.Parts.Head).Replace("MIDDLE", usage.Parts.Middle).Replace("TAIL", usage.Parts.Tail));
            arguments.AddRange(["-s", script, plan.Url.ToString(), "--", plan.Key, $"{usage.Customers}"]);
            if (usage.Keyed)
                arguments.Add($"{Guid.CreateVersion7():N}-");
        }
        else
        {
            arguments.Add(plan.Url.ToString());
        }

        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 && !Unsuccessful().IsMatch(output)
            ? new(
                double.Parse(Rate().Match(output).Groups["rate"].Value, CultureInfo.InvariantCulture),
                Percentile(output, "50"),
                Percentile(output, "99"))
            : throw new InvalidOperationException($"{plan.Url} did not answer every request with success:\n{output}");
    }

    private static double Percentile(string output, string percent)
    {
        var match = Regex.Match(output, $@"^\s*{percent}%\s+([\d.]+)(us|ms|s)\s*$", RegexOptions.Multiline, TimeSpan.FromSeconds(1));
        var value = double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        return match.Groups[2].Value switch { "us" => value / 1000, "ms" => value, _ => value * 1000 };
    }

    [GeneratedRegex(@"^Requests/sec:\s+(?<rate>[\d.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rate();

    [GeneratedRegex("Non-2xx|Socket errors", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Unsuccessful();
}
