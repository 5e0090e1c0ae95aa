using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Tests.Usage;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Credits.CreditDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>Credits in checks and lists (spec credits 3, entitlements-and-usage 3 and 4).</summary>
public sealed class CreditCheckTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Grants_alone_entitle_without_a_subscription(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CurrencyAsync("gems");
        Assert.Equal(AccessDeniedReason.EntitlementNotFound, await host.CreditReasonAsync());
        Assert.Equal(AccessDeniedReason.EntitlementNotFound, await host.CreditReasonAsync(currency: "none"));
        Assert.Equal(AccessDeniedReason.CustomerNotFound, await host.CreditReasonAsync(customer: "nobody"));

        await host.GrantAsync(Draft(5) with { ExpireAt = host.At(1) });

        Assert.Null(await host.CreditReasonAsync());
        Assert.Null(await host.CreditReasonAsync(5));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.CreditReasonAsync(6));
        Assert.Equal(AccessDeniedReason.EntitlementNotFound, await host.CreditReasonAsync(currency: "gems"));
        var answer = await host.CheckCreditsAsync();
        Assert.Equal((0m, 5m), (answer.Credits!.Pool.TotalConsumed, answer.Credits.Pool.TotalGranted));
        host.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(AccessDeniedReason.EntitlementNotFound, await host.CreditReasonAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Feature_priced_in_credits_needs_what_the_request_costs(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await MeteredAsync(host, "tokens");
        await host.SubscribeAsync(Mapping("tokens", 0.5m));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.ReasonAsync("c", "tokens"));
        // A mapping alone makes the currency an entitlement, of nothing yet.
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.CreditReasonAsync());

        await host.GrantAsync(10);

        Assert.Null(await host.ReasonAsync("c", "tokens", 20));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.ReasonAsync("c", "tokens", 21));
        await host.ConsumeAsync(Use(10, "all"));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.ReasonAsync("c", "tokens"));
        await host.GrantAsync(1);
        Assert.Null(await host.ReasonAsync("c", "tokens", 2));
        // PostgreSQL keeps balances only while notices of other nodes arrive, and this host listens to none.
        if (kind == DatabaseKind.Sqlite)
            Assert.True(TryFromMemory(host, "tokens").Outcome.IsGranted);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task List_shows_credits_after_the_features_by_currency(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CurrencyAsync("aa");
        await MeteredAsync(host, "tokens");
        await host.SubscribeAsync(Mapping("tokens", 1));
        await host.GrantAsync(Draft(5) with { CurrencyId = new("aa") });
        var list = await ListAsync(host);

        Assert.Equal(AccessDeniedReason.InsufficientCredits, Assert.Single(list.Rows).DeniedReason);
        Assert.Equal(["aa", "ai"], list.Credits.Select(held => held.Currency.Id.Value));
        Assert.Equal([5m, 0m], list.Credits.Select(held => held.Pool.Balance));

        await host.GrantAsync(1);
        Assert.Null(Assert.Single((await ListAsync(host)).Rows).DeniedReason);
        // A customer with credits and no subscription has something to list.
        await host.CustomerAsync("d");
        Assert.Equal(AccessDeniedReason.NoActiveSubscription, (await ListAsync(host, "d")).DeniedReason);
        await host.GrantAsync(3, "d");
        var bare = await ListAsync(host, "d");
        Assert.Null(bare.DeniedReason);
        Assert.Equal(3, Assert.Single(bare.Credits).Pool.Balance);
    }

    private static EntitlementAnswer TryFromMemory(ModuleHost host, string feature)
    {
        var scope = host.Scope();
        Assert.True(host.Get<CheckEntitlement>().TryCheck(
            scope.EnvironmentId, new("c", null, feature, 0, []), scope.Now, out var answer));
        return answer;
    }

    private static async Task MeteredAsync(ModuleHost host, string id) => Assert.Null((await host
        .Get<FeatureUseCases>().CreateAsync(
            host.Scope(),
            new()
            {
                Id = new(id),
                DisplayName = id,
                Type = FeatureType.Number,
                MeterType = MeterType.Incremental,
                Meter = new(
                    new(AggregationFunction.Count, null),
                    [new([new("eventName", ConditionOperation.Equals, "call", null)])]),
            },
            Cancellation)).Refusal);

    private static PricingModelInput Mapping(string feature, decimal rate) =>
        new(BillingModel.CreditBased, [new(BillingPeriod.Monthly) { CreditRate = new(rate, new("ai"), null) }])
        {
            FeatureId = new(feature),
        };

    private static async Task<EntitlementList> ListAsync(ModuleHost host, string customer = "c") =>
        (await host.Get<ListEntitlements>().ExecuteAsync(host.Scope(), new(customer), null, Cancellation)).Value;
}
