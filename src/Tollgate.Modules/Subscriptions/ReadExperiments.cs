using Tollgate.Domain;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Customers;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>What became of the customers of an experiment (spec subscriptions 16).</summary>
public sealed class ReadExperiments(
    Database database, CatalogReader catalog, CustomerReader customers, Invoicing invoicing)
{
    /// <summary>Customers looked up together.</summary>
    private const int Chunk = 500;

    private readonly SubscriptionStore _store = new();

    /// <summary>What both groups came to so far, read from one state of the database.</summary>
    public Task<Result<ExperimentStatistics>> StatisticsAsync(
        OperationScope scope, string id, CancellationToken cancellationToken) =>
        database.ReadAsync<Result<ExperimentStatistics>>(
            async (session, token) =>
                await catalog.ExperimentAsync(session, scope.EnvironmentId, id) is { } experiment
                    ? new ExperimentStatistics(
                        experiment,
                        await GroupAsync(session, scope, experiment.Id, ExperimentGroup.Control, token),
                        await GroupAsync(session, scope, experiment.Id, ExperimentGroup.Variant, token))
                    : CatalogReader.NoExperiment(id),
            cancellationToken);

    /// <summary>The group of a customer, and of each of its subscriptions.</summary>
    public Task<Result<AssignedCustomer>> OfCustomerAsync(
        OperationScope scope, CustomerId id, CancellationToken cancellationToken) =>
        database.ReadAsync<Result<AssignedCustomer>>(
            async (session, _) =>
                await customers.FindAsync(session, scope.EnvironmentId, id) is { IsArchived: false } customer
                ? new AssignedCustomer(
                    customer,
                    [.. (await _store.ListOfCustomerAsync(session, scope.EnvironmentId, id)).Select(row => row.Value)])
                : CustomerUseCases.NotFound(id),
            cancellationToken);

    private async Task<GroupStatistics> GroupAsync(
        Session session, OperationScope scope, string experiment, ExperimentGroup group,
        CancellationToken cancellationToken)
    {
        var (environment, count, counts) = (scope.EnvironmentId, 0L, new SubscriptionCounts(0, 0, 0));
        var revenue = new SortedDictionary<string, decimal>(StringComparer.Ordinal);
        for (var after = 0L; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var chunk = await customers.OfGroupAsync(session, environment, experiment, group, after, Chunk);
            if (chunk.Count == 0)
                return new(count, counts.All, counts.Paid, counts.Payers, revenue);
            var ids = chunk.Select(row => row.Id).ToList();
            (count, after) = (count + ids.Count, chunk[^1].Seq);
            counts += await _store.CountOfCustomersAsync(session, environment, ids);
            foreach (var (currency, amount) in await invoicing.RevenueOfAsync(session, environment, ids))
                revenue[currency] = revenue.GetValueOrDefault(currency) + amount;
        }
    }
}

/// <summary>An experiment with what each of its groups came to.</summary>
public sealed record ExperimentStatistics(Experiment Experiment, GroupStatistics Control, GroupStatistics Variant);

/// <param name="Customers">In the group, archived ones included.</param>
/// <param name="Subscriptions">Theirs, ended ones included.</param>
/// <param name="PaidSubscriptions">Of them, those that were ACTIVE with a price.</param>
/// <param name="PayingCustomers">Customers with one of those.</param>
/// <param name="Revenue">What they paid, without tax and less credit notes, by lower-case ISO 4217 code.</param>
public sealed record GroupStatistics(
    long Customers, long Subscriptions, long PaidSubscriptions, long PayingCustomers,
    IReadOnlyDictionary<string, decimal> Revenue)
{
    /// <summary>The share of customers who pay or paid, 0 to 1; null while the group is empty.</summary>
    public decimal? Conversion => Customers == 0 ? null : (decimal)PayingCustomers / Customers;
}

/// <summary>A customer with every subscription it ever had, oldest first.</summary>
public sealed record AssignedCustomer(Customer Customer, IReadOnlyList<Subscription> Subscriptions);
