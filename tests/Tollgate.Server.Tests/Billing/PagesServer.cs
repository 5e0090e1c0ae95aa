using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Checkouts;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Subscriptions;
using Tollgate.Server.Authentication;
using Tollgate.Server.Billing;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Billing;

/// <summary>
/// The hosted pages over real modules and a clock that moves when told, with a completion that buys one line. The page of a
/// host to return to is there too.
/// </summary>
internal sealed class PagesServer : IAsyncDisposable
{
    private readonly ModuleHost _host;
    private readonly WebApplication _application;

    private PagesServer(ModuleHost host, WebApplication application, Uri address)
    {
        _host = host;
        _application = application;
        Address = address;
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = address };
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public Uri Address { get; }

    /// <summary>Follows no redirects and sends no key.</summary>
    public HttpClient Client { get; }

    public ModuleHost Modules => _host;

    public static async Task<PagesServer> StartAsync()
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var host = await ModuleHost.StartAsync(DatabaseKind.Sqlite, services =>
        {
            services.AddSingleton(new PublicAddress(address));
            services.AddSingleton<ICheckoutCompletion, OneLineCompletion>();
        });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address.AbsoluteUri);
        builder.Services.AddSingleton(host.Get<CheckoutSession>());
        builder.Services.AddSingleton(host.Get<PayInvoice>());
        builder.Services.AddSingleton(host.Get<PublicAddress>());
        builder.Services.AddSingleton(new ApiKeyAuthentication(host.Get<AccountDirectory>(), host.Time));
        var application = builder.Build();
        application.MapBillingPages();
        application.MapGet("/welcome", () => Results.Text("<title>Welcome</title><main>welcome</main>", "text/html"));
        await application.StartAsync(Cancellation);
        var server = new PagesServer(host, application, address);
        await host.Get<ProvisionCustomer>().ExecuteAsync(
            host.Scope(), new("c"), new() { Name = "Ada <Co>", Email = "ada@example.com" }, Cancellation);
        return server;
    }

    /// <summary>An open checkout of 20 US dollars; its path.</summary>
    public async Task<string> OpenCheckoutAsync(CheckoutOptions? options = null, string title = "Basic")
    {
        var opened = await _host.Get<UnitOfWork>().WriteAsync<OpenedCheckout>(
            _host.Scope(),
            [UnitOfWork.CustomerLock(_host.EnvironmentId, new("c"))],
            (work, token) => _host.Get<OpenCheckout>().OpenAsync(
                work, new("c"), title, "20", Bill(work.Scope.Now, 20, title), options ?? new(), token),
            Cancellation);
        return opened.Value.Url.AbsolutePath;
    }

    /// <summary>An invoice of 20 US dollars that was sent; it is OPEN.</summary>
    public async Task<Invoice> SendInvoiceAsync(string description = "Setup", string environment = "development") =>
        (await _host.Get<UnitOfWork>().WriteAsync<Invoice>(
            _host.Scope(environment),
            [UnitOfWork.CustomerLock(_host.Scope(environment).EnvironmentId, new("c"))],
            async (work, token) => await _host.Get<Invoicing>().IssueAsync(
                work,
                Bill(work.Scope.Now, 20, description) with
                {
                    SubscriptionId = null,
                    Method = PaymentCollectionMethod.Invoice,
                },
                token),
            Cancellation)).Value;

    public async Task<IReadOnlyList<Invoice>> InvoicesAsync() => (await _host.Get<InvoiceUseCases>().ListAsync(
        _host.Scope(), new(), new(20, null, null), Cancellation)).Value.Items;

    /// <summary>The id of the customer's payment method; null = none.</summary>
    public async Task<string?> PaymentMethodAsync() => (await _host.Get<CustomerUseCases>().RetrieveAsync(
        _host.Scope(), new("c"), Cancellation)).Value.DefaultPaymentMethod?.BillingId;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.DisposeAsync();
        await _host.DisposeAsync();
    }

    private static InvoiceDraft Bill(Instant now, decimal price, string description) => new()
    {
        PayerId = new("c"),
        SubscriptionId = new SubscriptionId("sub 1&2"),
        Reason = BillingReason.SubscriptionCreation,
        Currency = "usd",
        At = now,
        Lines =
        [
            new()
            {
                Type = InvoiceLineType.BaseCharge,
                Description = description,
                Amount = price,
                UnitPrice = price,
                PeriodStart = now,
                PeriodEnd = now + Duration.FromDays(30),
            },
        ],
    };

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class OneLineCompletion(Invoicing invoicing) : ICheckoutCompletion
    {
        public IReadOnlyCollection<LockKey> Locks(EnvironmentId environment, Checkout checkout) => [];

        public Task<Result<InvoiceDraft>> PriceAsync(
            Work work, Checkout checkout, string? promotionCode, CancellationToken cancellationToken) =>
            Task.FromResult<Result<InvoiceDraft>>(promotionCode is null or "HALF"
                ? Bill(work.Scope.Now, promotionCode is null ? 20 : 10, checkout.Order.Title)
                : new Refusal(ErrorCode.PromotionCodeNotFound, $"There is no promotion code '{promotionCode}'."));

        public async Task<Result<CompletedCheckout>> CompleteAsync(
            Work work, Checkout checkout, CancellationToken cancellationToken)
        {
            var price = await PriceAsync(work, checkout, checkout.PromotionCode, cancellationToken);
            return new CompletedCheckout(
                new("sub 1&2"), await invoicing.IssueAsync(work, price.Value, cancellationToken));
        }
    }
}
