using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.EventLog;

namespace Tollgate.Modules.Catalog.Features;

/// <summary>
/// Creates the features of a list row by row, each as a call of its own would (spec catalog 1.7). A row that is refused
/// changes nothing and holds no other up. One transaction: when this answers, every row that was taken is durable.
/// </summary>
public sealed class ImportFeatures(UnitOfWork unitOfWork, FeatureUseCases features)
{
    /// <summary>What became of each row, in their order.</summary>
    public async Task<Result<IReadOnlyList<FeatureImportResult>>> ExecuteAsync(
        OperationScope scope, IReadOnlyList<FeatureImportRow> rows, CancellationToken cancellationToken)
    {
        if (FeatureImport.CheckCall(rows.Count) is { } refusal)
            return refusal;
        return await unitOfWork.WriteAsync<IReadOnlyList<FeatureImportResult>>(
            scope with { Actor = Actor.ImportBy(scope.Actor) },
            features.LocksOf(scope.EnvironmentId),
            async (work, token) =>
            {
                var results = new List<FeatureImportResult>(rows.Count);
                foreach (var row in rows)
                {
                    token.ThrowIfCancellationRequested();
                    results.Add(new(row.Id, await CreateAsync(work, row)));
                }

                return results;
            },
            cancellationToken);
    }

    private async Task<Refusal?> CreateAsync(Work work, FeatureImportRow row) =>
        row.Draft.TryGet(out var draft, out var refusal) ? (await features.CreateAsync(work, draft)).Refusal : refusal;
}

/// <summary>One row as it was sent.</summary>
/// <param name="Id">What it calls itself; null when it has no id that could be read.</param>
/// <param name="Draft">The feature, or why the row is none.</param>
public sealed record FeatureImportRow(string? Id, Result<FeatureDraft> Draft);

/// <summary>What became of one row; <paramref name="Refusal"/> null = the feature was created.</summary>
public sealed record FeatureImportResult(string? Id, Refusal? Refusal);
