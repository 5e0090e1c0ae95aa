using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.CreditCurrencies;
using Tollgate.Modules.Rows;
using Tollgate.Storage;

namespace Tollgate.Modules.Credits;

/// <summary>What of a usage chart is asked for (spec credits 12).</summary>
public sealed record CreditUsageQuery(CustomerId CustomerId)
{
    public ResourceId? ResourceId { get; init; }

    /// <summary>Null: the only one the customer consumed of.</summary>
    public CurrencyId? CurrencyId { get; init; }
    public CreditUsageTimeRange TimeRange { get; init; } = CreditUsageTimeRange.LastMonth;
    public Instant? Start { get; init; }
    public Instant? End { get; init; }
    public IReadOnlyList<string> GroupBy { get; init; } = [];
    public string? After { get; init; }
    public string? Before { get; init; }
    public int Limit { get; init; } = PageRequest.DefaultLimit;
}

/// <param name="Currency">Null when nothing was consumed and none was named.</param>
/// <param name="Series">One page of them, those that consumed most first.</param>
/// <param name="Features">The features that series name, by id.</param>
/// <param name="Next">An opaque cursor; null at the end.</param>
/// <param name="Previous">An opaque cursor; null at the start.</param>
public sealed record CreditUsageChart(
    CustomCurrency? Currency, IReadOnlyList<CreditUsageSeries> Series, IReadOnlyDictionary<FeatureId, Feature> Features,
    string? Next, string? Previous);

/// <summary>Adds up consumptions for charts, and lists the dimensions they carry.</summary>
public sealed class ReadCreditUsage(Database database, CreditParties parties, CatalogReader catalog)
{
    public const int MaxGroups = 3;

    /// <summary>Consumptions that <see cref="FieldsAsync"/> looks at, the newest first.</summary>
    private const int FieldSample = 10_000;

    public Task<Result<CreditUsageChart>> ExecuteAsync(
        OperationScope scope, CreditUsageQuery query, CancellationToken cancellationToken) =>
        database.ReadAsync<Result<CreditUsageChart>>(
            async (session, token) =>
            {
                if (CheckGroups(query.GroupBy) is { } badGroups)
                    return badGroups;
                if (!CreditUsageWindow.Of(query.TimeRange, query.Start, query.End, scope.Now)
                    .TryGet(out var window, out var refusal))
                {
                    return refusal;
                }

                if (await parties.CheckAsync(
                    session, scope.EnvironmentId, query.CustomerId, query.ResourceId, query.CurrencyId) is { } unknown)
                {
                    return unknown;
                }

                if (!(await CurrencyAsync(session, scope.EnvironmentId, query)).TryGet(out var asked, out refusal))
                    return refusal;
                if (asked.Currency is not { } currency)
                    return new CreditUsageChart(null, [], new Dictionary<FeatureId, Feature>(), null, null);
                var fold = new CreditUsageFold(window, query.GroupBy);
                var rows = RowsAsync(session, scope.EnvironmentId, query, currency.Id, window);
                await foreach (var row in rows.WithCancellation(token))
                {
                    fold.Add(
                        Instant.FromUnixTimeMilliseconds(row.At), row.Feature, row.Amount, Texts(row.Dimensions),
                        row.Events);
                }

                return await PageAsync(session, scope.EnvironmentId, query, currency, fold.Close());
            },
            cancellationToken);

    /// <summary>
    /// The names of the dimensions that the customer's newest consumptions carry, by name (spec credits 12).
    /// </summary>
    public Task<Result<IReadOnlyList<string>>> FieldsAsync(
        OperationScope scope, CreditUsageQuery query, string? search, CancellationToken cancellationToken) =>
        database.ReadAsync<Result<IReadOnlyList<string>>>(
            async (session, _) =>
            {
                if (await parties.CheckAsync(
                    session, scope.EnvironmentId, query.CustomerId, query.ResourceId, query.CurrencyId) is { } unknown)
                {
                    return unknown;
                }

                var rows = new RowQuery()
                    .And("environment_id = @environment", "environment", scope.EnvironmentId.Value)
                    .And("customer_id = @customer", "customer", query.CustomerId.Value)
                    .And("resource_id = @resource", "resource", query.ResourceId?.Value ?? "")
                    .AndIf("currency_id = @currency", "currency", query.CurrencyId?.Value)
                    .And("dimensions IS NOT NULL");
                rows.Parameters.Add("take", FieldSample);
                var texts = await session.Connection.QueryAsync<string>(
                    $"SELECT dimensions FROM credit_consumptions WHERE {rows.Where} ORDER BY event_at DESC LIMIT @take",
                    rows.Parameters,
                    session.Transaction);
                return Result<IReadOnlyList<string>>.Ok(
                [
                    .. texts.SelectMany(text => Texts(text)!.Keys).Distinct()
                        .Where(key => search is null || key.Contains(search, StringComparison.OrdinalIgnoreCase))
                        .Order(StringComparer.Ordinal),
                ]);
            },
            cancellationToken);

