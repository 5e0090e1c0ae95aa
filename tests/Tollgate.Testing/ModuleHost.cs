using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Tollgate.Domain;
using Tollgate.Modules;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.EventLog;
using Tollgate.Storage;
using Tollgate.Storage.Migrations;
using Tollgate.Storage.PostgreSql;
using Tollgate.Storage.Sqlite;

namespace Tollgate.Testing;

/// <summary>
/// Every module over a fresh database of either kind and a clock that moves only when told: the server without HTTP and
/// without the workers that watch real time (the usage writer runs). A test resolves use cases and calls them with a
/// scope.
/// </summary>
public sealed class ModuleHost : IAsyncDisposable
{
    private static readonly Actor TestActor = Actor.ServerKey(new Guid("00000000-0000-0000-0000-000000000001"), "test");

    private readonly Func<Database> _open;
    private readonly Action<IServiceCollection>? _configure;
    private readonly TempDirectory? _directory;
    private ServiceProvider _services = null!;

    private ModuleHost(
        Func<Database> open, Action<IServiceCollection>? configure, TempDirectory? directory, ManualTimeProvider time)
    {
        Time = time;
        _open = open;
        _configure = configure;
        _directory = directory;
        Launch();
    }

    /// <summary>What the clock shows at first.</summary>
    public static DateTimeOffset Start { get; } = new(2025, 1, 15, 12, 0, 0, TimeSpan.Zero);

    public Database Database { get; private set; } = null!;

    public ManualTimeProvider Time { get; }

    /// <summary>
    /// Migrates a fresh database, creates the account "Test" with its environments development and production, and
    /// seeds them as the server's start does.
    /// </summary>
    /// <param name="kind">Where PostgreSQL is not installed the test is skipped.</param>
    /// <param name="configure">Services that replace those of the modules: they are added first.</param>
    public static async Task<ModuleHost> StartAsync(DatabaseKind kind, Action<IServiceCollection>? configure = null)
    {
        TempDirectory? directory = null;
        Func<Database> open;
        if (kind == DatabaseKind.PostgreSql)
        {
            var connectionString = await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();
            open = () => PostgreSqlDatabase.Open(connectionString);
        }
        else
        {
            directory = new TempDirectory();
            open = () => SqliteDatabase.Open(directory["tollgate.db"]);
        }

        var host = new ModuleHost(open, configure, directory, new(Start));
        try
        {
            await Migrator.MigrateAsync(host.Database, CancellationToken.None);
            await host.Get<CreateFirstAccount>().ExecuteAsync("Test", null, null, CancellationToken.None);
            await host.SeedAsync();
            await host.StartWorkersAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Another node on the same database with the same clock; the usage writer of this one does not run.</summary>
    public async Task<ModuleHost> JoinAsync(Action<IServiceCollection>? configure = null)
    {
        var node = new ModuleHost(_open, configure, null, Time);
        await node.Get<AccountDirectory>().ReloadAsync(CancellationToken.None);
        return node;
    }

    /// <summary>
    /// Forgets everything in memory and opens the same database anew, as after the end of a process. The clock stays.
    /// </summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        Launch();
        await Get<AccountDirectory>().ReloadAsync(CancellationToken.None);
        await StartWorkersAsync();
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>What every start does to every environment; safe to repeat.</summary>
    public async Task SeedAsync()
    {
        foreach (var environment in Get<AccountDirectory>().Environments)
            await Get<CreateEnvironment>().SeedAsync(environment, CancellationToken.None);
    }

    /// <summary>A request of a server key at the present instant of the environment.</summary>
    public OperationScope Scope(string environment = "development")
    {
        var found = Get<AccountDirectory>().FindByName(environment)
            ?? throw new ArgumentException($"There is no environment {environment}.", nameof(environment));
        return new(found, TestActor, Guid.CreateVersion7(), found.Now(Time));
    }

    public EnvironmentId EnvironmentId => Scope().EnvironmentId;

    /// <summary>Does what fell due by time alone, as the server's worker does; how many changes were made.</summary>
    public async Task<int> RunDueAsync()
    {
        var done = 0;
        foreach (var environment in Get<AccountDirectory>().Environments)
        {
            foreach (var work in _services.GetServices<IDueWork>())
                done += await work.RunDueAsync(environment, environment.Now(Time), CancellationToken.None);
        }

        return done;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _directory?.Dispose();
    }

    private void Launch()
    {
        Database = _open();
        var services = new ServiceCollection();
        _configure?.Invoke(services);
        services.AddLogging();
        services.AddSingleton(Database);
        services.AddSingleton<TimeProvider>(Time);
        services.AddTollgateModules();
        _services = services.BuildServiceProvider(validateScopes: true);
    }

    private async Task StartWorkersAsync()
    {
        foreach (var worker in _services.GetServices<IHostedService>())
            await worker.StartAsync(CancellationToken.None);
    }

    private async Task StopAsync()
    {
        foreach (var worker in _services.GetServices<IHostedService>())
            await worker.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
        await Database.DisposeAsync();
    }
}
