using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Billing.PaymentMethods;
using Tollgate.Modules.Billing.Settings;
using Tollgate.Server.Rest.Customers;

namespace Tollgate.Server.Rest.Billing;

/// <summary>
/// Operations of the built-in billing (spec subscriptions 2.6, 2.9, 3.3; integrations 11): those of the compatible
/// contract, and our own settings.
/// </summary>
internal static class BillingEndpoints
{
    public static void MapBilling(this RestRoutes routes)
    {
        MapPaymentMethods(routes);
        MapSettings(routes);
        var list = routes.Services.GetRequiredService<ListCustomerInvoices>();
        var invoices = routes.Services.GetRequiredService<InvoiceUseCases>();
        routes
            .Map("v1.customers.listInvoices", (call, token) => call.AnswerAsync(
                async scope => InvoiceRequests.QueryFromRest(call.Query).TryGet(out var query, out var refusal)
                    ? await list.ExecuteAsync(scope, new(call.Path("id")), query, token)
                    : refusal,
                page => new RestCursorPage<RestCustomerInvoice>(
                    [.. page.Items.Select(InvoiceWire.ToCustomerInvoice)], new(page.Next, page.Previous)),
                RestJson.Wire.RestCursorPageRestCustomerInvoice))
            .Map("v1.subscriptions.invoice.markAsPaid", (call, token) => call.AnswerAsync(
                scope => invoices.MarkLatestAsPaidAsync(scope, new(call.Path("id")), token),
                _ => new RestData<RestIdRef>(new(call.Path("id"))),
                RestJson.Wire.RestDataRestIdRef));
        routes.MapInvoices();
        routes.MapSync();
    }

    private static void MapPaymentMethods(RestRoutes routes)
    {
        var methods = routes.Services.GetRequiredService<PaymentMethodUseCases>();
        routes
            .Map("v1.customers.paymentMethod.attach", (call, token) => AnswerAsync(
                call,
                scope => methods.AttachAsync(
                    scope,
                    new(call.Path("id")),
                    new(
                        call.Body.Text("integrationId"),
                        call.Body.Text("paymentMethodId"),
                        call.Body.TextOrNull("billingCurrency")),
                    token)))
            .Map("v1.customers.paymentMethod.detach", (call, token) => AnswerAsync(
                call, scope => methods.DetachAsync(scope, new(call.Path("id")), token)));
    }

    private static void MapSettings(RestRoutes routes)
    {
        var settings = routes.Services.GetRequiredService<BillingSettingsUseCases>();
        routes
            .Map("tollgate.billing.retrieve", (call, token) => call.AnswerAsync(
                scope => settings.RetrieveAsync(scope, token),
                BillingSettingsWire.ToData,
                BillingJson.Wire.RestDataRestBillingSettings))
            .Map("tollgate.billing.update", (call, token) => call.AnswerAsync(
                scope => settings.UpdateAsync(scope, BillingSettingsWire.EditFromRest(call.Body), token),
                BillingSettingsWire.ToData,
                BillingJson.Wire.RestDataRestBillingSettings));
    }

    private static Task<RestAnswer> AnswerAsync(RestCall call, Func<OperationScope, Task<Result<Customer>>> run) =>
        call.AnswerAsync(
            run, customer => new RestData<RestCustomer>(CustomerWire.ToRest(customer)),
            RestJson.Wire.RestDataRestCustomer);
}
