using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Customers;

/// <summary>Rows of customers and of their resources.</summary>
internal sealed class CustomerStore
{
    private readonly AggregateTable<Customer> _rows = new(
        "customers",
        BodyJson.Default.Customer,
        customer => customer.Uid,
        ("id", c => c.Id.Value),
        ("name", c => c.Name),
        ("email", c => c.Email),
        ("is_archived", c => c.IsArchived ? 1 : 0),
        ("experiment_id", c => c.Experiment?.Id),
        ("experiment_group", c => c.Experiment?.Group.ToString()),
        ("created_at", c => c.CreatedAt.ToUnixTimeMilliseconds()))
    {
        KeptBy = "id",
    };

    /// <summary>The customer, archived or not; read once a session.</summary>
    public async Task<Versioned<Customer>?> FindAsync(Session session, EnvironmentId environment, CustomerId id) =>
        await _rows.ListKeptAsync(session, environment, id.Value) is [var found, ..] ? found : null;

    /// <summary>Reads ahead for <see cref="FindAsync"/>.</summary>
    public Task KeepAsync(Session session, EnvironmentId environment, IEnumerable<CustomerId> ids) =>
        _rows.KeepAsync(session, environment, [.. ids.Select(id => id.Value)]);

    /// <summary>Live customers, newest first.</summary>
    public Task<Result<Page<Customer>>> PageAsync(
        Session session, EnvironmentId environment, CustomerFilter filter, PageRequest page)
    {
        var query = new RowQuery()
            .And("is_archived = 0")
            .AndIf("email = @email", "email", filter.Email)
            .AndIf("name = @name", "name", filter.Name)
            .AndCreated(filter.Created);
        return _rows.PageAsync(session, environment, query, page);
    }

    /// <summary>The customers in a group, archived ones included, in the order of their creation.</summary>
    /// <param name="session">What to read from.</param>
    /// <param name="environment">Where.</param>
    /// <param name="experiment">The experiment's id.</param>
    /// <param name="group">The group.</param>
    /// <param name="after">Only rows after this row number; 0 = from the first.</param>
    /// <param name="limit">How many at most.</param>
    public async Task<IReadOnlyList<(long Seq, CustomerId Id)>> ListOfGroupAsync(
        Session session, EnvironmentId environment, string experiment, ExperimentGroup group, long after, int limit) =>
        [.. (await session.Connection.QueryAsync<(long Seq, string Id)>(
            """
            SELECT seq, id FROM customers
            WHERE environment_id = @environment AND experiment_id = @experiment AND experiment_group = @group
              AND seq > @after
            ORDER BY seq LIMIT @limit
            """,
            new { environment = environment.Value, experiment, group = group.ToString(), after, limit },
            session.Transaction)).Select(row => (row.Seq, new CustomerId(row.Id)))];

    public Task InsertAsync(Session session, EnvironmentId environment, Customer customer) =>
        _rows.InsertAsync(session, environment, customer);

    public Task UpdateAsync(Session session, EnvironmentId environment, Versioned<Customer> read, Customer customer) =>
        _rows.UpdateAsync(session, environment, read, customer);

    public async Task<IReadOnlyList<ResourceId>> ListResourceIdsAsync(
        Session session, EnvironmentId environment, CustomerId customer) =>
        [.. (await session.Connection.QueryAsync<string>(
            "SELECT id FROM resources WHERE environment_id = @environment AND customer_id = @customer ORDER BY seq",
            new { environment = environment.Value, customer = customer.Value },
            session.Transaction)).Select(ResourceId.From)];

    /// <summary>Creates the resource when it is new to the customer.</summary>
    public Task EnsureResourceAsync(
        Session session, EnvironmentId environment, CustomerId customer, ResourceId resource, Guid uid, Instant now) =>
        session.Connection.ExecuteAsync(
            """
            INSERT INTO resources (uid, environment_id, customer_id, id, created_at, updated_at)
            VALUES (@uid, @environment, @customer, @resource, @now, @now)
            ON CONFLICT (environment_id, customer_id, id) DO NOTHING
            """,
            new
            {
                uid,
                environment = environment.Value,
                customer = customer.Value,
                resource = resource.Value,
                now = now.ToUnixTimeMilliseconds(),
            },
            session.Transaction);

    public async Task<Result<Page<CustomerResource>>> PageResourcesAsync(
        Session session, EnvironmentId environment, CustomerId customer, PageRequest page)
    {
        var query = new RowQuery().And("customer_id = @customer", "customer", customer.Value);
        var rows = await query.PageAsync<ResourceRow>(
            session,
            "resources",
            "uid AS Uid, id AS Id, created_at AS CreatedAt, updated_at AS UpdatedAt",
            environment.Value,
            page,
            row => row.Uid);
        return rows.Map(p => p.Map(row => new CustomerResource(
            row.Uid,
            customer,
            new(row.Id),
            Instant.FromUnixTimeMilliseconds(row.CreatedAt),
            Instant.FromUnixTimeMilliseconds(row.UpdatedAt))));
    }

    private sealed class ResourceRow
    {
        public Guid Uid { get; set; }
        public string Id { get; set; } = "";
        public long CreatedAt { get; set; }
        public long UpdatedAt { get; set; }
    }
}

/// <summary>Which live customers are asked for; e-mail and name match exactly.</summary>
public sealed record CustomerFilter(string? Email = null, string? Name = null, CreatedRange Created = default);
