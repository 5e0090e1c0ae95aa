using Tollgate.Server.Configuration;
using Tollgate.Server.Hosting;

var (options, fault) = OptionsReader.Read(args, Environment.GetEnvironmentVariable, Directory.GetCurrentDirectory());
if (options is null)
{
    await Console.Error.WriteLineAsync($"tollgate: {fault}");
    return 2;
}

return await TollgateHost.RunAsync(options, TimeProvider.System);
