using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Catalog.Features;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Operations on features (spec catalog 1).</summary>
internal static class FeatureEndpoints
{
    public static void MapFeatures(this RestRoutes routes)
    {
        var features = routes.Services.GetRequiredService<FeatureUseCases>();
        routes
            .Map("v1.features.listFeatures", (call, token) => call.AnswerAsync(
                scope => features.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, FeatureWire.ToRest),
                RestJson.Wire.RestPageRestFeature))
            .Map("v1.features.createFeature", (call, token) => AnswerAsync(
                call, scope => features.CreateAsync(scope, FeatureWire.DraftFromRest(call.Body), token)))
            .Map("v1.features.retrieveFeature", (call, token) => AnswerAsync(
                call, scope => features.RetrieveAsync(scope, IdOf(call), token)))
            .Map("v1.features.updateFeature", (call, token) => AnswerAsync(
                call, scope => features.UpdateAsync(scope, IdOf(call), FeatureWire.EditFromRest(call.Body), token)))
            .Map("v1.features.archiveFeature", (call, token) => AnswerAsync(
                call, scope => features.ArchiveAsync(scope, IdOf(call), token)))
            .Map("v1.features.unarchiveFeature", (call, token) => AnswerAsync(
                call, scope => features.UnarchiveAsync(scope, IdOf(call), token)));
    }

    private static FeatureId IdOf(RestCall call) => new(call.Path("id"));

    private static FeatureFilter FilterOf(RestCall call) => new()
    {
        Id = call.Query.GetString("id"),
        Types = call.Query.Members<FeatureType>("featureType"),
        MeterTypes = call.Query.Members<MeterType>("meterType"),
        Statuses = call.Query.Members<FeatureStatus>("status"),
        Created = call.Query.CreatedRange(),
    };

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, Func<Modules.OperationScope, Task<Domain.Errors.Result<Feature>>> run) =>
        call.AnswerAsync(
            run, feature => new RestData<RestFeature>(FeatureWire.ToRest(feature)), RestJson.Wire.RestDataRestFeature);
}
