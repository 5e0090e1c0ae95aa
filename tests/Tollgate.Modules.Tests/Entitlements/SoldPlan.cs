using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Subscriptions.Publishing;
using Tollgate.Modules.Tests.Catalog;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Entitlements;

/// <summary>
/// A paid plan with an add-on and seven subscriptions that differ in what a new version does to them: a has two seats, b a
/// base fee of its own, c pays by the year, d holds the add-on twice, e has calls of its own, f has ended, g ends soon.
/// </summary>
internal sealed class SoldPlan(ModuleHost host)
{
    private static readonly string[] Customers = ["a", "b", "c", "d", "e", "f", "g"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public CatalogDriver Catalog { get; } = new(host);

    public static async Task<SoldPlan> CreateAsync(ModuleHost host)
    {
        var sold = new SoldPlan(host);
        await sold.Catalog.MeteredFeatureAsync("seats");
        await sold.Catalog.MeteredFeatureAsync("calls");
        Assert.Null((await host.Get<FeatureUseCases>().CreateAsync(
            host.Scope(), new() { Id = new("sso"), DisplayName = "SSO", Type = FeatureType.Boolean }, Cancellation)).Refusal);
        await sold.Catalog.AddonDraftAsync("support");
        await sold.PriceAddonAsync();
        await sold.Catalog.PublishAddonAsync("support");
        await sold.Catalog.DraftAsync("starter");
        await sold.Catalog.PublishAsync("starter");
        await sold.Catalog.DraftAsync("pro", PricingType.Paid);
        await sold.PriceAsync(20, 10, 200);
        await sold.Catalog.EditAsync("pro", new() { CompatibleAddonIds = new([new("support")]) });
        await sold.EntitleAsync(
            "pro", new(new("calls")) { UsageLimit = 1000m, Reset = new() { Period = new(ResetPeriod.Month) } });
        await sold.Catalog.PublishAsync("pro");
        foreach (var customer in Customers)
            await host.CustomerAsync(customer);
        await sold.SubscribeAsync();
        return sold;
    }

    /// <summary>Dearer, more calls, with SSO, without the add-on.</summary>
    public async Task DraftOfSecondAsync()
    {
        await PriceAsync(25, 12, 250);
        await Catalog.EditAsync("pro", new() { CompatibleAddonIds = new([]) });
        Assert.Null((await Catalog.Entitlements.UpdateAsync(
            host.Scope(),
            new("pro"),
            new([new(new("calls")) { UsageLimit = 2000m }], []),
            Cancellation)).Refusal);
        await EntitleAsync("pro", new(new("sso")));
    }

    public async Task EntitleAsync(string plan, EntitlementInput row) => Assert.Null((await Catalog.Entitlements.CreateAsync(
        host.Scope(), new(plan), new([row], []), Cancellation)).Refusal);

    public async Task ProvisionAsync(string id, string plan, Func<ProvisionRequest, ProvisionRequest>? with = null) =>
        Assert.Null((await host.ProvisionAsync(
            id, plan, r => with is null ? r with { Id = new(id) } : with(r with { Id = new(id) }))).Refusal);

    /// <summary>Everything stored about the customers' subscriptions, the plan and the log, as one text.</summary>
    public async Task<string> StateAsync()
    {
        var lines = new List<string>();
        foreach (var customer in Customers)
        {
            lines.AddRange((await host.StoredAsync(customer))
                .Select(s => JsonSerializer.Serialize(s, BodyJson.Default.Subscription)));
        }

        lines.AddRange((await Catalog.EventsAsync(new())).Select(e => $"{e.Id} {e.Type}"));
        lines.Add($"{(await Catalog.LatestAsync("pro")).Version}");
        var invoices = await host.Database.ReadAsync(
            async (session, token) =>
            {
                await using var command = session.Connection.CreateCommand();
                command.CommandText = "SELECT COUNT(*) FROM invoices";
                return await command.ExecuteScalarAsync(token);
            },
            Cancellation);
        lines.Add($"{invoices}");
        return string.Join('\n', lines);
    }

    public async Task<IReadOnlyDictionary<string, EntitlementSet>> EntitlementsAsync()
    {
        var sets = new Dictionary<string, EntitlementSet>();
        foreach (var customer in Customers)
        {
            sets[customer] = await host.Database.ReadAsync(
                async (session, _) => await host.Get<ScopeCompiler>().ComputeAsync(
                    session, host.EnvironmentId, new(customer), null,
                    await host.Get<CatalogReader>().FeaturesAsync(session, host.EnvironmentId), host.Scope().Now),
                Cancellation);
        }

        return sets;
    }

    /// <summary>What the open subscriptions cost each period in advance, from what is stored.</summary>
    public async Task<IReadOnlyList<(string Currency, BillingPeriod Period, decimal Amount)>> RecurringAsync()
    {
        var all = new List<RecurringAmount>();
        foreach (var customer in Customers)
        {
            foreach (var subscription in (await host.StoredAsync(customer)).Where(s => !s.IsEnded))
            {
                all.Add((await host.Database.ReadAsync(
                    (session, _) => new RecurringAmounts(host.Get<CatalogReader>(), session, host.EnvironmentId)
                        .OfAsync(subscription),
                    Cancellation))!);
            }
        }

        return [.. all.GroupBy(a => (a.Currency, a.Period)).OrderBy(g => g.Key.Period)
            .Select(g => (g.Key.Currency, g.Key.Period, g.Sum(a => a.Amount)))];
    }

    private async Task SubscribeAsync()
    {
        await ProvisionAsync("a", "pro", r => r with { Quantities = [new(new("seats"), 2)] });
        await ProvisionAsync("b", "pro", r => r with
        {
            Quantities = [new(new("seats"), 3)],
            PriceOverrides = [new() { BaseCharge = true, Amount = 15 }],
        });
        await ProvisionAsync("c", "pro", r => r with { BillingPeriod = BillingPeriod.Annually });
        await ProvisionAsync("d", "pro", r => r with { Addons = [new(new("support"), 2)] });
        await ProvisionAsync("e", "pro", r => r with { Overrides = [new(new("calls")) { UsageLimit = 5000 }] });
        await ProvisionAsync("f", "pro");
        await CancelAsync("f", CancellationTime.Immediate);
        await ProvisionAsync("g", "pro");
        await CancelAsync("g", CancellationTime.EndOfBillingPeriod);
    }

    private async Task CancelAsync(string id, CancellationTime time) =>
        Assert.Null((await host.Get<SubscriptionUseCases>().CancelAsync(
            host.Scope(), new(id), new() { Time = time }, Cancellation)).Refusal);

    private async Task PriceAsync(decimal flat, decimal seat, decimal year)
    {
        var pricing = new PricingInput(PricingType.Paid)
        {
            Models =
            [
                new(BillingModel.FlatFee,
                [
                    new(BillingPeriod.Monthly) { Price = new(flat, "usd") },
                    new(BillingPeriod.Annually) { Price = new(year, "usd") },
                ]),
                new(BillingModel.PerUnit,
                [
                    new(BillingPeriod.Monthly) { Price = new(seat, "usd") },
                    new(BillingPeriod.Annually) { Price = new(100, "usd") },
                ])
                {
                    FeatureId = new FeatureId("seats"),
                },
            ],
        };
        Assert.Null((await Catalog.Plans.UpdateAsync(host.Scope(), new("pro"), new(new(), pricing), Cancellation)).Refusal);
    }

    private async Task PriceAddonAsync()
    {
        var pricing = new PricingInput(PricingType.Paid)
        {
            Models =
            [
                new(BillingModel.FlatFee,
                [
                    new(BillingPeriod.Monthly) { Price = new(5, "usd") },
                    new(BillingPeriod.Annually) { Price = new(50, "usd") },
                ]),
            ],
        };
        Assert.Null((await Catalog.Addons.UpdateAsync(
            host.Scope(), new("support"), new(new(), pricing), Cancellation)).Refusal);
    }
}
