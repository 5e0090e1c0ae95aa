using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Rows;

namespace Tollgate.Server.Rest.Credits;

/// <summary>Consumption, ledger, charts, balances, books and auto-recharge (spec credits 3, 7, 10, 12, 13).</summary>
internal static class CreditEndpoints
{
    public static void MapCredits(this RestRoutes routes)
    {
        MapConsumption(routes, routes.Services.GetRequiredService<ConsumeCredits>());
        MapReads(routes);
        MapBooks(routes);
        var recharges = routes.Services.GetRequiredService<AutoRechargeUseCases>();
        routes
            .Map("v1.credits.getAutoRecharge", (call, token) => call.AnswerAsync(
                scope => recharges.RetrieveAsync(scope, CustomerOf(call), CurrencyOf(call)!.Value, token),
                saved => new RestData<RestAutoRecharge>(CreditWire.ToRest(saved)),
                RestJson.Wire.RestDataRestAutoRecharge))
            .Map("tollgate.credits.retrieveAutoRecharge", (call, token) => call.AnswerAsync(
                scope => recharges.RetrieveAsync(scope, CustomerOf(call), CurrencyOf(call)!.Value, token),
                saved => new RestData<RestRechargeState>(CreditWire.ToState(saved)),
                CreditJson.Wire.RestDataRestRechargeState))
            .Map("tollgate.credits.saveAutoRecharge", (call, token) => call.AnswerAsync(
                scope => recharges.SaveAsync(
                    scope,
                    new(call.Body.Text("customerId")),
                    new(call.Body.Text("currencyId")),
                    CreditWire.RechargeFromRest(call.Body),
                    token),
                saved => new RestData<RestAutoRecharge>(CreditWire.ToRest(saved)),
                RestJson.Wire.RestDataRestAutoRecharge));
    }

    private static void MapConsumption(RestRoutes routes, ConsumeCredits consume) => routes
        .Map("v1.credits.consumption.consume", (call, token) => call.AnswerAsync(
            scope => consume.ExecuteAsync(scope, CreditWire.ConsumptionFromRest(call.Body), token),
            consumed => new RestData<RestCreditConsumed>(CreditWire.ToRest(consumed)),
            RestJson.Wire.RestDataRestCreditConsumed))
        .Map("v1.credits.consumption.consumeAsync", (call, token) => call.AnswerAsync(
            scope => consume.ExecuteManyAsync(
                scope, call.Body.ListOrNull("consumptions", CreditWire.ConsumptionFromRest) ?? [], token),
            accepted => new RestData<RestConsumptionsAccepted>(
                new(accepted.Consumed, accepted.Repeated, accepted.Conflicts)),
            RestJson.Wire.RestDataRestConsumptionsAccepted));

    private static void MapReads(RestRoutes routes)
    {
        var ledger = routes.Services.GetRequiredService<ReadLedger>();
        var usage = routes.Services.GetRequiredService<ReadCreditUsage>();
        var balances = routes.Services.GetRequiredService<ReadCreditBalances>();
        var conflicts = routes.Services.GetRequiredService<ReadConflicts>();
        routes
            .Map("v1.credits.listLedger", (call, token) => call.AnswerAsync(
                async scope => CreditWire.KindsOf(call.Query.GetSymbols("eventType"))
                    .TryGet(out var kinds, out var refusal)
                    ? await ledger.ExecuteAsync(scope, LedgerOf(call, kinds), token)
                    : refusal,
                page => new RestCursorPage<RestCreditLedgerEvent>(
                    [.. page.Items.Select(CreditWire.ToRest)], new(page.Next, page.Previous)),
                RestJson.Wire.RestCursorPageRestCreditLedgerEvent))
            .Map("v1.credits.getUsage", (call, token) => call.AnswerAsync(
                scope => usage.ExecuteAsync(scope, UsageOf(call), token),
                chart => new RestData<RestCreditUsage>(CreditWire.ToRest(chart)),
                RestJson.Wire.RestDataRestCreditUsage))
            .Map("tollgate.credits.listConflicts", (call, token) => call.AnswerAsync(
                scope => conflicts.ExecuteAsync(
                    scope, CustomerOf(call), CurrencyOf(call), call.Query.GetString("after"),
                    (int)Math.Min(call.Query.GetLong("limit") ?? PageRequest.DefaultLimit, PageRequest.MaxLimit),
                    token),
                page => new RestCursorPage<RestCreditConflict>(
                    [.. page.Items.Select(CreditWire.ToRest)], new(page.Next, page.Previous)),
                CreditJson.Wire.RestCursorPageRestCreditConflict))
            .Map("tollgate.credits.listEventFields", (call, token) => call.AnswerAsync(
                scope => usage.FieldsAsync(
                    scope,
                    new(CustomerOf(call)) { ResourceId = ResourceOf(call), CurrencyId = CurrencyOf(call) },
                    call.Query.GetString("search"),
                    token),
                fields => new RestData<IReadOnlyList<string>>(fields),
                CreditJson.Wire.RestDataIReadOnlyListString))
            .Map("tollgate.credits.listBalances", (call, token) => call.AnswerAsync(
                scope => balances.ExecuteAsync(scope, CustomerOf(call), ResourceOf(call), CurrencyOf(call), token),
                held => new RestData<IReadOnlyList<RestCreditPoolBalance>>(
                    [.. held.Select(holding => CreditWire.ToRest(holding, call.Scope.Now))]),
                CreditJson.Wire.RestDataIReadOnlyListRestCreditPoolBalance));
    }

