using Tollgate.Domain.Catalog;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.Experiments;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Reservations;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Rows;

/// <summary>
/// A database that an older build filled, brought up to date: what is in it is read, and what came since works on it.
/// </summary>
public sealed class OlderSchemaTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Catalog_without_a_head_is_read_and_its_first_change_seen_by_every_node(DatabaseKind kind)
    {
        await using var host = await FilledAsync(kind);
        await OlderSchema.UpgradeAsync(host, 10);
        var (here, there) = (host.Get<CatalogReader>(), new CatalogReader(new()));
        Assert.Equal("calls", await NameAsync(host, here));
        Assert.Equal("calls", await NameAsync(host, there));

        Assert.Null((await host.Get<FeatureUseCases>().UpdateAsync(
            host.Scope(), new("calls"), new() { DisplayName = new("Calls") }, Cancellation)).Refusal);

        Assert.Equal("Calls", await NameAsync(host, here));
        Assert.Equal("Calls", await NameAsync(host, there));
    }

    /// <summary>Both renew a month after January 15 12:00, in the order of their rows.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_was_due_before_the_new_order_of_due_work_is_done(DatabaseKind kind)
    {
        await using var host = await FilledAsync(kind);
        await OlderSchema.UpgradeAsync(host, 10);

        host.Time.Advance(TimeSpan.FromDays(31));
        await host.RunDueAsync();

        Assert.Equal(
            ["2025-02-15T12:00:00Z SubscriptionUpdated c", "2025-02-15T12:00:00Z SubscriptionUpdated d"],
            (await host.EventsAsync(20)).Where(e => e.Contains("SubscriptionUpdated", StringComparison.Ordinal)).TakeLast(2));
        Assert.All(
            [.. await host.StoredAsync("c"), .. await host.StoredAsync("d")],
            s => Assert.Equal("2025-03-15T12:00:00Z", s.CurrentBillingPeriodEnd!.Value.ToString()));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Meter_that_was_defined_before_events_were_counted_counts_them(DatabaseKind kind)
    {
        await using var host = await FilledAsync(kind);
        await OlderSchema.UpgradeAsync(host, 13);

        await host.SendAsync(
            Event("c", dimensions: ("tokens", 3m)), Event("c", dimensions: ("tokens", 4m)));

        // Nothing of the events before, which that build did not know.
        Assert.Equal(7, await host.UsageAsync("c", "tokens"));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "tokens", 94));
        Assert.Equal(4, await host.UsageAsync("c", "calls"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Event_that_was_stored_before_corrections_is_listed_and_corrected(DatabaseKind kind)
    {
        await using var host = await FilledAsync(kind);
        await OlderSchema.UpgradeAsync(host, 14);
        Assert.Equal(50, await host.UsageAsync("c", "tokens"));

        var page = Accepted(await host.Get<EventFeed>().ExecuteAsync(
            host.Scope(), new(10, null, null, null, null, host.Scope().Now.ToUnixTimeMilliseconds()), Cancellation));
        var stored = page.Items.Single(e => e.Event.IdempotencyKey == "first");
        Assert.Null((await host.Get<CorrectEvents>().ExecuteAsync(
            host.Scope(), stored.Address.ToString(), null, "sent twice", Cancellation)).Refusal);

        Assert.Equal(
            ["first", "second"],
            page.Items.Where(e => e.Event.Name != "$usage.reported").Select(e => e.Event.IdempotencyKey).Order(StringComparer.Ordinal));
        Assert.Equal(30, await host.UsageAsync("c", "tokens"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_from_before_reservations_leaves_less_to_reserve(DatabaseKind kind)
    {
        await using var host = await FilledAsync(kind);
        await OlderSchema.UpgradeAsync(host, 15);

        var tooMuch = Accepted(await ReserveAsync(host, 7));
        var held = Accepted(await ReserveAsync(host, 6));

        // 4 of 10 are used.
        Assert.Null(tooMuch.Reservation);
        Assert.Equal((4m, 6m), (held.Usage, held.Held));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "calls", 1));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Customer_from_before_experiments_is_in_none_and_a_new_one_is(DatabaseKind kind)
    {
        await using var host = await FilledAsync(kind);
        await OlderSchema.UpgradeAsync(host, 24);
        var experiments = host.Get<ExperimentUseCases>();
        Assert.Null((await experiments.CreateAsync(
            host.Scope(),
            new("all", "All", new("product-default"))
            {
                ControlGroupName = "Now",
                VariantGroupName = "Later",
                VariantPercentage = 100,
                VariantSettings = new() { CancellationTime = CancellationTime.EndOfBillingPeriod },
            },
            Cancellation)).Refusal);
        Assert.Null((await experiments.StartAsync(host.Scope(), "all", Cancellation)).Refusal);

        var created = await host.CustomerAsync("new");
        host.Time.Advance(TimeSpan.FromDays(31));
        await host.RunDueAsync();

        Assert.Equal(ExperimentGroup.Variant, created.Experiment?.Group);
        Assert.Null(Assert.Single(await host.StoredAsync("c")).Experiment);
        Assert.Equal(SubscriptionStatus.Active, Assert.Single(await host.StoredAsync("c")).Status);
    }

    /// <summary>
    /// Customers c and d pay 5 a month for 10 calls and 100 tokens; c made 4 calls and two events of 20 and 30 tokens.
    /// </summary>
    private static async Task<ModuleHost> FilledAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls");
        await host.FeatureAsync("tokens", meter: MeterType.Incremental, events: MeterOf(AggregationFunction.Sum, "tokens"));
        await host.PaidPlanAsync("basic", 5);
        Accepted(await host.Get<Modules.Catalog.Packages.PlanUseCases>().UpdateAsync(
            host.Scope(), new("basic"), new(new() { Description = "more" }, null), Cancellation));
        await host.GrantAsync("basic", Limit("calls", 10, Monthly), Limit("tokens", 100, Monthly));
        await host.PublishAsync("basic");
        foreach (var customer in new[] { "c", "d" })
        {
            await host.CustomerAsync(customer);
            Accepted(await host.ProvisionAsync(customer, "basic"));
        }

        await host.ReportAsync(Delta("c", "calls", 4));
        await host.SendAsync(
            Event("c", key: "first", dimensions: ("tokens", 20m)), Event("c", key: "second", dimensions: ("tokens", 30m)));
        Assert.Equal(50, await host.UsageAsync("c", "tokens"));
        return host;
    }

    private static async Task<string?> NameAsync(ModuleHost host, CatalogReader reader) => await host.Database.ReadAsync(
        async (session, _) => (await reader.FeatureAsync(session, host.EnvironmentId, new("calls")))?.DisplayName,
        Cancellation);

    private static Task<Domain.Errors.Result<ReservationOutcome>> ReserveAsync(ModuleHost host, decimal amount) =>
        host.Get<ReserveUsage>().ReserveAsync(
            host.Scope(), new(new("c"), new("calls"), null, amount, NodaTime.Duration.FromMinutes(5)), Cancellation);
}
