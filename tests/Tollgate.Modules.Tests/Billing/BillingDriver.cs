using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Billing.PaymentMethods;
using Tollgate.Modules.Billing.Settings;
using Tollgate.Modules.Customers;
using Tollgate.Modules.EventLog;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

/// <summary>What tests of billing do again and again. The clock starts on 2025-01-15 at 12:00.</summary>
internal static class BillingDriver
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A host whose settlements are only noted.</summary>
    public static async Task<(ModuleHost Host, NotedSettlements Settled)> StartAsync(DatabaseKind kind)
    {
        var settled = new NotedSettlements();
        var host = await ModuleHost.StartAsync(kind, services => services.AddSingleton<IInvoiceSettlement>(settled));
        return (host, settled);
    }

    public static Task<Result<Customer>> AttachAsync(
        this ModuleHost host, string customer, string method, string integration = "builtin", string? currency = null,
        string environment = "development") =>
        host.Get<PaymentMethodUseCases>().AttachAsync(
            host.Scope(environment), new(customer), new(integration, method, currency), Cancellation);

    public static Task<Result<Customer>> DetachAsync(this ModuleHost host, string customer) =>
        host.Get<PaymentMethodUseCases>().DetachAsync(host.Scope(), new(customer), Cancellation);

    public static async Task<BillingSettings> SettleAsync(this ModuleHost host, BillingSettingsEdit edit) =>
        (await host.Get<BillingSettingsUseCases>().UpdateAsync(host.Scope(), edit, Cancellation)).Value;

    /// <summary>A bill of one line an amount, in US dollars, dated now.</summary>
    public static InvoiceDraft Bill(this ModuleHost host, string payer, params decimal[] amounts)
    {
        var now = host.Scope().Now;
        return new()
        {
            PayerId = new(payer),
            SubscriptionId = null,
            Reason = BillingReason.Other,
            Currency = "usd",
            At = now,
            Lines = [.. amounts.Select((amount, i) => new InvoiceLine
            {
                Type = InvoiceLineType.BaseCharge,
                Description = $"Line {i + 1}",
                Amount = amount,
                UnitPrice = amount,
                PeriodStart = now,
                PeriodEnd = now + Duration.FromDays(30),
            })],
        };
    }

    /// <summary>The renewal of a subscription.</summary>
    public static InvoiceDraft Renewal(this ModuleHost host, string payer, SubscriptionId subscription, decimal amount) =>
        host.Bill(payer, amount) with { SubscriptionId = subscription, Reason = BillingReason.BillingCycle };

    /// <summary>Issues a bill in a transaction of its own: the bill as it is stored, with its number.</summary>
    public static async Task<Invoice> IssueAsync(this ModuleHost host, InvoiceDraft draft)
    {
        var issued = await host.WriteAsync(
            draft.PayerId.Value, (work, token) => host.Get<Invoicing>().IssueAsync(work, draft, token));
        return await host.ReadAsync(issued.Value);
    }

    /// <summary>One transaction that holds the customer's lock.</summary>
    public static Task<Result<T>> WriteAsync<T>(
        this ModuleHost host, string customer, Func<Work, CancellationToken, Task<T>> body) =>
        host.Get<UnitOfWork>().WriteAsync<T>(
            host.Scope(),
            [UnitOfWork.CustomerLock(host.EnvironmentId, new(customer))],
            async (work, token) => await body(work, token),
            Cancellation);

    public static async Task<Invoice> ReadAsync(this ModuleHost host, Invoice invoice) =>
        (await host.Get<InvoiceUseCases>().RetrieveAsync(host.Scope(), invoice.Uid, Cancellation)).Value;

    public static async Task<decimal> BalanceAsync(this ModuleHost host, string customer) =>
        (await host.BalancesAsync(customer)).Sum(b => b.Amount);

    public static async Task<IReadOnlyList<CurrencyBalance>> BalancesAsync(this ModuleHost host, string customer) =>
        (await host.Get<InvoiceUseCases>().BalancesAsync(host.Scope(), new(customer), Cancellation)).Value;

    public static async Task<Customer> FindCustomerAsync(this ModuleHost host, string customer) =>
        (await host.Get<CustomerUseCases>().RetrieveAsync(host.Scope(), new(customer), Cancellation)).Value;

    /// <summary>Everything logged about invoices and payments, the oldest first: instant and type.</summary>
    public static async Task<IReadOnlyList<string>> BillingEventsAsync(this ModuleHost host) =>
        [.. (await LoggedAsync(host)).Select(e => $"{e.CreatedAt} {e.Type}")];

    /// <summary>The same as type and the number of the invoice that the event shows.</summary>
    public static async Task<IReadOnlyList<string>> NumberedEventsAsync(this ModuleHost host) =>
        [.. (await LoggedAsync(host)).Select(e => $"{e.Type} {JsonNode.Parse(e.After!)!["Number"]}")];

    private static async Task<IEnumerable<EventRecord>> LoggedAsync(ModuleHost host)
    {
        var page = await host.Get<ListEvents>().ExecuteAsync(host.Scope(), new(), new(100, null, null), Cancellation);
        return page.Value.Items.Reverse().Where(e => e.EntityKind == Domain.EventLog.EntityKind.Invoice);
    }
}

/// <summary>Notes what would be told to subscriptions, and that it was told inside a transaction.</summary>
internal sealed class NotedSettlements : IInvoiceSettlement
{
    private readonly List<string> _told = [];

    public IReadOnlyList<string> Told => _told;

    public Task PaidAsync(Work work, Invoice invoice, CancellationToken cancellationToken) => Note(work, "paid", invoice);

    public Task FailedAsync(Work work, Invoice invoice, CancellationToken cancellationToken) => Note(work, "failed", invoice);

    public Task ExhaustedAsync(
        Work work, Invoice invoice, DunningFinalAction action, CancellationToken cancellationToken) =>
        Note(work, $"exhausted {action}", invoice);

    public Task VoidedAsync(Work work, Invoice invoice, CancellationToken cancellationToken) => Note(work, "voided", invoice);

    private Task Note(Work work, string what, Invoice invoice)
    {
        Assert.NotNull(work.Session.Connection);
        lock (_told)
            _told.Add($"{what} {invoice.Number} {invoice.Status}");
        return Task.CompletedTask;
    }
}
