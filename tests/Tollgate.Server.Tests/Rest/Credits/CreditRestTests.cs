using System.Text.Json.Nodes;
using Tollgate.Server.Tests.Errors;
using Tollgate.Storage;

namespace Tollgate.Server.Tests.Rest.Credits;

/// <summary>What of credits only the wire shows: shapes, statuses, and the fields an error names.</summary>
public sealed class CreditRestTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Grant_is_answered_in_full_and_spent_as_the_check_shows()
    {
        var (client, customer, currency) = await StartAsync();
        var granted = await client.CallAsync(HttpMethod.Post, "/api/v1/credits/grants", Grant(customer, currency), Cancellation);

        Assert.Equal(201, granted.Status);
        Assert.Equal("10.5", granted.Data.GetProperty("amount").GetRawText());
        Assert.Equal("0", granted.Data.GetProperty("consumedAmount").GetRawText());
        Assert.Equal("ACTIVE", granted.Data.GetProperty("status").GetString());
        Assert.Equal("NOT_REQUIRED", granted.Data.GetProperty("paymentCollection").GetString());
        Assert.Equal("null", granted.Data.GetProperty("latestInvoice").GetRawText());
        var consumed = await client.CallAsync(
            HttpMethod.Post,
            "/api/v1/credits/consumption",
            new { customerId = customer, currencyId = currency, amount = 0.000000000001m, idempotencyKey = "k" },
            Cancellation);
        Assert.Equal(200, consumed.Status);
        Assert.Equal("0.000000000001", consumed.Data.GetProperty("credit").GetProperty("currentUsage").GetRawText());
        var check = await client.ReadAsync(
            $"/api/v1/customers/{customer}/entitlements/check?currencyId={currency}&requestedUsage=10", Cancellation);
        Assert.Equal("CREDIT", check.Data.GetProperty("type").GetString());
        Assert.True(check.Data.GetProperty("isGranted").GetBoolean());
        Assert.Equal("10.5", check.Data.GetProperty("usageLimit").GetRawText());
        var short11 = await client.ReadAsync(
            $"/api/v1/customers/{customer}/entitlements/check?currencyId={currency}&requestedUsage=11", Cancellation);
        Assert.Equal("InsufficientCredits", short11.Data.GetProperty("accessDeniedReason").GetString());
    }

    [Theory]
    [InlineData("grantType", "\"RECURRING\"", 400, "BadUserInput")]
    [InlineData("grantType", "\"OVERDRAFT\"", 400, "BadUserInput")]
    [InlineData("priority", "-1", 400, "BadUserInput")]
    [InlineData("priority", "0.5", 400, "BadUserInput")]
    [InlineData("amount", "-1", 400, "InvalidArgumentError")]
    [InlineData("cost", """{"amount":1,"currency":"usd"}""", 400, "InvalidArgumentError")]
    [InlineData("expireAt", "\"2001-01-01T00:00:00Z\"", 400, "ExpireAtMustBeLaterThanEffectiveAtError")]
    [InlineData("customerId", "\"nobody-at-all\"", 400, "CustomerNotFound")]
    [InlineData("currencyId", "\"nothing-at-all\"", 400, "CustomCurrencyNotFound")]
    [InlineData("resourceId", "\"nowhere\"", 400, "CustomerResourceNotFound")]
    [InlineData("displayName", "\"\"", 400, "BadUserInput")]
    public async Task Faulty_grants_are_refused_with_their_code(string field, string value, int status, string code)
    {
        var (client, customer, currency) = await StartAsync();
        var body = Grant(customer, currency);
        body[field] = JsonNode.Parse(value);

        ErrorAssert.IsError(
            await client.CallAsync(HttpMethod.Post, "/api/v1/credits/grants", body, Cancellation), status, code);
    }

    [Fact]
    public async Task Charge_without_a_method_and_invoice_without_an_address_are_refused()
    {
        var (client, customer, currency) = await StartAsync();
        var body = Grant(customer, currency);
        body["grantType"] = "PAID";
        body["cost"] = JsonNode.Parse("""{"amount":1,"currency":"usd"}""");
        body["paymentCollectionMethod"] = "CHARGE";
        ErrorAssert.IsError(
            await client.CallAsync(HttpMethod.Post, "/api/v1/credits/grants", body, Cancellation), 400, "PaymentMethodNotFoundError");
        body["paymentCollectionMethod"] = "INVOICE";
        ErrorAssert.IsError(
            await client.CallAsync(HttpMethod.Post, "/api/v1/credits/grants", body, Cancellation), 400, "CustomerHasNoEmailAddress");
    }

    [Fact]
    public async Task Consumption_under_an_Idempotency_Key_is_answered_again_as_it_was()
    {
        var (client, customer, currency) = await StartAsync();
        var body = new { customerId = customer, currencyId = currency, amount = 1, idempotencyKey = "once" };
        var first = await client.CallAsync(HttpMethod.Post, "/api/v1/credits/consumption", body, Cancellation);
        var again = await client.CallAsync(HttpMethod.Post, "/api/v1/credits/consumption", body, Cancellation);

        Assert.Equal(first.Data.GetRawText(), again.Data.GetRawText());
        var balance = await client.ReadAsync($"/tollgate/v1/credits/balances?customerId={customer}", Cancellation);
        Assert.Equal("-1", balance.Data[0].GetProperty("currentBalance").GetRawText());
    }

    [Fact]
    public async Task An_error_about_a_grant_names_it_and_a_fault_of_the_request_says_so()
    {
        var (client, customer, currency) = await StartAsync();
        var granted = await client.CallAsync(HttpMethod.Post, "/api/v1/credits/grants", Grant(customer, currency), Cancellation);
        var id = granted.Data.GetProperty("id").GetString()!;
        Assert.Equal(200, (await client.CallAsync(HttpMethod.Post, $"/api/v1/credits/grants/{id}/void", null, Cancellation)).Status);

        await GrantErrorAsync($"/api/v1/credits/grants/{id}/void", id, 409, "CreditGrantAlreadyVoided");
        await GrantErrorAsync("/api/v1/credits/grants/cred-grant-none/void", "cred-grant-none", 404, "CreditGrantNotFound");
        await client.CallAsync(
            HttpMethod.Post, "/api/v1/credits/consumption",
            new { customerId = customer, currencyId = currency, amount = 1, idempotencyKey = "k" }, Cancellation);
        var grants = await client.ReadAsync($"/api/v1/credits/grants?customerId={customer}", Cancellation);
        var overdraft = grants.Data[0].GetProperty("id").GetString()!;
        await GrantErrorAsync($"/api/v1/credits/grants/{overdraft}/void", overdraft, 409, "CreditGrantCannotBeVoided");

        var body = Grant(customer, currency);
        body["amount"] = -1;
        var faulty = await client.CallAsync(HttpMethod.Post, "/api/v1/credits/grants", body, Cancellation);
        Assert.True(faulty.Json.GetProperty("isValidationError").GetBoolean());
        Assert.False(faulty.Json.TryGetProperty("grantId", out _));
        var unknown = await client.ReadAsync("/api/v1/customers/nobody-at-all", Cancellation);
        Assert.False(unknown.Json.TryGetProperty("isValidationError", out _));

        async Task GrantErrorAsync(string path, string grant, int status, string code)
        {
            var answer = await client.CallAsync(HttpMethod.Post, path, null, Cancellation);
            ErrorAssert.IsError(answer, status, code);
            Assert.True(answer.Json.GetProperty("isValidationError").GetBoolean());
            Assert.Equal(grant, answer.Json.GetProperty("grantId").GetString());
        }
    }

    [Fact]
    public async Task Credits_are_reserved_and_settled()
    {
        var (client, customer, currency) = await StartAsync();
        await client.CallAsync(HttpMethod.Post, "/api/v1/credits/grants", Grant(customer, currency), Cancellation);
        var request = new { customerId = customer, currencyId = currency, amount = 10m };
        var held = await client.CallAsync(HttpMethod.Post, "/tollgate/v1/usage/reservations", request, Cancellation);

        Assert.Equal((201, true, 10m), (
            held.Status, held.Data.GetProperty("isGranted").GetBoolean(), held.Data.GetProperty("held").GetDecimal()));
        var reservation = held.Data.GetProperty("reservation");
        Assert.Equal("null", reservation.GetProperty("featureId").GetRawText());
        Assert.Equal(currency, reservation.GetProperty("currencyId").GetString());
        var denied = await client.CallAsync(HttpMethod.Post, "/tollgate/v1/usage/reservations", request, Cancellation);
        Assert.Equal("InsufficientCredits", denied.Data.GetProperty("accessDeniedReason").GetString());
        var settled = await client.CallAsync(
            HttpMethod.Post, $"/tollgate/v1/usage/reservations/{reservation.GetProperty("id").GetString()}/settle",
            new { amount = 4, dimensions = new { model = "large" } }, Cancellation);
        Assert.Equal(("SETTLED", 4m), (
            settled.Data.GetProperty("status").GetString(), settled.Data.GetProperty("settledAmount").GetDecimal()));
        var listed = await client.ReadAsync(
            $"/tollgate/v1/usage/reservations?customerId={customer}&currencyId={currency}", Cancellation);
        Assert.Equal(1, listed.Data.GetArrayLength());
        var balance = await client.ReadAsync($"/tollgate/v1/credits/balances?customerId={customer}", Cancellation);
        Assert.Equal("6.5", balance.Data[0].GetProperty("currentBalance").GetRawText());
    }

    [Fact]
    public async Task Conflicts_of_asynchronous_consumption_are_listed()
    {
        var (client, customer, currency) = await StartAsync();
        var accepted = await client.CallAsync(
            HttpMethod.Post,
            "/api/v1/credits/consumption/async",
            new
            {
                consumptions = new[] { 1m, 1m, 2m, 3m }.Select(amount =>
                    new { customerId = customer, currencyId = currency, amount, idempotencyKey = "one" }),
            },
            Cancellation);
        Assert.Equal(200, accepted.Status);

        var first = await client.ReadAsync(
            $"/tollgate/v1/credits/conflicts?customerId={customer}&currencyId={currency}&limit=1", Cancellation);
        Assert.Equal((200, 3m, "one"), (
            first.Status, first.Data[0].GetProperty("amount").GetDecimal(), first.Data[0].GetProperty("idempotencyKey").GetString()));
        var next = first.Json.GetProperty("pagination").GetProperty("next").GetString();
        var second = await client.ReadAsync(
            $"/tollgate/v1/credits/conflicts?customerId={customer}&limit=1&after={next}", Cancellation);
        Assert.Equal(2m, second.Data[0].GetProperty("amount").GetDecimal());
        Assert.Equal("null", second.Json.GetProperty("pagination").GetProperty("next").GetRawText());
        ErrorAssert.IsError(
            await client.ReadAsync("/tollgate/v1/credits/conflicts?customerId=nobody-at-all", Cancellation), 404, "CustomerNotFound");
    }

    [Fact]
    public async Task Preview_takes_a_coupon_off_and_an_invoice_is_made_out_to_the_address_given()
    {
        var (client, customer, currency) = await StartAsync();
        var coupon = SharedServers.NewId("coupon");
        Assert.Equal(201, (await client.CallAsync(
            HttpMethod.Post, "/api/v1/coupons", new
            {
                id = coupon,
                name = "Spring",
                percentOff = 25,
                amountsOff = (object?)null,
                description = (string?)null,
                durationInMonths = (int?)null,
                metadata = (object?)null,
            }, Cancellation)).Status);
        var cost = new { amount = 12, currency = "usd" };

        var preview = await client.CallAsync(
            HttpMethod.Post,
            "/tollgate/v1/credits/grants/preview",
            new { customerId = customer, currencyId = currency, amount = 10, cost, appliedCoupon = new { couponId = coupon } },
            Cancellation);
        // 12.00 less 25 %.
        Assert.Equal((200, 3m, 9m), (
            preview.Status, preview.Data.GetProperty("discount").GetDecimal(), preview.Data.GetProperty("total").GetDecimal()));

        // Only the preview takes a discount: what is bought is charged at its price, what is granted at its cost.
        foreach (var path in (string[])["/tollgate/v1/credits/purchases", "/api/v1/credits/grants"])
        {
            var refused = await client.CallAsync(
                HttpMethod.Post,
                path,
                new
                {
                    customerId = customer,
                    currencyId = currency,
                    amount = 10,
                    displayName = "Sold",
                    grantType = "PAID",
                    cost,
                    appliedCoupon = new { promotionCode = "SAVE20" },
                },
                Cancellation);
            Assert.Equal(400, refused.Status);
            Assert.Contains("appliedCoupon", refused.FaultyFields);
        }

        await client.CallAsync(
            HttpMethod.Patch, $"/api/v1/customers/{customer}", new { email = "c@example.com" }, Cancellation);
        var granted = await client.CallAsync(
            HttpMethod.Post,
            "/api/v1/credits/grants",
            new
            {
                customerId = customer,
                currencyId = currency,
                amount = 10,
                displayName = "Sold",
                grantType = "PAID",
                cost,
                paymentCollectionMethod = "INVOICE",
                billingInformation = new { billingAddress = new { line1 = "1 Mill Lane", city = "York", country = "GB" } },
            },
            Cancellation);
        var page = await client.GetAsync(granted.Data.GetProperty("latestInvoice").GetProperty("pdfUrl").GetString(), Cancellation);
        Assert.Contains("1 Mill Lane", await page.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private async Task<(HttpClient Client, string Customer, string Currency)> StartAsync()
    {
        var client = (await servers.GetAsync(DatabaseKind.Sqlite)).Client;
        var (customer, currency) = (SharedServers.NewId("customer"), SharedServers.NewId("currency"));
        await client.CallAsync(HttpMethod.Post, "/api/v1/customers", new { id = customer }, Cancellation);
        await client.CallAsync(
            HttpMethod.Post, "/api/v1/credits/custom-currencies", new { id = currency, displayName = "C" }, Cancellation);
        return (client, customer, currency);
    }

    private static JsonObject Grant(string customer, string currency) => new()
    {
        ["customerId"] = customer,
        ["currencyId"] = currency,
        ["amount"] = 10.5m,
        ["displayName"] = "Given",
        ["grantType"] = "PROMOTIONAL",
    };
}
