using Dapper;
using Tollgate.Domain;
using Tollgate.Domain.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// Rows of the add-ons on subscriptions, for finding the holders of one. <see cref="SubscriptionStore"/> keeps them in
/// step with the bodies, which are what counts.
/// </summary>
internal sealed class SubscriptionAddonStore
{
    private const string OpenHolders = """
        FROM subscription_addons a
        JOIN subscriptions s ON s.environment_id = a.environment_id AND s.uid = a.subscription_uid
        WHERE a.environment_id = @environment AND a.addon_id = @addon AND s.status NOT IN ('Canceled', 'Expired')
        """;

    /// <summary>Writes what the subscription has now.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="environment">Where.</param>
    /// <param name="before">The row it replaces; null for a new one.</param>
    /// <param name="after">The subscription as it is now.</param>
    public async Task SaveAsync(Session session, EnvironmentId environment, Subscription? before, Subscription after)
    {
        if ((before?.Addons ?? []).SequenceEqual(after.Addons))
            return;
        if (before is { Addons.Count: > 0 })
        {
            await session.Connection.ExecuteAsync(
                "DELETE FROM subscription_addons WHERE environment_id = @environment AND subscription_uid = @uid",
                new { environment = environment.Value, uid = after.Uid },
                session.Transaction);
        }

        foreach (var addon in after.Addons)
        {
            await session.Connection.ExecuteAsync(
                """
                INSERT INTO subscription_addons
                  (environment_id, subscription_uid, addon_id, addon_version, price_version)
                VALUES (@environment, @uid, @addon, @version, @price)
                """,
                new
                {
                    environment = environment.Value,
                    uid = after.Uid,
                    addon = addon.Id.Value,
                    version = addon.Version,
                    price = addon.PriceVersion,
                },
                session.Transaction);
        }
    }

    /// <summary>Those not ended with a version of the add-on before <paramref name="version"/>, oldest first.</summary>
    /// <param name="session">What to read from.</param>
    /// <param name="environment">Where.</param>
    /// <param name="addon">The add-on.</param>
    /// <param name="version">The version they are behind.</param>
    /// <param name="after">Only rows after this row number of a subscription.</param>
    /// <param name="limit">How many at most.</param>
    public async Task<IReadOnlyList<SubscriptionRef>> ListOpenBeforeVersionAsync(
        Session session, EnvironmentId environment, PackageId addon, int version, long after, int limit) =>
        [.. (await session.Connection.QueryAsync<(long Seq, string Id, string Customer)>(
            $"""
            SELECT s.seq, s.id, s.customer_id {OpenHolders} AND a.addon_version < @version AND s.seq > @after
            ORDER BY s.seq LIMIT @limit
            """,
            new { environment = environment.Value, addon = addon.Value, version, after, limit },
            session.Transaction)).Select(row => new SubscriptionRef(row.Seq, new(row.Id), new(row.Customer)))];

    public Task<long> CountOpenBeforeVersionAsync(
        Session session, EnvironmentId environment, PackageId addon, int version) =>
        session.Connection.ExecuteScalarAsync<long>(
            $"SELECT COUNT(*) {OpenHolders} AND a.addon_version < @version",
            new { environment = environment.Value, addon = addon.Value, version },
            session.Transaction);

    /// <summary>True when a subscription that has not ended pays the prices of this version of the add-on.</summary>
    public async Task<bool> ExistsOpenAtPricesOfAsync(
        Session session, EnvironmentId environment, PackageId addon, int version) =>
        await session.Connection.ExecuteScalarAsync<long?>(
            $"SELECT 1 {OpenHolders} AND a.price_version = @version LIMIT 1",
            new { environment = environment.Value, addon = addon.Value, version },
            session.Transaction) is not null;

    /// <summary>The add-on versions some live subscription has, contents and prices alike.</summary>
    public async Task<IReadOnlyList<(PackageId Addon, int Version)>> ListLiveVersionsAsync(
        Session session, EnvironmentId environment)
    {
        const string held = """
            FROM subscription_addons a
            JOIN subscriptions s ON s.environment_id = a.environment_id AND s.uid = a.subscription_uid
            WHERE a.environment_id = @environment AND s.status IN ('Active', 'InTrial')
            """;
        return
        [
            .. (await session.Connection.QueryAsync<(string Addon, long Version)>(
                $"SELECT a.addon_id, a.addon_version {held} UNION SELECT a.addon_id, a.price_version {held}",
                new { environment = environment.Value },
                session.Transaction)).Select(row => (new PackageId(row.Addon), (int)row.Version)),
        ];
    }

    /// <summary>How many subscriptions that have not ended have each version of the add-on.</summary>
    public async Task<IReadOnlyDictionary<int, int>> CountOpenByVersionAsync(
        Session session, EnvironmentId environment, PackageId addon) =>
        (await session.Connection.QueryAsync<(long Version, long Count)>(
            $"SELECT a.addon_version, COUNT(*) {OpenHolders} GROUP BY a.addon_version",
            new { environment = environment.Value, addon = addon.Value },
            session.Transaction)).ToDictionary(row => (int)row.Version, row => (int)row.Count);

    /// <summary>The customers with the add-on on a subscription that has not ended.</summary>
    public async Task<IReadOnlyList<CustomerId>> ListOpenCustomersAsync(
        Session session, EnvironmentId environment, PackageId addon) =>
        [.. (await session.Connection.QueryAsync<string>(
            $"SELECT DISTINCT s.customer_id {OpenHolders}",
            new { environment = environment.Value, addon = addon.Value },
            session.Transaction)).Select(id => new CustomerId(id))];
}
