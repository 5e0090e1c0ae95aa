using System.Globalization;
using System.Text.Json;

namespace Tollgate.Stories.Tests.Telling;

/// <summary>Invoices and money of a customer as lines of text, so that a story compares all of them at once.</summary>
internal static class BillTelling
{
    /// <summary>
    /// Every bill of the customer, the oldest first, for example <c>2040-06-16 #2 PAID SUBSCRIPTION_UPDATE | Unused time on
    /// Basic - base fee -15.00 | Remaining time on Pro - base fee 45.00 | total 30.00 due 30.00</c>. A quantity is shown
    /// unless it is 1 (<c>Pro - Seats 5 x 10 = 50.00</c>); discount, tax and balance where there are any; credit notes
    /// say CREDIT_NOTE; a currency other than USD follows the amount due.
    /// </summary>
    public static async Task<IReadOnlyList<string>> BillsAsync(this Story story, string customer)
    {
        var invoices = new List<JsonElement>();
        foreach (var kind in (string[])["invoices", "credit-notes"])
        {
            string? after = null;
            do
            {
                var page = await story.PageAsync($"/tollgate/v1/{kind}?limit=100&customerId={customer}"
                    + (after is null ? "" : $"&after={after}"));
                invoices.AddRange(page.GetProperty("data").EnumerateArray());
                after = page.GetProperty("pagination").GetProperty("next").GetString();
            }
            while (after is not null);
        }

        return [.. invoices.DistinctBy(i => i.GetProperty("id").GetString())
            .OrderBy(i => i.GetProperty("createdAt").GetString(), StringComparer.Ordinal)
            .ThenBy(NumberOf).Select(Say)];
    }

    /// <summary>Like <see cref="BillsAsync"/> from bill number <paramref name="first"/> on.</summary>
    public static async Task<IReadOnlyList<string>> BillsFromAsync(this Story story, string customer, int first) =>
        [.. (await story.BillsAsync(customer)).Skip(first - 1)];

    /// <summary>What the customer has left to pay later invoices with, for example <c>30.00 usd</c>.</summary>
    public static async Task<string> BalanceAsync(this Story story, string customer)
    {
        var balances = (await story.GetAsync($"/tollgate/v1/customers/{customer}/balance")).EnumerateArray();
        return string.Join(", ", balances.Select(b =>
            $"{Money(b, "amount", b.GetProperty("currency").GetString()!)} {b.GetProperty("currency").GetString()}"));
    }

    /// <summary>The lines of a preview like those of a bill: <c>Pro - base fee 49.00 | subTotal 49.00 total 49.00</c>.</summary>
    public static string SayPreview(JsonElement invoice)
    {
        var currency = invoice.GetProperty("currency").GetString()!;
        var lines = invoice.GetProperty("lines").EnumerateArray().Select(line => Line(line, currency, "subTotal"));
        var discount = invoice.GetProperty("discount").GetDecimal() is not 0
            ? $" discount {Money(invoice, "discount", currency)}" : "";
        var tax = invoice.GetProperty("tax").GetDecimal() is not 0 ? $" tax {Money(invoice, "tax", currency)}" : "";
        return string.Join(" | ", lines.Append(
            $"subTotal {Money(invoice, "subTotal", currency)}{discount}{tax} total {Money(invoice, "total", currency)}"));
    }

    private static int NumberOf(JsonElement invoice) =>
        int.TryParse(Digits(invoice), CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;

    private static string Digits(JsonElement invoice) =>
        string.Concat((invoice.GetProperty("number").GetString() ?? "").Where(char.IsAsciiDigit));

    private static string Say(JsonElement invoice)
    {
        var currency = invoice.GetProperty("currency").GetString()!;
        var parts = new List<string>();
        var status = invoice.GetProperty("isCreditNote").GetBoolean()
            ? "CREDIT_NOTE" : invoice.GetProperty("status").GetString();
        parts.Add($"{invoice.GetProperty("createdAt").GetString()![..10]} #{NumberOf(invoice)} {status} "
            + invoice.GetProperty("billingReason").GetString());
        parts.AddRange(invoice.GetProperty("lines").EnumerateArray().Select(line => Line(line, currency, "amount")));
        var sums = new List<string>();
        foreach (var (field, word) in new[] { ("discount", "discount"), ("tax", "tax"), ("total", ""), ("balanceUsed", "balance") })
        {
            if (field == "total")
                sums.Add($"total {Money(invoice, "total", currency)}");
            else if (invoice.GetProperty(field).GetDecimal() != 0)
                sums.Add($"{word} {Money(invoice, field, currency)}");
        }

        sums.Add($"due {Money(invoice, "amountDue", currency)}" + (currency == "usd" ? "" : $" {currency}"));
        parts.Add(string.Join(' ', sums));
        return string.Join(" | ", parts);
    }

    private static string Line(JsonElement line, string currency, string amount)
    {
        var quantity = line.GetProperty("quantity").GetDecimal();
        var units = quantity == 1
            ? ""
            : FormattableString.Invariant($"{quantity:0.######} x {line.GetProperty("unitPrice").GetDecimal():0.######} = ");
        return $"{line.GetProperty("description").GetString()} {units}{Money(line, amount, currency)}";
    }

    private static string Money(JsonElement owner, string field, string currency) =>
        owner.GetProperty(field).GetDecimal().ToString(currency == "jpy" ? "0" : "0.00", CultureInfo.InvariantCulture);
}
