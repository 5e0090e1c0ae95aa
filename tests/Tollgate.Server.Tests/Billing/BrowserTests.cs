using System.Diagnostics;
using System.Text.Json;
using Tollgate.Domain.Billing;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Billing;

/// <summary>
/// A payer in a real browser with scripts switched off. TOLLGATE_SCREENSHOTS names a folder to keep pictures of every page in.
/// </summary>
public sealed class BrowserTests
{
    private static readonly string Programs = Path.Combine(RepositoryRoot.Path, "tests", "browser");

    private static readonly object Declined = Filled("4000 0000 0000 0002");
    private static readonly object Good = Filled("4242 4242 4242 4242");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Checkout_declines_explains_confirms_and_leads_back()
    {
        await using var server = await PagesServer.StartAsync();
        var welcome = new Uri(server.Address, "/welcome").AbsoluteUri;
        var url = new Uri(server.Address, await server.OpenCheckoutAsync(
            new() { SuccessUrl = welcome, CancelUrl = welcome, AllowPromoCodes = true })).AbsoluteUri;

        var seen = await PlayAsync(
            new { open = url, shot = "checkout" },
            new { fill = Declined, press = "Pay", shot = "checkout-declined" },
            new { fill = new Dictionary<string, string> { ["Promotion code"] = "HALF" }, press = "Apply", shot = "checkout-code" },
            new { fill = Filled("4000 0025 0000 3155"), press = "Pay", shot = "checkout-confirm" },
            new { press = "Use another card" },
            new { fill = Good, press = "Pay" },
            new { open = url, shot = "checkout-completed" });

        Assert.Contains("Pay 20.00 USD", seen[0].Text, StringComparison.Ordinal);
        Assert.Contains("declined", seen[1].Alert!, StringComparison.Ordinal);
        Assert.Contains("Pay 10.00 USD", seen[2].Text, StringComparison.Ordinal);
        Assert.Contains("Confirm your payment", seen[3].Text, StringComparison.Ordinal);
        Assert.StartsWith(welcome + "?subscriptionId=sub%201%262&checkoutCompleted=true", seen[5].Url, StringComparison.Ordinal);
        Assert.Contains("Thank you", seen[6].Text, StringComparison.Ordinal);
        Assert.All(seen, page => Assert.Equal(0, page.Unlabelled));
        Assert.Equal(InvoiceStatus.Paid, Assert.Single(await server.InvoicesAsync()).Status);
    }

    [Fact]
    public async Task Invoice_is_paid_at_its_page_and_printed_from_its_document()
    {
        await using var server = await PagesServer.StartAsync();
        var invoice = await server.SendInvoiceAsync();
        var url = new Uri(server.Address, $"/pay/{invoice.PaymentToken}").AbsoluteUri;

        var seen = await PlayAsync(
            new { open = url, shot = "invoice" },
            new { fill = Declined, press = "Pay", shot = "invoice-declined" },
            new { fill = Good, press = "Pay", shot = "invoice-paid" },
            new { follow = "Invoice to print or save", shot = "invoice-document" });

        Assert.Contains("Open, due 2025-02-14", seen[0].Text, StringComparison.Ordinal);
        Assert.Contains("declined", seen[1].Alert!, StringComparison.Ordinal);
        Assert.Contains("Paid", seen[2].Text, StringComparison.Ordinal);
        Assert.Null(seen[2].Alert);
        Assert.Contains("Ada <Co>", seen[3].Text, StringComparison.Ordinal);
        Assert.All(seen, page => Assert.Equal(0, page.Unlabelled));
    }

    [Fact]
    public async Task Details_are_asked_for_with_labels_and_other_pages_say_what_is_wrong()
    {
        await using var server = await PagesServer.StartAsync();
        var details = new Uri(server.Address, await server.OpenCheckoutAsync(new()
        {
            CollectBillingAddress = true,
            CollectPhoneNumber = true,
            AllowTaxIdCollection = true,
        })).AbsoluteUri;

        var seen = await PlayAsync(
            new { open = details, shot = "checkout-details" },
            new { open = new Uri(server.Address, "/checkout/nothing").AbsoluteUri, shot = "missing" });
        server.Modules.Time.Advance(TimeSpan.FromDays(1));
        var expired = await PlayAsync(new { open = details, shot = "checkout-expired" });

        Assert.Contains("Street", seen[0].Text, StringComparison.Ordinal);
        Assert.Equal(0, seen[0].Unlabelled);
        Assert.Contains("There is nothing here", seen[1].Text, StringComparison.Ordinal);
        Assert.Contains("expired", expired[0].Text, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Filled(string card) =>
        new() { ["Card number"] = card, ["Expires (MM/YY)"] = "12/34", ["Security code"] = "123" };

    private static async Task<IReadOnlyList<Seen>> PlayAsync(params object[] steps)
    {
        var browser = RequireBrowser();
        await using var directory = new TempDirectory();
        var shots = Environment.GetEnvironmentVariable("TOLLGATE_SCREENSHOTS") is { Length: > 0 } kept ? kept : directory.Path;
        var start = new ProcessStartInfo(
            "node", [Path.Combine(Programs, "payer.mjs"), browser, shots, JsonSerializer.Serialize(steps)])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Cancellation);
        var error = process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.True(process.ExitCode == 0, $"{await output}{await error}");
        var played = JsonSerializer.Deserialize<Played>(await output, JsonSerializerOptions.Web)!;
        Assert.Empty(played.Outside);
        return played.Seen;
    }

    private static string RequireBrowser()
    {
        var found = new[] { Environment.GetEnvironmentVariable("TOLLGATE_BROWSER"), "/usr/bin/chromium", "/usr/bin/google-chrome" }
            .FirstOrDefault(File.Exists);
        if (found is not null && Directory.Exists(Path.Combine(Programs, "node_modules", "playwright-core")))
            return found;
        var reason = $"Chromium or the packages of {Programs} are not installed; run ./test.sh, which installs both.";
        if (Environment.GetEnvironmentVariable("CI") == "true"
            || Environment.GetEnvironmentVariable(PostgreSqlServer.RequireVariable) == "1")
            Assert.Fail(reason);
        Assert.Skip(reason);
        return "";
    }

    private sealed record Played(IReadOnlyList<Seen> Seen, IReadOnlyList<string> Outside);

    private sealed record Seen(string Url, string Title, string Text, string? Alert, int Unlabelled);
}
