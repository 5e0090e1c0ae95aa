using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing;
using Tollgate.Server.Hosting;
using Tollgate.Storage;
using Tollgate.Storage.PostgreSql;
using Tollgate.Storage.Sqlite;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Rest.Billing;

/// <summary>
/// The whole server with its workers in this process, with one thing more than the build has: a remote billing provider.
/// </summary>
internal sealed class ConnectedServer : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private Database _database = null!;
    private WebApplication _application = null!;

    private ConnectedServer()
    {
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public RemoteBilling Remote { get; } = new();

    public HttpClient Client { get; private set; } = null!;

    /// <summary>Where the provider sends its messages.</summary>
    public string EnvironmentId { get; private set; } = null!;

    public static async Task<ConnectedServer> StartAsync(DatabaseKind kind)
    {
        var server = new ConnectedServer();
        server._database = kind == DatabaseKind.PostgreSql
            ? PostgreSqlDatabase.Open(await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync())
            : SqliteDatabase.Open(server._directory["tollgate.db"]);
        var options = new Configuration.ServerOptions
        {
            Urls = "http://127.0.0.1:0",
            ServerKey = ServerOptions.DefaultServerKey,
            PublishableKey = ServerOptions.DefaultPublishableKey,
        };
        server._application = TollgateHost.Build(
            options, server._database, TimeProvider.System,
            services => services.AddSingleton<IBillingProvider>(server.Remote));
        await StartUp.RunAsync(server._application.Services, options, Cancellation);
        await server._application.StartAsync(Cancellation);
        server._application.Services.GetRequiredService<Readiness>().Complete();
        server.Client = server.CreateClient(ServerOptions.DefaultServerKey);
        server.EnvironmentId = server._application.Services.GetRequiredService<AccountDirectory>()
            .FindByName("development")!.Uid.ToString();
        return server;
    }

    public HttpClient CreateClient(string? apiKey)
    {
        var address = _application.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.First();
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new(address) };
        if (apiKey is not null)
            client.DefaultRequestHeaders.Add(ServerProcess.ApiKeyHeader, apiKey);
        return client;
    }

    /// <summary>Sends one message of the provider, without any API key.</summary>
    public HttpClient Signing(string signature)
    {
        var client = CreateClient(apiKey: null);
        client.DefaultRequestHeaders.Add(RemoteWebhooks.Header, signature);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.StopAsync(CancellationToken.None);
        await _application.DisposeAsync();
        await _database.DisposeAsync();
        _directory.Dispose();
    }
}
