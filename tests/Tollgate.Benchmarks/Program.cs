using Tollgate.Benchmarks;
using Tollgate.Benchmarks.Subjects;

if (args is ["--serve-bare", var url, var body])
{
    await BareEndpoint.ServeAsync(url, Convert.FromBase64String(body));
    return 0;
}

if (!BenchmarkOptions.TryParse(args, out var options, out var fault))
{
    await Console.Error.WriteLineAsync($"benchmarks: {fault}");
    return 2;
}

var report = new Report();
await BenchmarkRun.RunAsync(options, report);
Console.Out.Write(report.ToString());
if (options.WriteTo is { } path)
    await File.WriteAllTextAsync(path, report.ToString());
return 0;
