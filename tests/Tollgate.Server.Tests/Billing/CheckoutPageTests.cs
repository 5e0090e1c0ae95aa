using System.Net;
using Tollgate.Modules.Billing;

namespace Tollgate.Server.Tests.Billing;

public sealed class CheckoutPageTests
{
    private const string Attack = "\"><script>alert(1)</script><img src=x onerror=alert(2)>";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_shows_the_order_and_is_closed_to_scripts_frames_and_caches()
    {
        await using var server = await PagesServer.StartAsync();
        var path = await server.OpenCheckoutAsync(new() { SuccessUrl = "https://shop.example.com/done", CancelUrl = "https://shop.example.com/" });

        using var answer = await server.Client.GetAsync(path, Cancellation);
        var page = await answer.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("20.00 USD", page, StringComparison.Ordinal);
        Assert.Contains("href=\"https://shop.example.com/\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("promotionCode", page, StringComparison.Ordinal);
        Assert.DoesNotContain("ada@example.com", page, StringComparison.Ordinal);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        // Browsers hold the redirect after a form to the same rule as the form.
        Assert.Contains("form-action 'self' https://shop.example.com", policy, StringComparison.Ordinal);
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Paying_leads_back_with_the_subscription_also_when_sent_twice()
    {
        await using var server = await PagesServer.StartAsync();
        var path = await server.OpenCheckoutAsync(new() { SuccessUrl = "https://shop.example.com/done?a=1", ReferenceId = "r 1" });

        using var first = await SendAsync(server, path, Card("4242 4242 4242 4242"));
        using var second = await SendAsync(server, path, Card("4242424242424242"));
        var again = await server.Client.GetStringAsync(path, Cancellation);

        const string back =
            "https://shop.example.com/done?a=1&subscriptionId=sub%201%262&checkoutCompleted=true&referenceId=r%201";
        Assert.All([first, second], answer =>
        {
            Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
            Assert.Equal(back, answer.Headers.Location?.AbsoluteUri);
        });
        Assert.Single(await server.InvoicesAsync());
        Assert.Equal("pm_ok", await server.PaymentMethodAsync());
        Assert.Contains("Thank you", again, StringComparison.Ordinal);
        Assert.DoesNotContain("cardNumber", again, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_page_to_return_to_it_says_thank_you_itself()
    {
        await using var server = await PagesServer.StartAsync();
        var path = await server.OpenCheckoutAsync();

        using var answer = await SendAsync(server, path, Card("4242424242424242"));

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal(path, answer.Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData("4000000000000002", "declined")]
    [InlineData("4000000000000069", "expired")]
    [InlineData("5555555555554444", "not known")]
    [InlineData("", "not known")]
    public async Task Card_that_does_not_pay_keeps_the_form_and_is_told_why(string card, string why)
    {
        await using var server = await PagesServer.StartAsync();
        var path = await server.OpenCheckoutAsync();

        using var answer = await SendAsync(server, path, Card(card));
        var page = await answer.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(why, page, StringComparison.Ordinal);
        Assert.Contains("name=\"cardNumber\"", page, StringComparison.Ordinal);
        Assert.Empty(await server.InvoicesAsync());
        Assert.Null(await server.PaymentMethodAsync());
        if (card.Length > 0)
            Assert.DoesNotContain(card, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Confirmation_is_a_second_page()
    {
        await using var server = await PagesServer.StartAsync();
        var path = await server.OpenCheckoutAsync();

        using var asked = await SendAsync(server, path, Card("4000002500003155"));
        var page = await asked.Content.ReadAsStringAsync(Cancellation);
        using var confirmed = await SendAsync(
            server, path, new() { ["confirm"] = "pm_action_required", ["amountDue"] = "20" });

        Assert.Contains("Confirm your payment", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, confirmed.StatusCode);
        Assert.Single(await server.InvoicesAsync());
    }

    [Theory]
    [InlineData("Origin", "https://evil.example.com")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Form_of_another_site_is_refused(string header, string value)
    {
        await using var server = await PagesServer.StartAsync();
        var path = await server.OpenCheckoutAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent(Card("4242424242424242")),
        };
        request.Headers.Add(header, value);

        using var answer = await server.Client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(await server.InvoicesAsync());
    }

    [Fact]
    public async Task What_people_typed_is_never_markup()
    {
        await using var server = await PagesServer.StartAsync();
        var path = await server.OpenCheckoutAsync(
            new() { CollectBillingAddress = true, AllowTaxIdCollection = true, AllowPromoCodes = true }, title: Attack);
        var form = Card("4000000000000002");
        foreach (var field in (string[])["name", "line1", "postalCode", "city", "country", "taxId"])
            form[field] = Attack;

        using var declined = await SendAsync(server, path, form);
        using var code = await SendAsync(server, path + "/promotion-code", new() { ["promotionCode"] = Attack });

        foreach (var answer in new[] { declined, code })
        {
            var page = await answer.Content.ReadAsStringAsync(Cancellation);
            Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
            Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Details_asked_for_are_required_and_printed_on_the_invoice()
    {
        await using var server = await PagesServer.StartAsync();
        var path = await server.OpenCheckoutAsync(new() { CollectBillingAddress = true, CollectPhoneNumber = true });
        var form = Card("4242424242424242");

        using var without = await SendAsync(server, path, form);
        var page = await without.Content.ReadAsStringAsync(Cancellation);
        foreach (var (name, value) in new[] { ("name", "Ada Ltd"), ("line1", "Main 1"), ("postalCode", "1010"),
            ("city", "Wien"), ("country", "Austria"), ("phone", "+43 1"), ("taxId", "not asked for") })
        {
            form[name] = value;
        }

        using var complete = await SendAsync(server, path, form);
        var invoice = Assert.Single(await server.InvoicesAsync());
        var document = await server.Client.GetStringAsync($"/pay/{invoice.PaymentToken}/document", Cancellation);

        Assert.Contains("Please fill in the name on invoices, the street", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, complete.StatusCode);
        Assert.Contains("Ada Ltd<br>Main 1<br>1010 Wien<br>Austria", document, StringComparison.Ordinal);
        Assert.DoesNotContain("not asked for", document, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Promotion_code_changes_what_is_paid()
    {
        await using var server = await PagesServer.StartAsync();
        var path = await server.OpenCheckoutAsync(new() { AllowPromoCodes = true });

        using var applied = await SendAsync(server, path + "/promotion-code", new() { ["promotionCode"] = "HALF" });
        var page = await server.Client.GetStringAsync(path, Cancellation);
        using var paid = await SendAsync(server, path, Card("4242424242424242", amountDue: "10"));

        Assert.Equal(HttpStatusCode.SeeOther, applied.StatusCode);
        Assert.Contains("Pay 10.00 USD", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, paid.StatusCode);
        Assert.Equal(10m, Assert.Single(await server.InvoicesAsync()).Amounts.AmountDue);
    }

    [Fact]
    public async Task Amount_that_was_not_shown_is_not_charged()
    {
        await using var server = await PagesServer.StartAsync();
        var path = await server.OpenCheckoutAsync();

        using var answer = await SendAsync(server, path, Card("4242424242424242", amountDue: "1"));

        Assert.Contains("price has changed", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Empty(await server.InvoicesAsync());
    }

    [Fact]
    public async Task Expired_and_unknown_checkouts_say_so()
    {
        await using var server = await PagesServer.StartAsync();
        var path = await server.OpenCheckoutAsync();
        server.Modules.Time.Advance(TimeSpan.FromHours(23));

        using var expired = await server.Client.GetAsync(path, Cancellation);
        using var sent = await SendAsync(server, path, Card("4242424242424242"));
        using var unknown = await server.Client.GetAsync("/checkout/nothing", Cancellation);
        using var sentUnknown = await SendAsync(server, "/checkout/nothing", Card("4242424242424242"));

        Assert.Equal((HttpStatusCode.Gone, HttpStatusCode.Gone), (expired.StatusCode, sent.StatusCode));
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (unknown.StatusCode, sentUnknown.StatusCode));
        Assert.Empty(await server.InvoicesAsync());
    }

    internal static Dictionary<string, string> Card(string number, string amountDue = "20") =>
        new() { ["cardNumber"] = number, ["expiry"] = "12/34", ["cvc"] = "123", ["amountDue"] = amountDue };

    internal static Task<HttpResponseMessage> SendAsync(PagesServer server, string path, Dictionary<string, string> form) =>
        server.Client.PostAsync(path, new FormUrlEncodedContent(form), Cancellation);
}
