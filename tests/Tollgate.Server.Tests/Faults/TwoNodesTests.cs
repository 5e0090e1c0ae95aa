using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>Two processes on one PostgreSQL database: what one commits the other answers by within a second.</summary>
public sealed class TwoNodesTests : IAsyncLifetime
{
    private static readonly TimeSpan StalenessBound = TimeSpan.FromSeconds(1);

    private ServerProcess _a = null!;
    private ServerProcess _b = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _a = await ServerProcess.StartAsync(DatabaseKind.PostgreSql, Cancellation);
        _b = await ServerProcess.StartAsync(
            new ServerOptions { Database = DatabaseKind.PostgreSql, ConnectionString = _a.ConnectionString }, Cancellation);
        await _a.Client.SetUpAsync("c", "d");
    }

    public async ValueTask DisposeAsync()
    {
        await _b.DisposeAsync();
        await _a.DisposeAsync();
    }

    [Fact]
    public async Task Changes_on_one_node_are_answered_by_the_other_within_a_second()
    {
        await WarmAsync();
        Assert.Equal(201, (await _a.Client.ReportAsync("c")).Status);
        await SoonAsync(async () => await _b.Client.UsageAsync("c") == 1);

        await _a.Client.ChangeLimitAsync("free", 77);
        await Eventually.TrueAsync(async () => await LimitAsync(_a) == 77, cancellationToken: Cancellation);
        await SoonAsync(async () => await LimitAsync(_b) == 77);

        var subscription = (await _a.Client.ReadAsync("/api/v1/subscriptions?customerId=c", Cancellation)).Data[0];
        await _a.Client.DoAsync(
            $"/api/v1/subscriptions/{subscription.GetProperty("id").GetString()}/cancel", new { });
        await SoonAsync(async () => !(await _b.Client.EntitlementAsync("c")).GetProperty("isGranted").GetBoolean());

        await _a.Client.DoAsync("/api/v1/features", new { id = "new", displayName = "New", featureType = "BOOLEAN" });
        await SoonAsync(async () => (await _b.Client.ReadAsync(
            "/api/v1/customers/d/entitlements/check?featureId=new", Cancellation)).Data
            .GetProperty("accessDeniedReason").GetString() == "NoFeatureEntitlementInSubscription");
    }

    [Fact]
    public async Task Reports_on_both_nodes_add_up_and_a_key_counts_once()
    {
        await WarmAsync();
        var nodes = new[] { _a, _b };
        var sent = await Task.WhenAll(Enumerable.Range(0, 16).Select(async client =>
        {
            // Every key goes to both nodes at once, and one report without a key to either.
            for (var i = 0; i < 20; i++)
            {
                var key = $"k{client}-{i}";
                var answers = await Task.WhenAll(nodes.Select(node => node.Client.ReportAsync("c", key))
                    .Append(nodes[i % 2].Client.ReportAsync("c")));
                Assert.All(answers, answer => Assert.Equal(201, answer.Status));
                Assert.Equal(answers[0].Data[0].GetRawText(), answers[1].Data[0].GetRawText());
            }

            return 40;
        }));

        var total = sent.Sum();
        await SoonAsync(async () => await _a.Client.UsageAsync("c") == total);
        await SoonAsync(async () => await _b.Client.UsageAsync("c") == total);
        Assert.Equal(total, await _a.Client.UsageByHistoryAsync("c"));
        Assert.Equal(total, await _b.Client.UsageByHistoryAsync("c"));
    }

    [Fact]
    public async Task Clock_moved_on_one_node_moves_the_other_and_every_renewal_happens_once()
    {
        await _a.Client.DoAsync("/api/v1/plans", new
        {
            id = "paid",
            displayName = "Paid",
            productId = "product-default",
            pricingType = "PAID",
        });
        var pricing = new
        {
            charges = new
            {
                pricingType = "PAID",
                pricingModels = new[]
                {
                    new
                    {
                        billingModel = "FLAT_FEE",
                        pricePeriods = new[] { new { billingPeriod = "MONTHLY", price = new { amount = 5, currency = "usd" } } },
                    },
                },
            },
        };
        var priced = await _a.Client.CallAsync(HttpMethod.Patch, "/api/v1/plans/paid", pricing, Cancellation);
        Assert.True(priced.Status == 200, priced.Text);
        await _a.Client.GrantAsync("paid", 100);
        var customers = Enumerable.Range(0, 5).Select(i => $"payer-{i}").ToArray();
        foreach (var customer in customers)
        {
            await _a.Client.DoAsync("/api/v1/customers", new { id = customer });
            await _b.Client.DoAsync(
                "/api/v1/subscriptions", new { customerId = customer, planId = "paid", billingPeriod = "MONTHLY" });
        }

        var start = DateTimeOffset.UtcNow;
        // Three months and a few days; both nodes' workers see the clock move while it does.
        await _a.Client.DoAsync("/tollgate/v1/test-clock/advance", new { to = start.AddMonths(3).AddDays(3) });

        await SoonAsync(async () => (await _b.Client.ReadAsync("/tollgate/v1/test-clock", Cancellation)).Data
            .GetProperty("now").GetDateTimeOffset() >= start.AddMonths(3).AddDays(3));
        foreach (var customer in customers)
        {
            var events = await _b.Client.ReadAsync($"/tollgate/v1/events?limit=100&customerId={customer}", Cancellation);
            var types = events.Data.EnumerateArray().Select(e => e.GetProperty("type").GetString()).ToList();
            Assert.Equal(3, types.Count(type => type == "SUBSCRIPTION_BILLING_MONTH_ENDS_SOON"));
            Assert.Equal(3, types.Count(type => type == "SUBSCRIPTION_UPDATED"));
        }
    }

    private static async Task<int> LimitAsync(ServerProcess node) =>
        (await node.Client.EntitlementAsync("c")).GetProperty("usageLimit").GetInt32();

    private static Task SoonAsync(Func<Task<bool>> condition) =>
        Eventually.TrueAsync(condition, StalenessBound, Cancellation);

    private async Task WarmAsync()
    {
        foreach (var node in new[] { _a, _b })
        {
            Assert.Equal(0, await node.Client.UsageAsync("c"));
            Assert.Equal(0, await node.Client.UsageAsync("d"));
        }
    }
}
