using System.Globalization;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Usage.Events.Files;
using Tollgate.Server.Authentication;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Our own operations on files of events.</summary>
internal static class FileEndpoints
{
    public const int DefaultLimit = 20;

    public static void MapFiles(this RestRoutes routes)
    {
        var files = routes.Services.GetRequiredService<UsageFiles>();
        var route = new FileRoute(
            routes.Services.GetRequiredService<RestPipeline>(),
            routes.Services.GetRequiredService<ApiKeyAuthentication>(),
            routes.Services.GetRequiredService<UploadFile>(),
            files);
        routes
            .MapRaw("tollgate.usage.uploadFile", operation => context => route.UploadAsync(context, operation))
            .MapRaw("tollgate.usage.listFileFaults", operation => context => route.FaultsAsync(context, operation))
            .Map("tollgate.usage.listFiles", (call, token) => call.AnswerAsync(
                async scope => call.Query.GetString("after") is not { } after
                    ? await files.ListAsync(scope, call.Query.GetInt("limit") ?? DefaultLimit, null, token)
                    : IdOf("after", after).TryGet(out var last, out var refusal)
                        ? await files.ListAsync(scope, call.Query.GetInt("limit") ?? DefaultLimit, last, token)
                        : refusal,
                FileWire.ToRest,
                FileJson.Default.RestUsageFilePage))
            .Map("tollgate.usage.retrieveFile", (call, token) => call.AnswerAsync(
                async scope => IdOf("id", call.Path("id")).TryGet(out var id, out var refusal)
                    ? await files.RetrieveAsync(scope, id, token)
                    : refusal,
                FileWire.ToData,
                FileJson.Default.RestDataRestUsageFile));
    }

    public static Result<Guid> IdOf(string name, string text) => Guid.TryParse(text, out var id)
        ? id
        : Refusal.Of(
            ErrorCode.BadUserInput, [new(name, $"{name} is '{text}'; give the id of a file as its upload answered.")]);

    public static Result<long> PositionOf(string? text) => text is null ? 0L
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? position
            : Refusal.Of(ErrorCode.BadUserInput, [new(
                "after", $"The cursor after={text} belongs to no page of this list; use next of an answer as given.")]);
}
