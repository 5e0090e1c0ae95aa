using Tollgate.Contracts.Rest;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Usage.Events;

namespace Tollgate.Server.Rest.Usage;

/// <summary>
/// Takes raw events (spec entitlements-and-usage 8.1). A call holds up to 1,000 of them, so a plain body is read once,
/// straight into events; one that is not plain goes through the contract, which knows what is wrong with it.
/// </summary>
internal sealed class EventRoute(RestPipeline pipeline, ReportEvents report)
{
    private static readonly byte[] Accepted = """{"data":{}}"""u8.ToArray();

    private static readonly RestAnswer AcceptedAnswer = new(StatusCodes.Status200OK, Accepted, null);

    public Task RunAsync(HttpContext context, RestOperation operation) =>
        pipeline.RunAsync(context, operation, PlainAsync, AnswerAsync);

    private async Task<RestAnswer?> PlainAsync(OperationScope scope, byte[] body, CancellationToken cancellationToken)
    {
        if (!EventBody.TryRead(body, out var events))
            return null;
        var result = await report.ExecuteAsync(scope, events, cancellationToken);
        return result.Refusal is { } refusal ? new(0, [], refusal) : AcceptedAnswer;
    }

    private Task<RestAnswer> AnswerAsync(RestCall call, CancellationToken cancellationToken) => call.AnswerAsync(
        async scope => EventBody.Read(call.Body).TryGet(out var events, out var refusal)
            ? await report.ExecuteAsync(scope, events, cancellationToken)
            : refusal,
        _ => new RestData<RestEmpty>(new()),
        RestJson.Wire.RestDataRestEmpty);
}
