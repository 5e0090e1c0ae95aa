using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Catalog.Products;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Operations on products (spec catalog 3).</summary>
internal static class ProductEndpoints
{
    public static void MapProducts(this RestRoutes routes)
    {
        var products = routes.Services.GetRequiredService<ProductUseCases>();
        var copy = routes.Services.GetRequiredService<CopyProduct>();
        routes
            .Map("v1.products.listProducts", (call, token) => call.AnswerAsync(
                scope => products.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, ProductWire.ToRest),
                RestJson.Wire.RestPageRestProduct))
            .Map("v1.products.createProduct", (call, token) => AnswerAsync(
                call, scope => products.CreateAsync(scope, ProductWire.DraftFromRest(call.Body), token)))
            .Map("v1.products.updateProduct", (call, token) => AnswerAsync(
                call, scope => products.UpdateAsync(scope, IdOf(call), ProductWire.EditFromRest(call.Body), token)))
            .Map("v1.products.archiveProduct", (call, token) => AnswerAsync(
                call, scope => products.ArchiveAsync(scope, IdOf(call), token)))
            .Map("v1.products.unarchiveProduct", (call, token) => AnswerAsync(
                call, scope => products.UnarchiveAsync(scope, IdOf(call), token)))
            .Map("v1.products.duplicateProduct", (call, token) => AnswerAsync(
                call, scope => copy.ExecuteAsync(scope, IdOf(call), ProductWire.CopyFromRest(call.Body), token)));
        MapOwn(routes, products);
    }

    private static void MapOwn(RestRoutes routes, ProductUseCases products)
    {
        var read = routes.Services.GetRequiredService<ReadProduct>();
        var delete = routes.Services.GetRequiredService<DeleteProduct>();
        routes
            .Map("tollgate.products.retrieve", (call, token) => call.AnswerAsync(
                scope => read.ExecuteAsync(scope, IdOf(call), token),
                details => new RestData<RestProductDetails>(ProductWire.ToRest(details)),
                CatalogJson.Wire.RestDataRestProductDetails))
            .Map("tollgate.products.update", (call, token) => AnswerAsync(
                call, scope => products.UpdateAsync(scope, IdOf(call), ProductWire.OwnEditFromRest(call.Body), token)))
            .Map("tollgate.products.delete", (call, token) => call.AnswerAsync(
                scope => delete.ExecuteAsync(scope, IdOf(call), token),
                product => new RestData<RestIdRef>(new(product.Id.Value)),
                RestJson.Wire.RestDataRestIdRef));
    }

    private static ProductId IdOf(RestCall call) => new(call.Path("id"));

    private static ProductFilter FilterOf(RestCall call) => new()
    {
        Id = call.Query.GetString("id"),
        Archived = ProductWire.ArchivedOf(call.Query.GetSymbols("status")),
        Created = call.Query.CreatedRange(),
    };

    private static Task<RestAnswer> AnswerAsync(RestCall call, Func<OperationScope, Task<Result<Product>>> run) =>
        call.AnswerAsync(
            run,
            product => new RestData<RestProduct>(ProductWire.ToRest(product)),
            RestJson.Wire.RestDataRestProduct);
}