    private static void MapBooks(RestRoutes routes)
    {
        var audit = routes.Services.GetRequiredService<AuditCredits>();
        var revenue = routes.Services.GetRequiredService<ReadRevenue>();
        routes
            .Map("tollgate.credits.audit", (call, token) => call.AnswerAsync(
                async scope => Result<CreditAudit>.Ok(await audit.ExecuteAsync(scope.EnvironmentId, token)),
                found => new RestData<RestCreditAudit>(CreditWire.ToRest(found)),
                CreditJson.Wire.RestDataRestCreditAudit))
            .Map("tollgate.credits.revenue", (call, token) => call.AnswerAsync(
                scope => revenue.ExecuteAsync(
                    scope,
                    Wire.Instant(call.Query.GetInstant("from")!.Value),
                    Wire.Instant(call.Query.GetInstant("to")!.Value),
                    call.Query.GetString("after"),
                    token),
                page => new RestCursorPage<RestCreditRevenue>(
                    [.. page.Rows.Select(CreditWire.ToRest)], new(page.Next, null)),
                CreditJson.Wire.RestCursorPageRestCreditRevenue));
    }

    private static LedgerQuery LedgerOf(
        RestCall call, IReadOnlyCollection<CreditEntryKind> kinds) => new(CustomerOf(call))
        {
            ResourceId = ResourceOf(call),
            CurrencyId = CurrencyOf(call),
            Kinds = kinds,
            After = call.Query.GetString("after"),
            Before = call.Query.GetString("before"),
            Limit = call.Query.GetInt("limit") ?? PageRequest.DefaultLimit,
        };

    private static CreditUsageQuery UsageOf(RestCall call) => new(CustomerOf(call))
    {
        ResourceId = ResourceOf(call),
        CurrencyId = CurrencyOf(call),
        TimeRange = call.Query.GetString("timeRange") is { } range
            ? Wire.Member<CreditUsageTimeRange>(range)
            : CreditUsageTimeRange.LastMonth,
        Start = call.Query.GetInstant("startDate") is { } start ? Wire.Instant(start) : null,
        End = call.Query.GetInstant("endDate") is { } end ? Wire.Instant(end) : null,
        GroupBy = call.Query.GetSymbols("groupBy"),
        After = call.Query.GetString("after"),
        Before = call.Query.GetString("before"),
        Limit = (int)Math.Min(call.Query.GetLong("limit") ?? PageRequest.DefaultLimit, PageRequest.MaxLimit),
    };

    private static CustomerId CustomerOf(RestCall call) => new(call.Query.GetString("customerId")!);

    private static ResourceId? ResourceOf(RestCall call) =>
        call.Query.GetString("resourceId") is { Length: > 0 } resource ? new ResourceId(resource) : null;

    private static CurrencyId? CurrencyOf(RestCall call) =>
        call.Query.GetString("currencyId") is { Length: > 0 } currency ? new CurrencyId(currency) : null;
}
