using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Entitlements.Promotions;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Entitlements;

/// <summary>Promotional entitlements over both databases; the clock starts on 2025-01-15 at 12:00.</summary>
public sealed class PromotionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Grant_lets_a_customer_without_subscription_in_until_it_ends(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("c");

        await GrantAsync(host, "c", Seats(3));
        var granted = await CheckAsync(host, "c", requested: 3);
        var beyond = await CheckAsync(host, "c", requested: 4);
        host.Time.Advance(TimeSpan.FromDays(7));
        var over = await CheckAsync(host, "c", requested: 0);

        Assert.Equal((true, null), (granted.IsGranted, granted.DeniedReason));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, beyond.DeniedReason);
        Assert.Equal(AccessDeniedReason.NoActiveSubscription, over.DeniedReason);
        var listed = Assert.Single(await ListAsync(host, "c"));
        Assert.Equal(PromotionStatus.Expired, listed.Status);
        Assert.Empty(await ListAsync(host, "c", PromotionStatus.Active));
        Assert.Equal(
            [
                "2025-01-15T12:00:00Z PromotionalEntitlementGranted c",
                "2025-01-15T12:00:00Z PromotionalEntitlementEndsSoon c",
                "2025-01-22T12:00:00Z PromotionalEntitlementExpired c",
            ],
            await host.EventsAsync(3));
        Assert.Equal(0, await host.RunDueAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Granted_again_it_is_the_same_one_and_after_its_end_a_new_one(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("c");
        var first = Assert.Single((await GrantAsync(host, "c", Seats(3))).Value);
        host.Time.Advance(TimeSpan.FromDays(1));
        var second = Assert.Single((await GrantAsync(host, "c", Seats(9))).Value);
        await host.Get<PromotionUseCases>().RevokeAsync(host.Scope(), new("c"), new("seats"), Cancellation);
        var twice = await host.Get<PromotionUseCases>().RevokeAsync(host.Scope(), new("c"), new("seats"), Cancellation);
        var none = await CheckAsync(host, "c", 0);
        var third = Assert.Single((await GrantAsync(host, "c", Seats(1))).Value);

        Assert.Equal(first.Uid, second.Uid);
        Assert.NotEqual(second.Uid, third.Uid);
        Assert.Equal(ErrorCode.PromotionalEntitlementNotFoundError, twice.Refusal?.Code);
        Assert.False(none.IsGranted);
        Assert.Equal([third.Uid], (await ListAsync(host, "c")).Select(p => p.Uid));
        Assert.Equal(
            [
                "2025-01-15T12:00:00Z PromotionalEntitlementGranted c",
                "2025-01-15T12:00:00Z PromotionalEntitlementEndsSoon c",
                "2025-01-16T12:00:00Z PromotionalEntitlementUpdated c",
                "2025-01-16T12:00:00Z PromotionalEntitlementEndsSoon c",
                "2025-01-16T12:00:00Z PromotionalEntitlementRevoked c",
                "2025-01-16T12:00:00Z PromotionalEntitlementGranted c",
                "2025-01-16T12:00:00Z PromotionalEntitlementEndsSoon c",
            ],
            await host.EventsAsync(7));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task List_is_granted_as_a_whole_or_not_at_all(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("c");

        var refused = await GrantAsync(host, "c", Seats(3), new(new("unknown"), PromotionPeriod.OneWeek));
        var nobody = await GrantAsync(host, "nobody", Seats(3));

        Assert.Equal(ErrorCode.FeatureNotFound, refused.Refusal?.Code);
        Assert.Equal(ErrorCode.CustomerNotFound, nobody.Refusal?.Code);
        Assert.Empty(await ListAsync(host, "c"));
        var granted = (await GrantAsync(host, "c", Seats(3), Regions("eu"))).Value;
        Assert.Equal(["seats", "regions"], granted.Select(p => p.FeatureId.Value));
        Assert.Equal(["regions", "seats"], (await ListAsync(host, "c")).Select(p => p.FeatureId.Value));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archived_customer_has_it_paused_and_back_when_unarchived_in_time(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("c");
        await GrantAsync(host, "c", Seats(3) with { Period = PromotionPeriod.OneMonth }, Regions("eu"));
        var (archive, customers) = (host.Get<ArchiveCustomer>(), host.Get<CustomerUseCases>());

        Assert.Null((await archive.ExecuteAsync(host.Scope(), new("c"), Cancellation)).Refusal);
        var archived = await CheckAsync(host, "c", 0);
        var refused = await GrantAsync(host, "c", Seats(5));
        var hidden = await host.Get<PromotionUseCases>().ListAsync(
            host.Scope(), new(new("c")), PageRequest.First, Cancellation);
        // The region ends on Jan 22, the seats on Feb 15: their end comes near on Feb 8.
        host.Time.Advance(TimeSpan.FromDays(25));
        Assert.Null((await customers.UnarchiveAsync(host.Scope(), new("c"), Cancellation)).Refusal);
        var back = await CheckAsync(host, "c", 3);

        Assert.Equal(AccessDeniedReason.CustomerIsArchived, archived.DeniedReason);
        Assert.Equal(ErrorCode.EntityIsArchivedError, refused.Refusal?.Code);
        Assert.Equal(ErrorCode.CustomerNotFound, hidden.Refusal?.Code);
        Assert.True(back.IsGranted);
        Assert.Equal(
            [("seats", PromotionStatus.Active)],
            (await ListAsync(host, "c", PromotionStatus.Active)).Select(p => (p.FeatureId.Value, p.Status)));
        Assert.Equal(
            [
                "2025-01-15T12:00:00Z CustomerDeleted c",
                "2025-01-22T12:00:00Z PromotionalEntitlementExpired c",
                "2025-02-09T12:00:00Z CustomerUnarchived c",
                "2025-02-09T12:00:00Z PromotionalEntitlementEndsSoon c",
            ],
            await host.EventsAsync(4));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task At_one_instant_promotions_end_before_subscriptions_whoever_notices(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.PaidPlanAsync("pro", 20, new(7, TrialUnits.Day, null, null));
        foreach (var customer in (string[])["worker", "reader"])
        {
            await host.CustomerAsync(customer);
            await host.ProvisionAsync(customer, "pro");
            await GrantAsync(host, customer, Seats(3));
        }

        host.Time.Advance(TimeSpan.FromDays(8));
        await CheckAsync(host, "reader", 0);
        await host.RunDueAsync();

        // Both trials announced their end at their start, which is due work too; each customer has three changes on Jan 22.
        string[] end = ["PromotionalEntitlementExpired", "SubscriptionTrialExpired"];
        var events = (await host.EventsAsync(100)).Where(e => e.StartsWith("2025-01-22T12:00:00Z", StringComparison.Ordinal))
            .Select(e => e.Split(' ')).ToLookup(e => e[2], e => e[1]);
        Assert.Equal(end, events["reader"]);
        Assert.Equal(end, events["worker"]);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Work_of_all_kinds_is_done_in_the_order_it_fell_due(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        await host.CustomerAsync("promoted");
        await host.CustomerAsync("renews");
        await host.ProvisionAsync("renews", "basic");
        await GrantAsync(host, "promoted", Seats(3) with { Period = PromotionPeriod.OneYear });
        await GrantAsync(host, "renews", Seats(3) with { Period = PromotionPeriod.OneMonth });

        host.Time.Advance(TimeSpan.FromDays(31));
        var done = await host.RunDueAsync();

        Assert.Equal(4, done);
        Assert.Equal(
            [
                "2025-02-08T12:00:00Z PromotionalEntitlementEndsSoon renews",
                "2025-02-15T11:00:00Z SubscriptionBillingMonthEndsSoon renews",
                "2025-02-15T12:00:00Z PromotionalEntitlementExpired renews",
                "2025-02-15T12:00:00Z SubscriptionUpdated renews",
                "2025-02-15T12:00:00Z InvoiceIssued renews",
                "2025-02-15T12:00:00Z InvoicePaid renews",
            ],
            await host.EventsAsync(6));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Archived_feature_is_not_granted_anew_and_stays_with_who_has_it(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("has");
        await host.CustomerAsync("wants");
        await GrantAsync(host, "has", Seats(3));
        var features = host.Get<FeatureUseCases>();

        Assert.Null((await features.ArchiveAsync(host.Scope(), new("seats"), Cancellation)).Refusal);

        Assert.Equal(ErrorCode.EntityIsArchivedError, (await GrantAsync(host, "wants", Seats(1))).Refusal?.Code);
        Assert.Equal(ErrorCode.EntityIsArchivedError, (await GrantAsync(host, "has", Seats(4))).Refusal?.Code);
        Assert.True((await CheckAsync(host, "has", 3)).IsGranted);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Enum_value_of_a_live_grant_cannot_be_removed(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("c");
        await GrantAsync(host, "c", Regions("eu"));
        var features = host.Get<FeatureUseCases>();
        FeatureEdit withoutEurope = new() { EnumConfiguration = new([new("us", "US")]) };

        var held = await features.UpdateAsync(host.Scope(), new("regions"), withoutEurope, Cancellation);
        host.Time.Advance(TimeSpan.FromDays(7));
        await host.RunDueAsync();
        var free = await features.UpdateAsync(host.Scope(), new("regions"), withoutEurope, Cancellation);

        Assert.Equal(ErrorCode.IntegrityViolation, held.Refusal?.Code);
        Assert.Null(free.Refusal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Feature_that_was_granted_once_cannot_be_deleted(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("c");
        await GrantAsync(host, "c", Seats(3));
        await host.Get<PromotionUseCases>().RevokeAsync(host.Scope(), new("c"), new("seats"), Cancellation);
        var delete = host.Get<DeleteFeature>();

        var granted = await delete.ExecuteAsync(host.Scope(), new("seats"), Cancellation);
        var unused = await delete.ExecuteAsync(host.Scope(), new("regions"), Cancellation);

        Assert.Equal(ErrorCode.CannotDeleteFeatureError, granted.Refusal?.Code);
        Assert.Null(unused.Refusal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Explanation_names_the_promotion_and_its_end(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("c");
        var granted = (await GrantAsync(host, "c", Seats(3))).Value[0];

        var explanation = (await host.Get<ExplainEntitlement>().ExecuteAsync(
            host.Scope(), new("c"), null, new("seats"), Cancellation)).Value;

        var source = Assert.Single(explanation.Sources);
        Assert.Equal((EntitlementSourceKind.Promotion, granted.Uid), (source.Kind, source.Uid));
        Assert.Equal(
            [
                "The promotion granted at 2025-01-15T12:00:00Z: the grant gives 3 hard, never resets.",
                "The promotion granted at 2025-01-15T12:00:00Z gives 3 hard, never resets.",
                "The promotion granted at 2025-01-15T12:00:00Z is the only one that grants it.",
                "Usage is 0 of 3; 3 may still be used.",
            ],
            explanation.Decisions);
        Assert.Equal(
            (EntitlementChangeKind.PromotionEnd, granted.EndDate!.Value),
            (explanation.NextChanges[0].Kind!.Value, explanation.NextChanges[0].At));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task List_is_paged_newest_first_and_filtered(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("c");
        await host.CustomerAsync("other");
        await GrantAsync(host, "c", Seats(3));
        host.Time.Advance(TimeSpan.FromDays(1));
        await GrantAsync(host, "c", Regions("eu"));
        await GrantAsync(host, "other", Seats(3));
        var promotions = host.Get<PromotionUseCases>();

        var first = (await promotions.ListAsync(host.Scope(), new(new("c")), new(1, null, null), Cancellation)).Value;
        var second = (await promotions.ListAsync(
            host.Scope(), new(new("c")), new(1, first.Next, null), Cancellation)).Value;
        var early = (await promotions.ListAsync(
            host.Scope(),
            new(new("c")) { Created = new(Before: host.Scope().Now) },
            PageRequest.First,
            Cancellation)).Value;

        Assert.Equal("regions", Assert.Single(first.Items).FeatureId.Value);
        Assert.Equal("seats", Assert.Single(second.Items).FeatureId.Value);
        Assert.Null(second.Next);
        Assert.Equal("seats", Assert.Single(early.Items).FeatureId.Value);
    }

    private static PromotionInput Seats(decimal limit) => new(new("seats"), PromotionPeriod.OneWeek) { UsageLimit = limit };

    private static PromotionInput Regions(params string[] values) =>
        new(new("regions"), PromotionPeriod.OneWeek) { EnumValues = values };

    private static async Task<ModuleHost> StartAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        var features = host.Get<FeatureUseCases>();
        Assert.Null((await features.CreateAsync(
            host.Scope(),
            new()
            {
                Id = new("seats"),
                DisplayName = "Seats",
                Type = FeatureType.Number,
                MeterType = MeterType.Fluctuating,
            },
            Cancellation)).Refusal);
        Assert.Null((await features.CreateAsync(
            host.Scope(),
            new()
            {
                Id = new("regions"),
                DisplayName = "Regions",
                Type = FeatureType.Enum,
                EnumConfiguration = [new("eu", "EU"), new("us", "US")],
            },
            Cancellation)).Refusal);
        return host;
    }

    private static Task<Result<IReadOnlyList<PromotionalEntitlement>>> GrantAsync(
        ModuleHost host, string customer, params PromotionInput[] rows) =>
        host.Get<PromotionUseCases>().GrantAsync(host.Scope(), new(customer), rows, Cancellation);

    private static async Task<IReadOnlyList<PromotionalEntitlement>> ListAsync(
        ModuleHost host, string customer, params PromotionStatus[] statuses) =>
        (await host.Get<PromotionUseCases>().ListAsync(
            host.Scope(), new(new(customer)) { Statuses = statuses }, PageRequest.First, Cancellation)).Value.Items;

    private static async Task<CheckOutcome> CheckAsync(ModuleHost host, string customer, decimal requested)
    {
        var scope = host.Scope();
        var question = new EntitlementQuestion(customer, null, "seats", requested, []);
        var answer = await host.Get<CheckEntitlement>().CheckAsync(scope.Environment, question, scope.Now, Cancellation);
        return answer.Outcome;
    }
}