    private async Task<Result<(CustomCurrency? Currency, bool _)>> CurrencyAsync(
        Session session, EnvironmentId environment, CreditUsageQuery query)
    {
        if (query.CurrencyId is { } id)
        {
            return await catalog.CurrencyAsync(session, environment, id) is { } named
                ? (named, true)
                : CustomCurrencyUseCases.NotFound(id);
        }

        var used = (await session.Connection.QueryAsync<string>(
            """
            SELECT DISTINCT currency_id FROM credit_grants
            WHERE environment_id = @environment AND customer_id = @customer AND resource_id = @resource
            """,
            new
            {
                environment = environment.Value,
                customer = query.CustomerId.Value,
                resource = query.ResourceId?.Value ?? "",
            },
            session.Transaction)).AsList();
        return used.Count switch
        {
            0 => ((CustomCurrency?)null, false),
            1 => (await catalog.CurrencyAsync(session, environment, new(used[0])), false),
            _ => Refusal.Of(ErrorCode.BadUserInput, [new("currencyId",
                $"The customer '{query.CustomerId}' has credits of {used.Count} currencies, which do not add up; "
                + "name one of them.")]),
        };
    }

    private static async IAsyncEnumerable<
        (long At, FeatureId? Feature, decimal Amount, string? Dimensions, int Events)> RowsAsync(
        Session session, EnvironmentId environment, CreditUsageQuery query, CurrencyId currency,
        CreditUsageWindow window)
    {
        await using var reader = await session.Connection.ExecuteReaderAsync(
            """
            SELECT event_at, feature_id, amount, dimensions, consumption_key FROM credit_consumptions
            WHERE environment_id = @environment AND customer_id = @customer AND resource_id = @resource
              AND currency_id = @currency AND event_at >= @start AND event_at < @end
            """,
            new
            {
                environment = environment.Value,
                customer = query.CustomerId.Value,
                resource = query.ResourceId?.Value ?? "",
                currency = currency.Value,
                start = window.Start.ToUnixTimeMilliseconds(),
                end = window.End.ToUnixTimeMilliseconds(),
            },
            session.Transaction);
        while (await reader.ReadAsync())
        {
            yield return (
                reader.GetInt64(0),
                reader.IsDBNull(1) ? null : new FeatureId(reader.GetString(1)),
                reader.GetDecimal(2),
                reader.IsDBNull(3) ? null : reader.GetString(3),
                ConsumptionKey.IsCorrection(reader.GetString(4)) ? 0 : 1);
        }
    }

    private async Task<Result<CreditUsageChart>> PageAsync(
        Session session, EnvironmentId environment, CreditUsageQuery query, CustomCurrency currency,
        IReadOnlyList<CreditUsageSeries> all)
    {
        var backwards = query.Before is not null;
        var at = 0;
        if ((query.After ?? query.Before) is { } cursor
            && (!int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out at) || at > all.Count))
        {
            return Refusal.Of(ErrorCode.BadUserInput, [new(backwards ? "before" : "after",
                $"The cursor '{cursor}' belongs to no series of this chart; use next or prev of an answer as given.")]);
        }

        var from = backwards ? Math.Max(0, at - query.Limit) : at;
        var to = backwards ? at : (int)Math.Min(all.Count, (long)from + query.Limit);
        var shown = all.Skip(from).Take(to - from).ToList();
        var features = await catalog.FeaturesAsync(session, environment);
        return new CreditUsageChart(
            currency,
            shown,
            features,
            to < all.Count ? to.ToString(CultureInfo.InvariantCulture) : null,
            from > 0 ? from.ToString(CultureInfo.InvariantCulture) : null);
    }

    private static Refusal? CheckGroups(IReadOnlyList<string> groups)
    {
        if (groups.Count > MaxGroups)
        {
            return Refusal.Of(ErrorCode.BadUserInput,
                [new("groupBy", $"groupBy names {groups.Count} dimensions; at most {MaxGroups} are allowed.")]);
        }

        var wrong = groups.FirstOrDefault(group => group.Length == 0 || group.AsSpan().ContainsAnyExcept(GroupKey));
        return wrong is not null
            ? Refusal.Of(ErrorCode.BadUserInput,
                [new("groupBy", $"'{wrong}' is no dimension; use letters, digits and _ $ -.")])
            : null;
    }

    private static Dictionary<string, string>? Texts(string? json)
    {
        if (json is null)
            return null;
        using var document = JsonDocument.Parse(json);
        var texts = new Dictionary<string, string>();
        foreach (var property in document.RootElement.EnumerateObject())
        {
            texts[property.Name] = property.Value.ValueKind == JsonValueKind.String
                ? property.Value.GetString()!
                : property.Value.GetRawText();
        }

        return texts;
    }

    /// <summary>What names of dimensions consist of.</summary>
    private static readonly SearchValues<char> GroupKey =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$-");
}
