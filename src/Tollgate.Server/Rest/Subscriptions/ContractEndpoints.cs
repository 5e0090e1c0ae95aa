using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Subscriptions.Contracts;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>Operations on contracts (spec integrations 11).</summary>
internal static class ContractEndpoints
{
    public static void MapContracts(this RestRoutes routes)
    {
        var contracts = routes.Services.GetRequiredService<ContractUseCases>();
        var address = routes.Services.GetRequiredService<PublicAddress>();
        var create = routes.Services.GetRequiredService<CreateContract>();
        routes
            .Map("v1.contracts.list", (call, token) => call.AnswerAsync(
                async scope =>
                    !ContractWire.FilterFromRest(call.Query).TryGet(out var filter, out var refusal)
                    || !ContractWire.PageFromRest(call.Query).TryGet(out var page, out refusal)
                        ? refusal
                        : await contracts.ListAsync(scope, filter, page, token),
                page => Wire.Page(page, view => ContractWire.ToRest(view, address)),
                RestJson.Wire.RestPageRestContract))
            .Map("v1.contracts.create", (call, token) => AnswerAsync(
                call,
                address,
                async scope => ContractWire.SubscriptionsFromRest(call.Body)
                    .TryGet(out var subscriptions, out var refusal)
                    ? await create.ExecuteAsync(scope, ContractWire.DraftFromRest(call.Body), subscriptions, token)
                    : refusal))
            .Map("v1.contracts.retrieve", (call, token) => AnswerAsync(
                call, address, scope => contracts.RetrieveAsync(scope, call.Path("id"), token)))
            .Map("v1.contracts.update", (call, token) => AnswerAsync(
                call, address,
                scope => contracts.UpdateAsync(scope, call.Path("id"), ContractWire.EditFromRest(call.Body), token)))
            .Map("v1.contracts.delete", (call, token) => AnswerAsync(
                call, address, scope => contracts.ArchiveAsync(scope, call.Path("id"), token)))
            .Map("v1.customers.listContracts", (call, token) => call.AnswerAsync(
                scope => contracts.ListOfCustomerAsync(scope, new(call.Path("id")), token),
                found => new RestData<IReadOnlyList<RestContract>>(
                    [.. found.Select(view => ContractWire.ToRest(view, address))]),
                RestJson.Wire.RestDataIReadOnlyListRestContract))
            .Map("tollgate.contracts.setBilling", (call, token) => AnswerBillingAsync(
                call,
                scope => contracts.SetBillingAsync(
                    scope, call.Path("id"), ContractWire.BillingFromRest(call.Body), token)))
            .Map("tollgate.contracts.retrieveBilling", (call, token) => AnswerBillingAsync(
                call, scope => contracts.RetrieveAsync(scope, call.Path("id"), token)))
            .Map("tollgate.contracts.nextInvoice", (call, token) => call.AnswerAsync(
                scope => contracts.NextInvoiceAsync(scope, call.Path("id"), token),
                view => new RestData<RestContractInvoicePreview>(ContractWire.NextToRest(view)),
                ContractJson.Wire.RestDataRestContractInvoicePreview));
    }

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, PublicAddress address, Func<OperationScope, Task<Result<ContractView>>> run) => call.AnswerAsync(
            run,
            view => new RestData<RestContract>(ContractWire.ToRest(view, address)),
            RestJson.Wire.RestDataRestContract);

    private static Task<RestAnswer> AnswerBillingAsync(
        RestCall call, Func<OperationScope, Task<Result<ContractView>>> run) => call.AnswerAsync(
            run,
            view => new RestData<RestContractBilling>(ContractWire.BillingToRest(view)),
            ContractJson.Wire.RestDataRestContractBilling);
}
