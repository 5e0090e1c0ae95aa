using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.EventLog;

namespace Tollgate.Modules.Catalog.Products;

/// <summary>Every new environment starts with one product, named after the account (spec catalog 3.1).</summary>
internal sealed class SeedDefaultProduct(UnitOfWork unitOfWork, TimeProvider time) : IEnvironmentSeed
{
    private static readonly ProductId Id = new("product-default");

    private readonly ProductStore _store = new();

    /// <summary>Does nothing in an environment that has a product, archived ones included.</summary>
    public async Task SeedAsync(AccountEnvironment environment, CancellationToken cancellationToken)
    {
        var scope = new OperationScope(environment, Actor.System, Guid.CreateVersion7(), environment.Now(time));
        var seeded = await unitOfWork.WriteAsync<Done>(
            scope,
            [UnitOfWork.CatalogLock(environment.Id)],
            async (work, _) =>
            {
                if ((await _store.ListAsync(work.Session, environment.Id)).Count > 0)
                    return default(Done);
                var product = new Product
                {
                    Uid = Guid.CreateVersion7(),
                    Id = Id,
                    DisplayName = environment.AccountName,
                    IsDefault = true,
                    CreatedAt = scope.Now,
                    UpdatedAt = scope.Now,
                };
                if (!ProductRules.Create(product, idIsTaken: false).TryGet(out var change, out var refusal))
                    return refusal;
                await _store.InsertAsync(work.Session, environment.Id, change.Value);
                work.Record(change.Events);
                work.CatalogChanged();
                return default(Done);
            },
            cancellationToken);
        if (seeded.Refusal is { } refused)
            throw new InvalidOperationException($"The first product of {environment.Name} was refused: {refused}");
    }
}
