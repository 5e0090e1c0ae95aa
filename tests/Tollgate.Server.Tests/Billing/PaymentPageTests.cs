using System.Net;
using Tollgate.Domain.Billing;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Subscriptions;
using Tollgate.Server.Authentication;

namespace Tollgate.Server.Tests.Billing;

public sealed class PaymentPageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_invoice_is_shown_declined_confirmed_and_paid()
    {
        await using var server = await PagesServer.StartAsync();
        var invoice = await server.SendInvoiceAsync();
        var path = $"/pay/{invoice.PaymentToken}";

        var open = await server.Client.GetStringAsync(path, Cancellation);
        using var declined = await SendAsync(server, path, "4000000000000002");
        using var asked = await SendAsync(server, path, "4000002500003155");
        using var confirmed = await server.Client.PostAsync(
            path, new FormUrlEncodedContent(new Dictionary<string, string> { ["confirm"] = "pm_action_required" }), Cancellation);
        var paid = await server.Client.GetStringAsync(path, Cancellation);

        Assert.Contains("Open, due 2025-02-14", open, StringComparison.Ordinal);
        Assert.Contains("declined", await declined.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Contains("Confirm your payment", await asked.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, confirmed.StatusCode);
        Assert.Contains("Paid", paid, StringComparison.Ordinal);
        Assert.DoesNotContain("cardNumber", paid, StringComparison.Ordinal);
        Assert.Equal(InvoiceStatus.Paid, Assert.Single(await server.InvoicesAsync()).Status);
        // A bill that is sent is paid by whoever has its address: the card is not kept for the customer.
        Assert.Null(await server.PaymentMethodAsync());
    }

    [Fact]
    public async Task Page_shows_one_invoice_and_nothing_else_of_anybody()
    {
        await using var server = await PagesServer.StartAsync();
        var one = await server.SendInvoiceAsync("First <b>thing</b>");
        await server.SendInvoiceAsync("Second thing");

        var page = await server.Client.GetStringAsync($"/pay/{one.PaymentToken}", Cancellation);
        using var byId = await server.Client.GetAsync($"/pay/{one.Uid}", Cancellation);

        Assert.Contains("First &lt;b&gt;thing&lt;/b&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Second thing", page, StringComparison.Ordinal);
        Assert.DoesNotContain("ada@example.com", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, byId.StatusCode);
    }

    [Fact]
    public async Task Form_of_another_site_pays_nothing()
    {
        await using var server = await PagesServer.StartAsync();
        var invoice = await server.SendInvoiceAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/pay/{invoice.PaymentToken}")
        {
            Content = new FormUrlEncodedContent(CheckoutPageTests.Card("4242424242424242")),
        };
        request.Headers.Add("Origin", "https://evil.example.com");

        using var answer = await server.Client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(InvoiceStatus.Open, Assert.Single(await server.InvoicesAsync()).Status);
    }

    [Fact]
    public async Task Production_names_the_amount_and_takes_no_card()
    {
        await using var server = await PagesServer.StartAsync();
        await server.Modules.Get<ProvisionCustomer>().ExecuteAsync(
            server.Modules.Scope("production"), new("c"), new(), Cancellation);
        var invoice = await server.SendInvoiceAsync(environment: "production");

        var page = await server.Client.GetStringAsync($"/pay/{invoice.PaymentToken}", Cancellation);
        using var answer = await SendAsync(server, $"/pay/{invoice.PaymentToken}", "4242424242424242");
        var after = await server.Client.GetStringAsync($"/pay/{invoice.PaymentToken}", Cancellation);

        Assert.Contains("Please pay 20.00 USD", page, StringComparison.Ordinal);
        Assert.DoesNotContain("cardNumber", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("Open, due", after, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Document_is_there_by_its_address_and_for_the_environments_own_key()
    {
        await using var server = await PagesServer.StartAsync();
        var invoice = await server.SendInvoiceAsync();
        var directory = server.Modules.Get<ManageApiKeys>();
        var key = (await directory.CreateAsync(
            server.Modules.Scope(), "development", ApiKeyKind.Server, "pages", Cancellation)).Value.Secret;
        var foreign = (await directory.CreateAsync(
            server.Modules.Scope(), "production", ApiKeyKind.Server, "pages", Cancellation)).Value.Secret;
        var path = $"/tollgate/v1/invoices/{invoice.Uid}/html";

        var document = await server.Client.GetStringAsync($"/pay/{invoice.PaymentToken}/document", Cancellation);
        using var own = await GetAsync(server, path, key);

        Assert.Contains("Invoice INV-000001", document, StringComparison.Ordinal);
        Assert.Contains("Ada &lt;Co&gt;", document, StringComparison.Ordinal);
        Assert.Equal(document, await own.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(server, path, foreign)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(server, path, "no-such-key")).StatusCode);
        Assert.Equal(
            HttpStatusCode.NotFound, (await GetAsync(server, "/tollgate/v1/invoices/nothing/html", key)).StatusCode);
    }

    private static Task<HttpResponseMessage> SendAsync(PagesServer server, string path, string card) =>
        CheckoutPageTests.SendAsync(server, path, CheckoutPageTests.Card(card));

    private static Task<HttpResponseMessage> GetAsync(PagesServer server, string path, string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add(ApiKeyAuthentication.Header, key);
        return server.Client.SendAsync(request, Cancellation);
    }
}
