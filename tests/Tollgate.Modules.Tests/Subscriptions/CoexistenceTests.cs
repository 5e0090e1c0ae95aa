using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Subscriptions;

/// <summary>Which records live beside each other and which replace which (spec subscriptions 5.6).</summary>
public sealed class CoexistenceTests
{
    private static readonly TrialConfiguration Fortnight = new(14, TrialUnits.Day, null, TrialEndBehavior.ConvertToPaid);

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FreePlanAsync("free");
        await host.PaidPlanAsync("basic", 5);
        await host.PaidPlanAsync("pro", 20, Fortnight);
        await host.PaidPlanAsync("max", 40, Fortnight);
        await host.CustomerAsync("c");
        return host;
    }

    private static async Task<string[]> RecordsAsync(ModuleHost host) =>
    [
        .. (await host.StoredAsync("c")).Select(s => $"{s.PlanId} {s.Status}{(s.CancelReason is { } why ? $" {why}" : "")}"),
    ];

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_trial_runs_beside_a_free_plan_and_its_purchase_cancels_that(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.ProvisionAsync("c", "free");
        await host.ProvisionAsync("c", "pro");
        Assert.Equal(["free Active", "pro InTrial"], await RecordsAsync(host));

        await host.ProvisionAsync("c", "pro", r => r with { SkipTrial = true });

        Assert.Equal(["free Canceled UpgradeOrDowngrade", "pro Active"], await RecordsAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Another_trial_and_another_paid_plan_end_the_trial_each_in_its_way(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.ProvisionAsync("c", "pro");
        await host.ProvisionAsync("c", "max", r => r with { Trial = new(true) });
        Assert.Equal(["pro Canceled UpgradeOrDowngrade", "max InTrial"], await RecordsAsync(host));

        await host.ProvisionAsync("c", "basic");

        Assert.Equal(["pro Canceled UpgradeOrDowngrade", "max Canceled TrialConverted", "basic Active"],
            await RecordsAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task The_plan_held_beside_a_trial_is_updated_and_a_free_one_lives_beside_it(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.ProvisionAsync("c", "basic");
        await host.ProvisionAsync("c", "pro", r => r with { Trial = new(true) });
        await host.ProvisionAsync("c", "basic", r => r with { Metadata = new Dictionary<string, string> { ["a"] = "1" } });
        Assert.Equal(["basic Active", "pro InTrial"], await RecordsAsync(host));

        // Paid to free moves the record; the trial goes on.
        await host.ProvisionAsync("c", "free");

        Assert.Equal(["free Active", "pro InTrial"], await RecordsAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task A_start_that_waits_is_replaced_by_another_and_left_alone_by_an_immediate_one(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var start = host.Scope().Now + Duration.FromDays(5);
        await host.ProvisionAsync("c", "basic", r => r with { StartDate = start });
        await host.ProvisionAsync("c", "max", r => r with { StartDate = start, SkipTrial = true });
        await host.ProvisionAsync("c", "free");
        Assert.Equal(["basic Canceled UpgradeOrDowngrade", "max NotStarted", "free Active"], await RecordsAsync(host));

        host.Time.Advance(TimeSpan.FromDays(5));
        await host.RunDueAsync();

        Assert.Equal(["basic Canceled UpgradeOrDowngrade", "max Active", "free Canceled UpgradeOrDowngrade"],
            await RecordsAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task An_explicit_id_names_the_live_record_a_new_one_or_nothing_that_may_be_taken(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var first = (await host.ProvisionAsync("c", "basic", r => r with { Id = new("one") })).Subscription();
        var same = (await host.ProvisionAsync("c", "pro", r => r with { Id = new("one"), SkipTrial = true })).Subscription();
        var fresh = (await host.ProvisionAsync("c", "max", r => r with { Id = new("two"), SkipTrial = true })).Subscription();
        var ended = await host.ProvisionAsync("c", "basic", r => r with { Id = new("one") });

        Assert.Equal(first.Uid, same.Uid);
        Assert.NotEqual(first.Uid, fresh.Uid);
        Assert.Equal(["pro Canceled UpgradeOrDowngrade", "max Active"], await RecordsAsync(host));
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, ended.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Resources_of_a_product_with_several_subscriptions_are_scopes_of_their_own(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        Assert.Null((await host.Get<Modules.Catalog.Products.ProductUseCases>().UpdateAsync(
            host.Scope(), new("product-default"), new() { MultipleSubscriptions = true },
            TestContext.Current.CancellationToken)).Refusal);

        await host.ProvisionAsync("c", "basic", r => r with { ResourceId = new ResourceId("one") });
        await host.ProvisionAsync("c", "pro", r => r with { ResourceId = new ResourceId("two") });
        var missing = await host.ProvisionAsync("c", "basic");

        Assert.Equal(["basic Active", "pro InTrial"], await RecordsAsync(host));
        Assert.Equal(ErrorCode.InvalidArgumentError, missing.Refusal?.Code);
    }
}
