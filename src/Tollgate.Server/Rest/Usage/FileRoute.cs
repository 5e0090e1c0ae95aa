using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Tollgate.Contracts.Rest;
using Tollgate.Contracts.Rest.Queries;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Tasks;
using Tollgate.Modules.Usage.Events.Files;
using Tollgate.Server.Authentication;

namespace Tollgate.Server.Rest.Usage;

/// <summary>
/// What of files goes past the pipeline: bodies that are no JSON and are never held in memory as a whole.
/// </summary>
internal sealed class FileRoute(
    RestPipeline pipeline, ApiKeyAuthentication authentication, UploadFile upload, UsageFiles files)
{
    private const int FaultsAtOnce = 500;

    /// <summary>The upload itself: the bytes are stored as they come.</summary>
    public async Task UploadAsync(HttpContext context, RestOperation operation)
    {
        var trace = RestTrace.Begin(context);
        if (!authentication.TryAuthenticate(context, trace, out var scope, out var refusal))
        {
            await RestErrors.WriteAsync(context, refusal, declares404: false);
            return;
        }

        // A little more than a file may have, so that the rule refuses it and says why.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = FileRules.MaxBytes + (1 << 20);
        var query = QueryReader.Read(operation, context.Request.QueryString.Value);
        var backfill = query.GetString("backfillId");
        Guid? session = null;
        if (query.Faults.Count > 0)
            refusal = RestErrors.ToRefusal([.. query.Faults]);
        else if (backfill is not null && !Guid.TryParse(backfill, out _))
        {
            refusal = Refusal.Of(
                ErrorCode.BadUserInput, [new("backfillId", $"backfillId is '{backfill}'; give the id of a backfill.")]);
        }
        else
            session = backfill is null ? null : Guid.Parse(backfill);
        if (refusal is null)
        {
            var result = await upload.ExecuteAsync(
                scope, new(query.GetString("fileName"), context.Request.ContentType, session), context.Request.Body,
                context.RequestAborted);
            if (result.TryGet(out var file, out refusal))
            {
                await RestPipeline.WriteAsync(
                    context, operation.SuccessStatus,
                    JsonSerializer.SerializeToUtf8Bytes(
                        FileWire.ToData(new(file, TaskState.Pending)), FileJson.Default.RestDataRestUsageFile));
                return;
            }
        }

        await RestErrors.WriteAsync(context, refusal, declares404: false);
    }

    /// <summary>The faults: a page as JSON, or all of them as CSV to who accepts that.</summary>
    public Task FaultsAsync(HttpContext context, RestOperation operation) =>
        context.Request.Headers.Accept.ToString().Contains("text/csv", StringComparison.OrdinalIgnoreCase)
            ? DownloadAsync(context)
            : pipeline.RunAsync(context, operation, (call, token) => call.AnswerAsync(
                async scope => !FileEndpoints.IdOf("id", call.Path("id")).TryGet(out var id, out var wrong) ? wrong
                    : FileEndpoints.PositionOf(call.Query.GetString("after")).TryGet(out var after, out var refusal)
                        ? await files.FaultsAsync(
                            scope, id, call.Query.GetInt("limit") ?? FileEndpoints.DefaultLimit, after, token)
                        : refusal,
                FileWire.ToRest,
                FileJson.Default.RestRowFaultPage));

    private async Task DownloadAsync(HttpContext context)
    {
        var trace = RestTrace.Begin(context);
        if (!authentication.TryAuthenticate(context, trace, out var scope, out var refusal)
            || !FileEndpoints.IdOf("id", RestPipeline.PathValue(context, "id")).TryGet(out var id, out refusal)
            || !(await files.FaultsAsync(scope, id, FaultsAtOnce, 0, context.RequestAborted))
                .TryGet(out var page, out refusal))
        {
            await RestErrors.WriteAsync(context, refusal, declares404: false);
            return;
        }

        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{id}.faults.csv\"";
        await context.Response.WriteAsync("row,field,value,message\r\n", context.RequestAborted);
        while (true)
        {
            foreach (var fault in page.Items)
            {
                string[] texts = [fault.Field, fault.Value, fault.Message];
                await context.Response.WriteAsync(
                    $"{fault.Row},{string.Join(',', texts.Select(FileWire.CsvField))}\r\n", context.RequestAborted);
            }

            if (page.Next is not { } next
                || !(await files.FaultsAsync(scope, id, FaultsAtOnce, next, context.RequestAborted))
                    .TryGet(out page, out _))
            {
                return;
            }
        }
    }
}
