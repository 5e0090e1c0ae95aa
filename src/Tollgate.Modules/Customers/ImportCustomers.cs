using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Customers;

/// <summary>
/// A customer of another system; <paramref name="UpdatedAt"/> null = the row is always newer than what is stored.
/// </summary>
public sealed record CustomerImportRow(CustomerId Id, CustomerEdit Fields, Instant? UpdatedAt);

/// <summary>
/// Takes over customers (spec subscriptions 19). The whole call is validated first and then applied in one transaction:
/// a refused call leaves nothing behind and may be repeated. No customer journey starts.
/// </summary>
public sealed class ImportCustomers(UnitOfWork unitOfWork, ICustomerDueWork dueWork)
{
    public const int MaxRows = 1_000;

    private readonly CustomerStore _store = new();

    /// <summary>The ids of the customers that were created; rows of known customers updated those.</summary>
    public async Task<Result<IReadOnlyList<CustomerId>>> ExecuteAsync(
        OperationScope scope, IReadOnlyList<CustomerImportRow> rows, string? integrationId,
        CancellationToken cancellationToken)
    {
        if (CheckCall(rows, integrationId) is { } refusal)
            return refusal;
        return await unitOfWork.WriteAsync<IReadOnlyList<CustomerId>>(
            scope with { Actor = Actor.ImportBy(scope.Actor) },
            [
                UnitOfWork.CatalogInUse(scope.EnvironmentId),
                .. rows.Select(row => UnitOfWork.CustomerLock(scope.EnvironmentId, row.Id)),
            ],
            async (work, token) =>
            {
                var findings = new Findings();
                var writes = new List<(Versioned<Customer>? Stored, Change<Customer> Change)>();
                for (var i = 0; i < rows.Count; i++)
                {
                    await dueWork.AdvanceAsync(work, rows[i].Id, token);
                    var stored = await _store.FindAsync(work.Session, scope.EnvironmentId, rows[i].Id);
                    if (stored is not null && stored.Value.UpdatedAt > rows[i].UpdatedAt)
                        continue;
                    if (Decide(rows[i], stored?.Value, scope.Now).TryGet(out var change, out var wrong))
                        writes.Add((stored, change));
                    else
                        Include(findings, i, wrong);
                }

                if (findings.ToRefusal() is { } wrongRows)
                    return wrongRows;
                foreach (var (stored, change) in writes)
                    await WriteAsync(work, stored, change);
                return Result<IReadOnlyList<CustomerId>>.Ok(
                    [.. writes.Where(w => w.Stored is null).Select(w => w.Change.Value.Id)]);
            },
            cancellationToken);
    }

    private static Refusal? CheckCall(IReadOnlyList<CustomerImportRow> rows, string? integrationId)
    {
        if (integrationId is not null)
        {
            return new(ErrorCode.IntegrationNotFound,
                $"There is no integration '{integrationId}' in this environment; leave integrationId out.");
        }

        var findings = new Findings();
        if (rows.Count > MaxRows)
            findings.Bad("customers", $"customers has {rows.Count} rows; send at most {MaxRows} in one call.");
        var twice = rows.Select((row, i) => (row.Id, Index: i)).GroupBy(row => row.Id).Where(g => g.Count() > 1);
        foreach (var (id, index) in twice.SelectMany(g => g.Skip(1)))
        {
            findings.Add(ErrorCode.FailedToImportCustomer, $"customers[{index}].id",
                $"Customer '{id}' is listed twice; list it once.");
        }

        return findings.ToRefusal();
    }

    /// <summary>Rows name no coupons: those of the other system are not ours.</summary>
    private static Result<Change<Customer>> Decide(CustomerImportRow row, Customer? stored, Instant now) =>
        stored is null
        ? CustomerRules.Create(row.Id, row.Fields, idIsTaken: false, coupon: null, Guid.CreateVersion7(), now)
        : CustomerRules.Update(stored, row.Fields, billingIsSynced: false, coupon: null, now);

    private static void Include(Findings findings, int index, Refusal wrong)
    {
        var row = $"customers[{index}]";
        if (wrong.Fields.Count == 0)
            findings.Add(ErrorCode.FailedToImportCustomer, row, wrong.Message);
        foreach (var fault in wrong.Fields)
            findings.Add(ErrorCode.FailedToImportCustomer, $"{row}.{fault.Path}", fault.Message);
    }

    private async Task WriteAsync(Work work, Versioned<Customer>? stored, Change<Customer> change)
    {
        if (change.IsNoChange)
            return;
        if (stored is null)
            await _store.InsertAsync(work.Session, work.Scope.EnvironmentId, change.Value);
        else
            await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, stored, change.Value);
        work.Record(change.Events);
        work.AccessChanged(change.Value.Id);
    }
}
