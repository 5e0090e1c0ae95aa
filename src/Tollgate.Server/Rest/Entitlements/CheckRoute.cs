using System.Buffers;
using System.Text.Json;
using Tollgate.Contracts.Rest;
using Tollgate.Contracts.Rest.Queries;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Contracts.Rest.Schemas;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Entitlements;
using Tollgate.Server.Authentication;

namespace Tollgate.Server.Rest.Entitlements;

/// <summary>
/// The hot path: who asks and what is allowed are in memory, the answer goes straight to the response's pipe. Only what
/// is not in memory yet is loaded first.
/// </summary>
internal sealed class CheckRoute(ApiKeyAuthentication authentication, CheckEntitlement check, TimeProvider time)
{
    public Task RunAsync(HttpContext context, RestOperation operation)
    {
        RestTrace.Begin(context);
        if (!authentication.TryAuthenticate(context, out _, out var environment, out var refusal))
            return RestErrors.WriteAsync(context, refusal, operation.Declares(StatusCodes.Status404NotFound));
        if (!TryRead(context, operation, out var question, out refusal))
            return RestErrors.WriteAsync(context, refusal, operation.Declares(StatusCodes.Status404NotFound));
        var now = environment.Now(time);
        return check.TryCheck(environment.Id, question, now, out var answer)
            ? WriteAsync(context, answer, question, now)
            : SlowAsync(context, environment, question, now);
    }

    private async Task SlowAsync(
        HttpContext context, Modules.Accounts.AccountEnvironment environment, EntitlementQuestion question,
        NodaTime.Instant now)
    {
        var answer = await check.CheckAsync(environment, question, now, context.RequestAborted);
        await WriteAsync(context, answer, question, now);
    }

    private static Task WriteAsync(
        HttpContext context, in EntitlementAnswer answer, in EntitlementQuestion question, NodaTime.Instant now)
    {
        var body = question.CurrencyId is null
            ? EntitlementJson.Write(EntitlementWire.ToRest(answer, now))
            : JsonSerializer.SerializeToUtf8Bytes(
                new RestData<RestEntitlement>(EntitlementWire.ToCredits(answer, question, now)),
                RestJson.Wire.RestDataRestEntitlement);
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        // Copied before this thread does anything else; the host sends it when the request ends.
        response.BodyWriter.Write(body);
        return Task.CompletedTask;
    }

    private static bool TryRead(
        HttpContext context, RestOperation operation, out EntitlementQuestion question, out Refusal refusal)
    {
        question = default;
        refusal = null!;
        var customer = RestPipeline.PathValue(context, "id");
        if (CheckQuery.TryReadPlain(customer, context.Request.QueryString.Value, out question))
            return true;
        var query = QueryReader.Read(operation, context.Request.QueryString.Value);
        var faults = new List<SchemaFault>(query.Faults);
        faults.AddRange(operation.PathParameters[0].Validate(customer));
        var usage = faults.Count == 0 ? query.GetDecimal("requestedUsage") ?? 0 : 0;
        if (usage < 0)
        {
            faults.Add(new("requestedUsage", SchemaFaultKind.Range,
                $"requestedUsage is {usage}; give a whole number of 0 or more."));
        }

        var feature = faults.Count == 0 ? query.GetString("featureId") : null;
        var currency = faults.Count == 0 ? query.GetString("currencyId") : null;
        if (faults.Count == 0 && feature is null && currency is null)
        {
            faults.Add(new("featureId", SchemaFaultKind.Missing,
                "featureId and currencyId are both missing; give exactly one of them."));
        }

        if (faults.Count > 0)
        {
            refusal = RestErrors.ToRefusal(faults);
            return false;
        }

        question = new(
            customer, query.GetString("resourceId"), feature ?? "", usage, [.. query.GetSymbols("requestedValues")])
        {
            CurrencyId = currency,
        };
        return true;
    }
}
