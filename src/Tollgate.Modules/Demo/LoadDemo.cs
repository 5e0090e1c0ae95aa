using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Catalog.Products;
using Tollgate.Modules.Customers;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Usage;

namespace Tollgate.Modules.Demo;

/// <summary>What a start with the demo did.</summary>
public enum DemoOutcome
{
    Loaded,

    /// <summary>An earlier start loaded it.</summary>
    WasThere,

    /// <summary>
    /// The environment holds something else: the demo would mix with it and move its clock, so nothing was done.
    /// </summary>
    NotEmpty,
}

/// <param name="Now">What the environment's clock shows afterwards.</param>
public sealed record DemoReport(DemoOutcome Outcome, string EnvironmentName, Instant Now)
{
    public int Products { get; init; }
    public int Plans { get; init; }
    public int Customers { get; init; }
    public int UsageReports { get; init; }
}

/// <summary>
/// Fills an empty environment with three price lists, their customers and months of usage, through the use cases that
/// any client calls. Time is made with the test clock: it starts at the present of the environment and stands still
/// except where the story moves it, so every instant follows from the beginning. The beginning is the creation of the
/// first product, whose metadata also says whether the story was told to its end: a load that broke off is repeated and
/// finds its steps done.
/// </summary>
public sealed class LoadDemo(
    AccountDirectory directory, TestClock clock, ProductUseCases products, FeatureUseCases features, PlanUseCases plans,
    PlanEntitlementUseCases entitlements, PublishPlan publish, CustomerUseCases customers, PlayStory story,
    ReportUsage usage, TimeProvider time)
{
    private const string Mark = "demo";
    private const string Loading = "loading";
    private const string Loaded = "loaded";

    private static readonly CatalogSheet[] Sheets = [CollaborationSheet.Sheet, DeveloperSheet.Sheet, AiSheet.Sheet];

    private readonly LoadCatalog _catalogs = new(products, features, plans, entitlements, publish);

    public async Task<DemoReport> ExecuteAsync(string environmentName, CancellationToken cancellationToken)
    {
        var environment = directory.FindByName(environmentName)
            ?? throw new ArgumentException($"There is no environment '{environmentName}'.", nameof(environmentName));
        var first = await FirstProductAsync(environment.Id, cancellationToken);
        if (first?.Metadata.GetValueOrDefault(Mark) == Loaded)
            return Report(DemoOutcome.WasThere, environment.Id);
        if (first is null ? await IsUsedAsync(environment.Id, cancellationToken) : !first.Metadata.ContainsKey(Mark))
            return Report(DemoOutcome.NotEmpty, environment.Id);

        await MoveAsync(environment.Id, null, frozen: true, cancellationToken);
        await CreateProductsAsync(environment.Id, cancellationToken);
        var beginning = (await FirstProductAsync(environment.Id, cancellationToken))!.CreatedAt;
        foreach (var sheet in Sheets)
            await _catalogs.ExecuteAsync(Scope(environment.Id), sheet, cancellationToken);
        var reports = await TellAsync(environment.Id, beginning, cancellationToken);
        await MoveAsync(environment.Id, null, frozen: false, cancellationToken);
        var done = new ProductEdit { Metadata = Marked(Loaded) };
        _ = (await products.UpdateAsync(Scope(environment.Id), FirstProductId, done, cancellationToken)).Value;
        return Report(DemoOutcome.Loaded, environment.Id) with { UsageReports = reports };
    }

    private static ProductId FirstProductId => new(Sheets[0].Product.Id);

    /// <summary>The months one after the other; the number of usage reports sent.</summary>
    private async Task<int> TellAsync(EnvironmentId environment, Instant beginning, CancellationToken cancellationToken)
    {
        var reports = 0;
        for (var month = 0; month < Story.Months.Count; month++)
        {
            await MoveAsync(environment, BillingPeriods.AddMonths(beginning, month), frozen: true, cancellationToken);
            reports += await ReportMonthAsync(environment, beginning, month - 1, cancellationToken);
            await PlayAsync(environment, Story.Months[month], cancellationToken);
        }

        var last = Story.Months.Count - 1;
        var end = BillingPeriods.AddMonths(beginning, last) + Duration.FromDays(Story.LastDays);
        await MoveAsync(environment, end, frozen: true, cancellationToken);
        reports += await ReportMonthAsync(environment, beginning, last, cancellationToken);
        reports += await SendAsync(environment, StoryUsage.OfLastDay(end), cancellationToken);
        await PlayAsync(environment, Story.Ending, cancellationToken);
        return reports;
    }

    private async Task PlayAsync(EnvironmentId environment, IEnumerable<Act> acts, CancellationToken cancellationToken)
    {
        foreach (var act in acts)
        {
            if (act is RaisesBandwidth)
            {
                await _catalogs.RaiseLimitAsync(
                    Scope(environment),
                    new("dev-pro"),
                    SheetWords.Limit(DeveloperSheet.Bandwidth, DeveloperSheet.ProBandwidthOfVersion2),
                    "Half as much bandwidth again.",
                    cancellationToken);
            }
            else
            {
                await story.PlayAsync(Scope(environment), act, cancellationToken);
            }
        }
    }

    private Task<int> ReportMonthAsync(
        EnvironmentId environment, Instant beginning, int month, CancellationToken cancellationToken) =>
        SendAsync(
            environment, StoryUsage.OfMonth(beginning, month, directory.Now(environment)), cancellationToken);

    private async Task<int> SendAsync(
        EnvironmentId environment, IEnumerable<UsageReport> reports, CancellationToken cancellationToken)
    {
        var sent = 0;
        foreach (var batch in reports.Chunk(ReportUsage.MaxReports))
        {
            _ = (await usage.ExecuteAsync(Scope(environment), batch, cancellationToken)).Value;
            sent += batch.Length;
        }

        return sent;
    }

    /// <summary>The first product comes last: its instant is the beginning, and with it all three exist.</summary>
    private async Task CreateProductsAsync(EnvironmentId environment, CancellationToken cancellationToken)
    {
        foreach (var sheet in Sheets.Reverse())
        {
            var draft = new ProductDraft(new(sheet.Product.Id), sheet.Product.DisplayName)
            {
                Description = sheet.Product.Description,
                MultipleSubscriptions = sheet.Product.MultipleSubscriptions,
                Metadata = Marked(Loading),
            };
            if (await ProductAsync(environment, draft.Id, cancellationToken) is null)
                _ = (await products.CreateAsync(Scope(environment), draft, cancellationToken)).Value;
        }
    }

    /// <summary>Forward only: an instant that has passed, and null, leave the time as it is.</summary>
    private async Task MoveAsync(
        EnvironmentId environment, Instant? to, bool frozen, CancellationToken cancellationToken) =>
        _ = (await clock.AdvanceAsync(
            Scope(environment), now => to is { } at ? Instant.Max(at, now) : now, frozen, cancellationToken)).Value;

    /// <summary>
    /// Features and customers are only ever made by somebody; a product comes with every environment.
    /// </summary>
    private async Task<bool> IsUsedAsync(EnvironmentId environment, CancellationToken cancellationToken)
    {
        var one = new PageRequest(1, null, null);
        return (await features.ListAsync(Scope(environment), new(), one, cancellationToken)).Value.Items.Count > 0
            || (await customers.ListAsync(Scope(environment), new(), one, cancellationToken)).Value.Items.Count > 0;
    }

    private Task<Product?> FirstProductAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        ProductAsync(environment, FirstProductId, cancellationToken);

    private async Task<Product?> ProductAsync(
        EnvironmentId environment, ProductId id, CancellationToken cancellationToken) =>
        (await products.ListAsync(Scope(environment), new() { Id = id.Value }, PageRequest.First, cancellationToken))
            .Value.Items.SingleOrDefault();

    /// <summary>Each step reads the clock anew, as each request does.</summary>
    private OperationScope Scope(EnvironmentId environment)
    {
        var current = directory.Get(environment);
        return new(current, Actor.System, Guid.CreateVersion7(), current.Now(time));
    }

    private DemoReport Report(DemoOutcome outcome, EnvironmentId environment) =>
        new(outcome, directory.Get(environment).Name, directory.Now(environment))
        {
            Products = Sheets.Length,
            Plans = Sheets.Sum(sheet => sheet.Plans.Count),
            Customers = Story.Months.SelectMany(acts => acts).Concat(Story.Ending).OfType<Arrives>().Count(),
        };

    private static Dictionary<string, string> Marked(string state) => new(StringComparer.Ordinal) { [Mark] = state };
}
