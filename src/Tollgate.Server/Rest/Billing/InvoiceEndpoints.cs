using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Invoices;

namespace Tollgate.Server.Rest.Billing;

/// <summary>Our own operations on invoices, credit notes and balances.</summary>
internal static class InvoiceEndpoints
{
    private delegate Task<Result<Invoice>> InvoiceAct(
        OperationScope scope, Guid uid, CancellationToken cancellationToken);

    public static void MapInvoices(this RestRoutes routes)
    {
        var invoices = routes.Services.GetRequiredService<InvoiceUseCases>();
        var address = routes.Services.GetRequiredService<PublicAddress>();
        routes
            .Map("tollgate.invoices.list", (call, token) => call.AnswerAsync(
                scope => invoices.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, invoice => InvoiceWire.ToRest(invoice, address)),
                BillingJson.Wire.RestPageRestInvoice))
            .Map("tollgate.invoices.create", (call, token) => AnswerAsync(
                call, address,
                scope => invoices.CreateDraftAsync(scope, InvoiceRequests.ManualFromRest(call.Body), token)))
            .Map("tollgate.creditNotes.list", (call, token) => call.AnswerAsync(
                scope => invoices.ListAsync(
                    scope, new() { CustomerId = CustomerOf(call), CreditNotes = true }, call.Query.Page(), token),
                page => Wire.Page(page, invoice => InvoiceWire.ToRest(invoice, address)),
                BillingJson.Wire.RestPageRestInvoice))
            .Map("tollgate.customers.balance", (call, token) => call.AnswerAsync(
                scope => invoices.BalancesAsync(scope, new(call.Path("id")), token),
                balances => new RestData<IReadOnlyList<RestBalance>>([.. balances.Select(InvoiceWire.ToRest)]),
                BillingJson.Wire.RestDataIReadOnlyListRestBalance));
        Map("tollgate.invoices.retrieve", invoices.RetrieveAsync);
        Map("tollgate.invoices.finalize", invoices.FinalizeAsync);
        Map("tollgate.invoices.void", invoices.VoidAsync);
        Map("tollgate.invoices.markUncollectible", invoices.MarkUncollectibleAsync);
        Map("tollgate.invoices.pay", invoices.PayNowAsync);
        Map("tollgate.invoices.markAsPaid", invoices.MarkAsPaidAsync);

        void Map(string operationId, InvoiceAct act) => routes.Map(operationId, (call, token) => AnswerAsync(
            call,
            address,
            async scope => Guid.TryParse(call.Path("id"), out var uid)
                ? await act(scope, uid, token)
                : new Refusal(ErrorCode.MissingSubscriptionInvoiceError,
                    $"There is no invoice with the id '{call.Path("id")}'; give the id of an invoice as listed.")));
    }

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, PublicAddress address, Func<OperationScope, Task<Result<Invoice>>> run) => call.AnswerAsync(
        run,
        invoice => new RestData<RestInvoice>(InvoiceWire.ToRest(invoice, address)),
        BillingJson.Wire.RestDataRestInvoice);

    private static InvoiceFilter FilterOf(RestCall call) => new()
    {
        CustomerId = CustomerOf(call),
        SubscriptionId = call.Query.GetString("subscriptionId") is { } id ? new SubscriptionId(id) : null,
        Statuses = call.Query.Members<InvoiceStatus>("status"),
    };

    private static CustomerId? CustomerOf(RestCall call) =>
        call.Query.GetString("customerId") is { } id ? new CustomerId(id) : null;
}
