using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Modules.Catalog.Features;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Our own operations on features (spec catalog 1.5 and 1.7).</summary>
internal static class OurFeatureEndpoints
{
    public static void MapOurFeatures(this RestRoutes routes)
    {
        var features = routes.Services.GetRequiredService<FeatureUseCases>();
        var delete = routes.Services.GetRequiredService<DeleteFeature>();
        var import = new FeatureImportRoute(
            routes.Services.GetRequiredService<RestPipeline>(),
            routes.Services.GetRequiredService<ImportFeatures>(),
            routes.Services.GetRequiredService<Contracts.Rest.RestContract>().Schema("TollgateFeatureCreateRequest"));
        routes
            .Map("tollgate.features.create", (call, token) => call.AnswerAsync(
                scope => features.CreateAsync(scope, FeatureWire.DraftFromRest(call.Body), token),
                feature => new RestData<RestFeature>(FeatureWire.ToRestWithMeter(feature)),
                RestJson.Wire.RestDataRestFeature))
            .MapRaw("tollgate.features.import", operation => context => import.RunAsync(context, operation))
            .Map("tollgate.features.delete", (call, token) => call.AnswerAsync(
                scope => delete.ExecuteAsync(scope, IdOf(call), token),
                feature => new RestData<RestIdRef>(new(feature.Id.Value)),
                RestJson.Wire.RestDataRestIdRef))
            .Map("tollgate.features.exists", (call, token) => call.AnswerAsync(
                scope => features.ExistsAsync(scope, IdOf(call), token),
                exists => new RestData<RestExistence>(new(exists)),
                FeatureJson.Wire.RestDataRestExistence))
            .Map("tollgate.features.listPackages", (call, token) => call.AnswerAsync(
                scope => features.ListPackagesAsync(scope, IdOf(call), call.Query.Page(), token),
                page => Wire.Page(page, FeaturePackageWire.ToRest),
                FeatureJson.Wire.RestPageRestFeaturePackage));
    }

    private static FeatureId IdOf(RestCall call) => new(call.Path("id"));
}
