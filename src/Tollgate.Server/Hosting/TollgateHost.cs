using System.Reflection;
using Microsoft.Extensions.Logging.Console;
using NodaTime;
using Tollgate.Modules;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Tasks;
using Tollgate.Server.Billing;
using Tollgate.Server.Configuration;
using Tollgate.Server.Health;
using Tollgate.Server.Rest;
using Tollgate.Storage;
using Tollgate.Storage.Migrations;
using Tollgate.Storage.PostgreSql;
using Tollgate.Storage.Sqlite;

namespace Tollgate.Server.Hosting;

/// <summary>Puts the server together, starts it and waits for its end.</summary>
public static class TollgateHost
{
    /// <summary>
    /// Shutdown: stop accepting, let running requests and queued writes finish, and be gone within 10 seconds.
    /// </summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(8);

    /// <summary>Bodies beyond this are refused before they are read.</summary>
    public const long MaxBodyBytes = 4 * 1024 * 1024;

    /// <summary>
    /// Settings are read once. Watching them for changes would watch the whole folder, data files included, and wake a
    /// thread at every commit.
    /// </summary>
    private static readonly string[] FixedSettings = ["--hostBuilder:reloadConfigOnChange=false"];

    public static string Version { get; } =
        Assembly.GetExecutingAssembly()
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Runs until SIGTERM or SIGINT; the process exit code.</summary>
    public static async Task<int> RunAsync(ServerOptions options, TimeProvider time)
    {
        if (options is { Verify: true, Database: null } && !File.Exists(DataFile(options)))
        {
            await Console.Error.WriteLineAsync(
                $"tollgate: there is no database in {Path.GetFullPath(options.Data)} to verify.");
            return 2;
        }

        Database database;
        try
        {
            database = OpenDatabase(options);
        }
        catch (DatabaseUnavailableException exception)
        {
            await Console.Error.WriteLineAsync($"tollgate: {exception.Message}");
            return 2;
        }

        await using (database)
        {
            await using var application = Build(options, database, time);
            try
            {
                if (options.Verify)
                    return await VerifyBooks.RunAsync(application.Services, Console.Out, CancellationToken.None);
                var generatedKey = await StartUp.RunAsync(application.Services, options, CancellationToken.None);
                await application.StartAsync();
                await CompleteStartAsync(application, options, generatedKey);
            }
            catch (Exception exception) when (exception is DatabaseUnavailableException or IOException)
            {
                await Console.Error.WriteLineAsync($"tollgate: cannot start: {exception.Message}");
                return 1;
            }

            await application.WaitForShutdownAsync();
            return 0;
        }
    }

    /// <summary>What needs running workers; the server is ready after it.</summary>
    private static async Task CompleteStartAsync(
        WebApplication application, ServerOptions options, string? generatedKey)
    {
        var readiness = application.Services.GetRequiredService<Readiness>();
        if (options.Demo)
        {
            readiness.WaitFor("loads the demo");
            var stopping = application.Lifetime.ApplicationStopping;
            try
            {
                await DemoStart.RunAsync(application.Services, options, generatedKey, stopping);
            }
            catch (Exception exception) when (stopping.IsCancellationRequested
                && exception is (OperationCanceledException or DatabaseUnavailableException))
            {
                return;
            }
        }

        readiness.Complete();
        await Console.Out.WriteLineAsync(
            $"Tollgate {Version} listens on {options.Urls} ({DescribeDatabase(options)}).");
    }

    private static Database OpenDatabase(ServerOptions options) => options.Database is { } connectionString
        ? PostgreSqlDatabase.Open(connectionString)
        : SqliteDatabase.Open(DataFile(options));

    private static string DataFile(ServerOptions options) => Path.Combine(options.Data, "tollgate.db");

    private static string DescribeDatabase(ServerOptions options) =>
        options.Database is null ? $"embedded database in {Path.GetFullPath(options.Data)}" : "PostgreSQL";

    /// <param name="options">What the operator chose.</param>
    /// <param name="database">Opened, whatever its schema.</param>
    /// <param name="time">The clock of the process.</param>
    /// <param name="configure">Adds what this build has not, such as further billing providers.</param>
    internal static WebApplication Build(
        ServerOptions options, Database database, TimeProvider time, Action<IServiceCollection>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = FixedSettings });
        builder.WebHost.UseUrls(options.Urls.Split(';'));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        });
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // A start that fails is told in one line by RunAsync; the host would add its stack trace.
        WebApplication? built = null;
        builder.Logging.AddFilter(
            "Microsoft.Extensions.Hosting.Internal.Host",
            level => level >= LogLevel.Warning && built?.Lifetime.ApplicationStarted.IsCancellationRequested == true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(database);
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton(new PublicAddress(options.PublicAddress));
        builder.Services.AddSingleton(new TaskRetention(Duration.FromDays(options.TaskRetentionDays)));
        configure?.Invoke(builder.Services);
        builder.Services.AddTollgateModules();
        builder.Services.AddRest();
        AddWorkers(builder.Services);
        var application = built = builder.Build();
        application.UseRestErrors();
        application.MapHealth();
        application.MapBillingPages();
        application.MapRest();
        return application;
    }

    private static void AddWorkers(IServiceCollection services)
    {
        services.AddHostedService<ChangeFeedWorker>();
        AddWorker<AccountDirectoryWorker>(services);
        AddWorker<DueWorker>(services);
        AddWorker<ProviderWorker>(services);
        AddWorker<TaskWorker>(services);
        AddWorker<IdempotencyWorker>(services);
        AddWorker<CreditAuditWorker>(services);
        AddWorker<RetentionWorker>(services);
        AddWorker<EventMonthsWorker>(services);
    }

    private static void AddWorker<TWorker>(IServiceCollection services)
        where TWorker : Worker
    {
        services.AddSingleton<TWorker>();
        services.AddSingleton<Worker>(provider => provider.GetRequiredService<TWorker>());
        services.AddHostedService(provider => provider.GetRequiredService<TWorker>());
    }
}
