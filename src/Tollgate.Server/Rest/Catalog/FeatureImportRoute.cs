using System.Text.Json;
using Tollgate.Contracts.Rest;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Contracts.Rest.Schemas;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.Features;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>
/// Takes a list of features, each row judged alone, by the schema of a creation and then by its rules.
/// </summary>
/// <param name="pipeline">What every request goes through.</param>
/// <param name="import">The use case.</param>
/// <param name="row">What a row must keep.</param>
internal sealed class FeatureImportRoute(RestPipeline pipeline, ImportFeatures import, Schema row)
{
    public Task RunAsync(HttpContext context, RestOperation operation) =>
        pipeline.RunAsync(context, operation, FeatureImportBody.ToJson, AnswerAsync);

    private Task<RestAnswer> AnswerAsync(RestCall call, CancellationToken cancellationToken) => call.AnswerAsync(
        scope => import.ExecuteAsync(scope, call.Body.ListOrNull("features", RowFromRest)!, cancellationToken),
        results => new RestData<RestFeatureImport>(ToRest(results, call.Scope.TraceId)),
        FeatureJson.Wire.RestDataRestFeatureImport);

    private FeatureImportRow RowFromRest(JsonElement given)
    {
        if (given.ValueKind != JsonValueKind.Object)
        {
            return new(null, Refusal.Of(ErrorCode.BadUserInput, [new(
                "", $"The row is {Shown(given)}; give one feature as a JSON object.")]));
        }

        var faults = row.Validate(given, UnknownFields.Refused);
        return new(
            IdOf(given), faults.Count == 0 ? FeatureWire.DraftFromRest(given) : RestErrors.ToRefusal([.. faults]));
    }

    private static RestFeatureImport ToRest(IReadOnlyList<FeatureImportResult> results, Guid trace)
    {
        var failed = results.Count(result => result.Refusal is not null);
        return new(
            results.Count - failed,
            failed,
            [.. results.Select((result, i) => new RestFeatureImportRow(
                i + 1,
                result.Id,
                result.Refusal is null ? "CREATED" : "FAILED",
                result.Refusal is { } refusal ? RestErrors.BodyOf(refusal, trace) : null))]);
    }

    private static string? IdOf(JsonElement given)
    {
        try
        {
            return given.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String
                && id.GetString() is { Length: <= PublicId.MaxLength } text ? text : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, which the row's fault is about.
            return null;
        }
    }

    private static string Shown(JsonElement given)
    {
        const int longest = 40;
        var text = given.GetRawText();
        return text.Length <= longest ? text : text[..longest] + "...";
    }
}
