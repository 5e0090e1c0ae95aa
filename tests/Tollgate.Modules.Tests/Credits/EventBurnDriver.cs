using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Tests.Usage;
using Tollgate.Modules.Tests.Usage.Events;
using Tollgate.Modules.Usage.Events;
using Tollgate.Modules.Usage.Events.Lateness;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>The feature "tokens", counted from events named "call" and paid in credits of "ai".</summary>
internal static class EventBurnDriver
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Usage by the calendar month.</summary>
    public static ResetInput Calendar { get; } =
        new() { Period = new(ResetPeriod.Month), Monthly = ResetAnchor.StartOfTheMonth };

    /// <summary>Customer "c" is on plan "pro", which maps the feature.</summary>
    public static async Task<ModuleHost> StartAsync(
        DatabaseKind kind, Meter meter, CreditRate? rate = null, UnitTransformation? units = null)
    {
        var host = await CreditDriver.StartAsync(kind);
        await host.FeatureAsync("tokens", events: meter, sold: units);
        await host.MappedPlanAsync("pro", "product-default", rate ?? new(0.5m, new("ai"), null));
        Accepted(await host.ProvisionAsync("c", "pro"));
        return host;
    }

    /// <summary>A published plan that prices tokens in credits.</summary>
    public static async Task MappedPlanAsync(this ModuleHost host, string id, string product, CreditRate rate)
    {
        var plans = host.Get<PlanUseCases>();
        Accepted(await plans.CreateAsync(
            host.Scope(),
            new(new(id), new(product), new() { DisplayName = id, PricingType = PricingType.Paid }),
            Cancellation));
        var pricing = new PricingInput(PricingType.Paid)
        {
            Models =
            [
                new(BillingModel.FlatFee, [new(BillingPeriod.Monthly) { Price = new(10, "usd") }]),
                new(BillingModel.CreditBased, [new(BillingPeriod.Monthly) { CreditRate = rate }])
                {
                    FeatureId = new("tokens"),
                    Reset = Calendar,
                },
            ],
        };
        Accepted(await plans.UpdateAsync(host.Scope(), new(id), new(new(), pricing), Cancellation));
        await host.PublishAsync(id);
    }

    /// <summary>Takes the event with the key out, or gives it other dimensions.</summary>
    public static async Task<Result<FeedEvent>> CorrectAsync(
        this ModuleHost host, string key, params (string Name, object Value)[]? dimensions)
    {
        var page = await host.FeedAsync(new() { Limit = 100 });
        var sent = page.Items.Single(item => item.Event.IdempotencyKey == key);
        return await host.Get<CorrectEvents>().ExecuteAsync(
            host.Scope(),
            sent.Address.ToString(),
            dimensions is null ? null : NaiveMetering.Dimensions(dimensions.ToDictionary(d => d.Name, d => d.Value)),
            "mistake",
            Cancellation);
    }

    /// <summary>It does not count any more.</summary>
    public static Task<Result<FeedEvent>> VoidAsync(this ModuleHost host, string key) => host.CorrectAsync(key, null);

    /// <summary>Events that are older than six hours when they come are held.</summary>
    public static async Task StrictAsync(this ModuleHost host, bool isStrict = true) =>
        Accepted(await host.Get<MeterLateness>().SetAsync(
            host.Scope(), new("tokens"),
            isStrict ? new(NodaTime.Duration.FromHours(6), LateEventAction.Quarantine) : null, Cancellation));

    /// <summary>Held events, by their keys.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> HeldAsync(this ModuleHost host) =>
        (await host.FeedAsync(new() { Limit = 100, Fate = EventFeedFate.Quarantined })).Items.ToDictionary(e => e.Event.IdempotencyKey, e => e.Address.ToString());

    public static Task<int> DecideAsync(this ModuleHost host, params string[] keys) => host.DecideAsync(true, keys);

    /// <summary>Releases or discards the held events with the keys; how many.</summary>
    public static async Task<int> DecideAsync(this ModuleHost host, bool isRelease, params string[] keys)
    {
        var held = await host.HeldAsync();
        return Accepted(await host.Get<QuarantinedEvents>().DecideAsync(
            host.Scope(), new([.. keys.Select(key => held[key])], null, null, null, null), isRelease, "decided", Cancellation)).Count;
    }

    public static async Task<Result<FeedEvent>> AmendHeldAsync(this ModuleHost host, string key, decimal tokens) =>
        await host.Get<CorrectEvents>().ExecuteAsync(
            host.Scope(),
            (await host.HeldAsync())[key],
            NaiveMetering.Dimensions(new Dictionary<string, object> { ["tokens"] = tokens }),
            "mistake",
            Cancellation);
}
