using System.Text.Json;
using Tollgate.Storage;
using Tollgate.Stories.Tests.Telling;

namespace Tollgate.Stories.Tests.Billing;

/// <summary>Contracts and their invoices (spec integrations 11).</summary>
public sealed class ContractStories(StoryServers servers)
{
    private static readonly object Fee = new { description = "Platform fee", unitPrice = 1000 };
    private static readonly object Calls = new { description = "API calls", unitPrice = 0.002, featureId = "api-calls" };

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Twelve_months_bill_the_fee_ahead_and_calls_behind(DatabaseKind database)
    {
        var (story, contract) = await StartAsync(database, end: "2041-01-01T00:00:00Z");
        await BillAsync(story, contract, new { billingPeriod = "MONTHLY", daysUntilDue = 14, lines = new[] { Fee, Calls } });
        await story.AdvanceAsync(new { to = "2040-01-20T00:00:00Z" });
        await story.ReportAsync("corp", "api-calls", 150_000);

        // 150,000 x 0.002 = 300 of January with the fee of February.
        var next = await ContractAsync(story, contract);
        Assert.Equal("ACTIVE", next.GetProperty("state").GetString());
        Assert.Equal(1300, next.GetProperty("nextInvoice").GetProperty("amount").GetProperty("amount").GetDecimal());
        Assert.Equal("2040-02-15", Day(next.GetProperty("nextInvoice"), "dueDate"));
        Assert.Equal("2040-02-01", Day(next.GetProperty("nextInvoice"), "periodStart"));
        Assert.Equal("2040-03-01", Day(next.GetProperty("nextInvoice"), "periodEnd"));
        var preview = await story.GetAsync($"/tollgate/v1/contracts/{contract}/next-invoice");
        Assert.Equal(1300, preview.GetProperty("invoice").GetProperty("total").GetDecimal());

        await story.AdvanceAsync(new { to = "2040-02-01T00:00:00Z" });
        await story.AdvanceAsync(new { to = "2041-02-01T00:00:00Z" });
        var bills = await story.BillsAsync("corp");

        Assert.Equal("2040-01-01 #1 OPEN BILLING_CYCLE | Platform fee 1000.00 | total 1000.00 due 1000.00", bills[0]);
        Assert.Equal(
            "2040-02-01 #2 OPEN BILLING_CYCLE | Platform fee 1000.00 | API calls 150000 x 0.002 = 300.00 "
            + "| total 1300.00 due 1300.00",
            bills[1]);
        // Twelve fees; the thirteenth invoice would only have December's usage, which is none.
        Assert.Equal(12, bills.Count);
        Assert.Equal("2040-12-01", bills[^1][..10]);
        var over = await ContractAsync(story, contract);
        Assert.Equal("END_BILLING", over.GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.Null, over.GetProperty("nextInvoice").ValueKind);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Last_usage_is_billed_at_the_end_and_a_part_of_a_period_costs_its_part(DatabaseKind database)
    {
        // April has 30 days, 15 of which are in the contract.
        var (story, contract) = await StartAsync(database, end: "2040-04-16T00:00:00Z");
        await BillAsync(story, contract, new { billingPeriod = "MONTHLY", lines = new[] { Fee, Calls } });
        await story.AdvanceAsync(new { to = "2040-04-10T00:00:00Z" });
        await story.ReportAsync("corp", "api-calls", 20_000);
        await story.AdvanceAsync(new { to = "2040-06-01T00:00:00Z" });

        Assert.Equal(
            [
                "2040-04-01 #4 OPEN BILLING_CYCLE | Platform fee 500.00 | API calls 0 x 0.002 = 0.00 "
                    + "| total 500.00 due 500.00",
                "2040-04-16 #5 OPEN BILLING_CYCLE | API calls 20000 x 0.002 = 40.00 | total 40.00 due 40.00",
            ],
            await story.BillsFromAsync("corp", 4));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Invoices_name_their_contract_and_are_marked_as_paid(DatabaseKind database)
    {
        var (story, contract) = await StartAsync(database, end: null);
        await BillAsync(story, contract, new { lines = new[] { Fee } });

        var listed = (await story.PageAsync($"/api/v1/customers/corp/invoices?contractExternalId={contract}"))
            .GetProperty("data").EnumerateArray().ToList();
        var invoice = Assert.Single(listed);
        Assert.Equal(contract, invoice.GetProperty("contractExternalId").GetString());
        Assert.Equal("OPEN", invoice.GetProperty("state").GetString());
        Assert.Equal(0, (await story.PageAsync("/api/v1/customers/corp/invoices?contractExternalId=another"))
            .GetProperty("data").GetArrayLength());

        await story.PostAsync($"/tollgate/v1/invoices/{invoice.GetProperty("invoiceId").GetString()}/mark-as-paid", new { });
        var latest = (await ContractAsync(story, contract)).GetProperty("latestInvoice");
        Assert.Equal(("PAID", 1000m), (latest.GetProperty("status").GetString(), latest.GetProperty("total").GetDecimal()));
        var ofCustomer = Assert.Single((await story.GetAsync("/api/v1/customers/corp/contracts")).EnumerateArray());
        Assert.Equal("2040-02-01", Day(ofCustomer.GetProperty("nextInvoice"), "periodStart"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archived_contract_is_billed_no_more_and_its_subscriptions_stay(DatabaseKind database)
    {
        var (story, contract) = await StartAsync(database, end: null);
        await BillAsync(story, contract, new { lines = new[] { Fee } });
        await story.PostAsync($"/api/v1/contracts/{contract}/archive", new { });
        await story.AdvanceAsync(new { to = "2040-06-01T00:00:00Z" });

        Assert.Single(await story.BillsAsync("corp"));
        var archived = await ContractAsync(story, contract);
        Assert.Equal("CANCELED", archived.GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.Null, archived.GetProperty("nextInvoice").ValueKind);
        Assert.Equal("ACTIVE", (await story.GetAsync("/api/v1/subscriptions/deal")).GetProperty("status").GetString());
        Assert.Equal("409 EntityIsArchivedError", await story.RefusedAsync(
            HttpMethod.Put, $"/tollgate/v1/contracts/{contract}/billing", new { lines = new[] { Fee } }));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Draft_bills_nothing_until_billing_is_set_up(DatabaseKind database)
    {
        var (story, contract) = await StartAsync(database, end: null, setupBilling: false);
        await BillAsync(story, contract, new { lines = new[] { Fee } });
        await story.AdvanceAsync(new { to = "2040-01-16T12:00:00Z" });

        Assert.Equal("400 InvoicePreviewNotAvailableForDraftContract", await story.RefusedAsync(
            HttpMethod.Get, $"/tollgate/v1/contracts/{contract}/next-invoice"));
        Assert.Empty(await story.BillsAsync("corp"));
        await story.PatchAsync($"/api/v1/contracts/{contract}", new { setupBilling = true });
        await story.AdvanceAsync(new { to = "2040-02-01T00:00:00Z" });

        // From January 16 12:00 to February 1 are 15.5 of 31 days.
        Assert.Equal(
            [
                "2040-01-16 #1 OPEN BILLING_CYCLE | Platform fee 500.00 | total 500.00 due 500.00",
                "2040-02-01 #2 OPEN BILLING_CYCLE | Platform fee 1000.00 | total 1000.00 due 1000.00",
            ],
            await story.BillsAsync("corp"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Billing_that_makes_no_sense_is_refused(DatabaseKind database)
    {
        var (story, contract) = await StartAsync(database, end: null);
        var path = $"/tollgate/v1/contracts/{contract}/billing";

        Assert.Equal("400 BadUserInput", await story.RefusedAsync(
            HttpMethod.Put, path, new { currency = "gold", lines = new[] { Fee } }));
        Assert.Equal("400 BadUserInput", await story.RefusedAsync(HttpMethod.Put, path, new { lines = Array.Empty<object>() }));
        Assert.Equal("404 FeatureNotFound", await story.RefusedAsync(
            HttpMethod.Put, path, new { lines = new[] { new { description = "x", unitPrice = 1, featureId = "none" } } }));
        Assert.Equal("400 InvalidArgumentError", await story.RefusedAsync(
            HttpMethod.Put, path, new { lines = new[] { new { description = "x", unitPrice = 1, subscriptionId = "other" } } }));
        Assert.Equal("400 InvalidArgumentError", await story.RefusedAsync(
            HttpMethod.Put, "/tollgate/v1/contracts/none/billing", new { lines = new[] { Fee } }));
        var silent = await story.PostAsync("/api/v1/customers", new { id = "silent" });
        var other = await ContractOfAsync(story, silent.GetProperty("id").GetString()!, "quiet", null, true);
        Assert.Equal("400 CustomerHasNoEmailAddress", await story.RefusedAsync(
            HttpMethod.Put, $"/tollgate/v1/contracts/{other}/billing", new { lines = new[] { Fee } }));
        var kept = await story.GetAsync(path);
        Assert.Equal(0, kept.GetProperty("lines").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, kept.GetProperty("nextInvoiceAt").ValueKind);
    }

    private async Task<(Story Story, string Contract)> StartAsync(
        DatabaseKind database, string? end, bool setupBilling = true)
    {
        var story = await servers.NewStoryAsync(database, "2040-01-01T00:00:00Z");
        await story.MeterAsync("api-calls");
        await story.PlanAsync(new("enterprise") { Type = "CUSTOM" });
        await story.CustomerAsync("corp");
        return (story, await ContractOfAsync(story, "corp", "deal", end, setupBilling));
    }

    private static async Task<string> ContractOfAsync(
        Story story, string customer, string subscription, string? end, bool setupBilling)
    {
        var request = new Dictionary<string, object?>
        {
            ["customerId"] = customer,
            ["name"] = "Deal",
            ["setupBilling"] = setupBilling,
            ["subscriptions"] = new object[]
            {
                new { newSubscription = new { customerId = customer, planId = "enterprise", id = subscription } },
            },
        };
        if (end is not null)
            request["activationEndDate"] = end;
        return (await story.PostAsync("/api/v1/contracts", request)).GetProperty("contractId").GetString()!;
    }

    private static Task<JsonElement> BillAsync(Story story, string contract, object billing) =>
        story.PutAsync($"/tollgate/v1/contracts/{contract}/billing", billing);

    private static Task<JsonElement> ContractAsync(Story story, string contract) =>
        story.GetAsync($"/api/v1/contracts/{contract}");

    private static string Day(JsonElement owner, string field) => owner.GetProperty(field).GetString()![..10];
}
