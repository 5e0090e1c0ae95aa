using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Server.Rest.Customers;

/// <summary>Operations on customers (spec subscriptions 2).</summary>
internal static class CustomerEndpoints
{
    public static void MapCustomers(this RestRoutes routes)
    {
        var customers = routes.Services.GetRequiredService<CustomerUseCases>();
        var provision = routes.Services.GetRequiredService<ProvisionCustomer>();
        var archive = routes.Services.GetRequiredService<ArchiveCustomer>();
        var import = routes.Services.GetRequiredService<ImportCustomers>();
        routes
            .Map("v1.customers.list", (call, token) => call.AnswerAsync(
                scope => customers.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, CustomerWire.ToRest),
                RestJson.Wire.RestPageRestCustomer))
            .Map("v1.customers.provision", (call, token) => call.AnswerAsync(
                scope => provision.ExecuteAsync(
                    scope, new(call.Body.Text("id")), CustomerWire.EditFromRest(call.Body), token),
                provisioned => new RestData<RestCustomer>(CustomerWire.ToRest(provisioned.Customer)),
                RestJson.Wire.RestDataRestCustomer))
            .Map("v1.customers.import", (call, token) => call.AnswerAsync(
                scope => import.ExecuteAsync(
                    scope,
                    call.Body.ListOrNull("customers", CustomerWire.ImportRowFromRest) ?? [],
                    call.Body.TextOrNull("integrationId"),
                    token),
                created => new RestData<RestCustomerImport>(new([.. created.Select(id => id.Value)])),
                RestJson.Wire.RestDataRestCustomerImport))
            .Map("v1.customers.retrieve", (call, token) => AnswerAsync(
                call, scope => customers.RetrieveAsync(scope, IdOf(call), token)))
            .Map("v1.customers.update", (call, token) => AnswerAsync(
                call, scope => customers.UpdateAsync(scope, IdOf(call), CustomerWire.EditFromRest(call.Body), token)))
            .Map("v1.customers.archive", (call, token) => AnswerAsync(
                call, scope => archive.ExecuteAsync(scope, IdOf(call), token)))
            .Map("v1.customers.unarchive", (call, token) => AnswerAsync(
                call, scope => customers.UnarchiveAsync(scope, IdOf(call), token)))
            .Map("v1.customers.listResources", (call, token) => call.AnswerAsync(
                scope => customers.ListResourcesAsync(scope, IdOf(call), call.Query.Page(), token),
                page => Wire.Page(page, CustomerWire.ToRest),
                RestJson.Wire.RestPageRestCustomerResource));
    }

    private static CustomerId IdOf(RestCall call) => new(call.Path("id"));

    private static CustomerFilter FilterOf(RestCall call) =>
        new(call.Query.GetString("email"), call.Query.GetString("name"), call.Query.CreatedRange());

    private static Task<RestAnswer> AnswerAsync(RestCall call, Func<OperationScope, Task<Result<Customer>>> run) =>
        call.AnswerAsync(
            run, customer => new RestData<RestCustomer>(CustomerWire.ToRest(customer)),
            RestJson.Wire.RestDataRestCustomer);
}
