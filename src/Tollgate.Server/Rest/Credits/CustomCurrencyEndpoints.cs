using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Catalog.CreditCurrencies;

namespace Tollgate.Server.Rest.Credits;

/// <summary>Operations on credit currencies (spec credits 2).</summary>
internal static class CustomCurrencyEndpoints
{
    public static void MapCustomCurrencies(this RestRoutes routes)
    {
        var currencies = routes.Services.GetRequiredService<CustomCurrencyUseCases>();
        routes
            .Map("v1.credits.customCurrencies.list", (call, token) => call.AnswerAsync(
                scope => currencies.ListAsync(
                    scope, CustomCurrencyWire.ArchivedOf(call.Query.GetSymbols("status")), call.Query.Page(), token),
                page => Wire.Page(page, CustomCurrencyWire.ToRest),
                RestJson.Wire.RestPageRestCustomCurrency))
            .Map("v1.credits.customCurrencies.create", (call, token) => AnswerAsync(
                call, scope => currencies.CreateAsync(scope, CustomCurrencyWire.DraftFromRest(call.Body), token)))
            .Map("v1.credits.customCurrencies.update", (call, token) => AnswerAsync(
                call,
                scope => currencies.UpdateAsync(scope, IdOf(call), CustomCurrencyWire.EditFromRest(call.Body), token)))
            .Map("v1.credits.customCurrencies.archive", (call, token) => AnswerAsync(
                call, scope => currencies.ArchiveAsync(scope, IdOf(call), token)))
            .Map("v1.credits.customCurrencies.unarchive", (call, token) => AnswerAsync(
                call, scope => currencies.UnarchiveAsync(scope, IdOf(call), token)))
            .Map("v1.credits.customCurrencies.listAssociatedEntities", (call, token) => call.AnswerAsync(
                scope => currencies.DependantsAsync(scope, IdOf(call), token),
                dependants => new RestData<IReadOnlyList<RestCurrencyDependant>>(
                    [.. dependants.Select(CustomCurrencyWire.ToRest)]),
                RestJson.Wire.RestDataIReadOnlyListRestCurrencyDependant));
    }

    private static CurrencyId IdOf(RestCall call) => new(call.Path("currencyId"));

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, Func<OperationScope, Task<Result<CustomCurrency>>> run) => call.AnswerAsync(
        run,
        currency => new RestData<RestCustomCurrency>(CustomCurrencyWire.ToRest(currency)),
        RestJson.Wire.RestDataRestCustomCurrency);
}
