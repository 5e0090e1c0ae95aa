using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Subscriptions.Contracts;

namespace Tollgate.Server.Rest.Subscriptions;

/// <summary>Operations on contracts (spec integrations 11).</summary>
internal static class ContractEndpoints
{
    public static void MapContracts(this RestRoutes routes)
    {
        var contracts = routes.Services.GetRequiredService<ContractUseCases>();
        var create = routes.Services.GetRequiredService<CreateContract>();
        routes
            .Map("v1.contracts.list", (call, token) => call.AnswerAsync(
                async scope =>
                    !ContractWire.FilterFromRest(call.Query).TryGet(out var filter, out var refusal)
                    || !ContractWire.PageFromRest(call.Query).TryGet(out var page, out refusal)
                        ? refusal
                        : await contracts.ListAsync(scope, filter, page, token),
                page => Wire.Page(page, ContractWire.ToRest),
                RestJson.Wire.RestPageRestContract))
            .Map("v1.contracts.create", (call, token) => AnswerAsync(
                call,
                async scope => ContractWire.SubscriptionsFromRest(call.Body).TryGet(out var subscriptions, out var refusal)
                    ? await create.ExecuteAsync(scope, ContractWire.DraftFromRest(call.Body), subscriptions, token)
                    : refusal))
            .Map("v1.contracts.retrieve", (call, token) => AnswerAsync(
                call, scope => contracts.RetrieveAsync(scope, call.Path("id"), token)))
            .Map("v1.contracts.update", (call, token) => AnswerAsync(
                call, scope => contracts.UpdateAsync(scope, call.Path("id"), ContractWire.EditFromRest(call.Body), token)))
            .Map("v1.contracts.delete", (call, token) => AnswerAsync(
                call, scope => contracts.ArchiveAsync(scope, call.Path("id"), token)))
            .Map("v1.customers.listContracts", (call, token) => call.AnswerAsync(
                scope => contracts.ListOfCustomerAsync(scope, new(call.Path("id")), token),
                found => new RestData<IReadOnlyList<RestContract>>([.. found.Select(ContractWire.ToRest)]),
                RestJson.Wire.RestDataIReadOnlyListRestContract));
    }

    private static Task<RestAnswer> AnswerAsync(RestCall call, Func<OperationScope, Task<Result<ContractView>>> run) =>
        call.AnswerAsync(
            run, view => new RestData<RestContract>(ContractWire.ToRest(view)), RestJson.Wire.RestDataRestContract);
}
