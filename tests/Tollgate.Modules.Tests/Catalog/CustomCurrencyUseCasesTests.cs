using Tollgate.Domain;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.CreditCurrencies;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Rows;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class CustomCurrencyUseCasesTests
{
    private static readonly CustomCurrencyDraft Ai = new(new("ai"), "AI credits")
    {
        Description = "Tokens",
        Symbol = "@",
        Units = new("credit", "credits"),
        Metadata = new Dictionary<string, string> { ["team"] = "ml" },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Currency_is_read_as_it_was_created_and_stays_in_its_environment(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var currencies = host.Get<CustomCurrencyUseCases>();
        var created = (await currencies.CreateAsync(host.Scope(), Ai, Cancellation)).Value;

        var read = await ReadAsync(host, "ai");
        var listed = (await ListAsync(host)).Single();
        var elsewhere = await currencies.ArchiveAsync(host.Scope("production"), new("ai"), Cancellation);
        var again = await currencies.CreateAsync(host.Scope(), Ai, Cancellation);

        Assert.Equal(
            ("AI credits", "Tokens", "@", new CurrencyUnits("credit", "credits"), "ml"),
            (read!.DisplayName, read.Description, read.Symbol, read.Units, read.Metadata["team"]));
        Assert.Equal(created.Uid, listed.Uid);
        Assert.Equal(ErrorCode.CustomCurrencyNotFound, elsewhere.Refusal?.Code);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, again.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Id_of_an_archived_currency_is_free_and_means_the_active_one(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var currencies = host.Get<CustomCurrencyUseCases>();
        var first = (await currencies.CreateAsync(host.Scope(), Ai, Cancellation)).Value;
        await currencies.ArchiveAsync(host.Scope(), new("ai"), Cancellation);
        Assert.Equal(first.Uid, (await ReadAsync(host, "ai"))!.Uid);
        host.Time.Advance(TimeSpan.FromHours(1));
        var second = (await currencies.CreateAsync(host.Scope(), Ai, Cancellation)).Value;

        Assert.Equal(second.Uid, (await ReadAsync(host, "ai"))!.Uid);
        Assert.Equal([second.Uid], (await ListAsync(host)).Select(c => c.Uid));
        Assert.Equal([first.Uid], (await ListAsync(host, true)).Select(c => c.Uid));
        Assert.Equal([second.Uid, first.Uid], (await ListAsync(host, true, false)).Select(c => c.Uid));
        // The active one is what the id means, so there is nothing to unarchive.
        Assert.Equal(second.Uid, (await currencies.UnarchiveAsync(host.Scope(), new("ai"), Cancellation)).Value.Uid);

        // Both archived: the id means the one archived last.
        await currencies.ArchiveAsync(host.Scope(), new("ai"), Cancellation);
        Assert.Equal(second.Uid, (await currencies.UnarchiveAsync(host.Scope(), new("ai"), Cancellation)).Value.Uid);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Currency_that_a_package_prices_in_is_not_archived(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        var currencies = host.Get<CustomCurrencyUseCases>();
        await currencies.CreateAsync(host.Scope(), Ai, Cancellation);
        await catalog.DraftAsync("pro", PricingType.Paid);
        var topUp = new PricingInput(PricingType.Paid)
        {
            Models =
            [
                new(BillingModel.FlatFee, [new(BillingPeriod.Monthly) { Price = new(10, "usd") }]),
                new(BillingModel.PerUnit, [new(BillingPeriod.Monthly) { Price = new(0.01m, "usd") }])
                {
                    TopUpCurrencyId = new("ai"), Cadence = BillingCadence.OneOff,
                },
            ],
        };
        Assert.Null((await catalog.Plans.UpdateAsync(
            host.Scope(), new("pro"), new(new(), topUp), Cancellation)).Refusal);

        var dependants = (await currencies.DependantsAsync(host.Scope(), new("ai"), Cancellation)).Value;
        var archived = await currencies.ArchiveAsync(host.Scope(), new("ai"), Cancellation);

        Assert.Equal([new(PackageKind.Plan, new("pro"), "pro")], dependants);
        Assert.Equal(ErrorCode.IntegrityViolation, archived.Refusal?.Code);
        Assert.Equal(
            ErrorCode.CustomCurrencyNotFound,
            (await currencies.DependantsAsync(host.Scope(), new("none"), Cancellation)).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Packages_sell_credits_of_a_live_currency_only(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        var currencies = host.Get<CustomCurrencyUseCases>();
        await currencies.CreateAsync(host.Scope(), Ai, Cancellation);
        await catalog.DraftAsync("pro", PricingType.Paid);
        async Task<ErrorCode?> SetAsync(string currency, BillingCadence cadence) => (await catalog.Plans.UpdateAsync(
            host.Scope(),
            new("pro"),
            new(
                new(),
                new(PricingType.Paid)
                {
                    Models =
                    [
                        new(BillingModel.PerUnit, [new(BillingPeriod.Monthly) { Price = new(1, "usd") }])
                        {
                            TopUpCurrencyId = new(currency), Cadence = cadence,
                        },
                    ],
                }),
            Cancellation)).Refusal?.Code;

        Assert.Null(await SetAsync("ai", BillingCadence.Recurring));
        Assert.Null(await SetAsync("ai", BillingCadence.OneOff));
        Assert.Equal(
            ErrorCode.IntegrityViolation,
            (await currencies.ArchiveAsync(host.Scope(), new("ai"), Cancellation)).Refusal?.Code);
        await currencies.CreateAsync(host.Scope(), Ai with { Id = new("old") }, Cancellation);
        await currencies.ArchiveAsync(host.Scope(), new("old"), Cancellation);
        Assert.Equal(ErrorCode.EntityIsArchivedError, await SetAsync("old", BillingCadence.OneOff));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Overage_of_credits_needs_credits_to_go_beyond_and_makes_them_soft(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        foreach (var id in new[] { "ai", "img", "old" })
            await host.Get<CustomCurrencyUseCases>().CreateAsync(host.Scope(), Ai with { Id = new(id) }, Cancellation);
        await host.Get<CustomCurrencyUseCases>().ArchiveAsync(host.Scope(), new("old"), Cancellation);
        await catalog.MeteredFeatureAsync("calls");
        await catalog.DraftAsync("pro", PricingType.Paid);
        var price = new PricePeriodInput(BillingPeriod.Monthly) { Price = new(0.02m, "usd") };
        var overage = new PricingModelInput(BillingModel.UsageBased, [price]) { TopUpCurrencyId = new("ai") };
        const string row = "charges.overagePricingModels[0]";

        Assert.Equal((ErrorCode.CustomCurrencyNotFound, $"{row}.currencyId"), await TryAsync(overage with { TopUpCurrencyId = new("none") }));
        Assert.Equal((ErrorCode.EntityIsArchivedError, $"{row}.currencyId"), await TryAsync(overage with { TopUpCurrencyId = new("old") }));
        Assert.Equal((ErrorCode.BadUserInput, $"{row}.currencyId"), await TryAsync(overage));
        Assert.Equal((ErrorCode.InvalidArgumentError, $"{row}.currencyId"), await TryAsync(overage with { FeatureId = new("calls") }));
        Assert.Equal(
            (ErrorCode.InvalidArgumentError, $"{row}.billingCadence"), await TryAsync(overage with { Cadence = BillingCadence.OneOff }));
        Assert.Equal(
            (ErrorCode.InvalidArgumentError, $"{row}.pricePeriods"),
            await TryAsync(overage with { PricePeriods = [price with { CreditGrantCadence = CreditGrantCadence.Monthly }] }));
        Assert.Equal(
            (ErrorCode.BadUserInput, $"{row}.creditEntitlement.customCurrencyId"), await TryAsync(overage, Thousand with { CurrencyId = new("img") }));
        Assert.Equal(
            (ErrorCode.InvalidArgumentError, $"{row}.creditEntitlement.amount"), await TryAsync(overage, Thousand with { Amount = new(0m) }));
        Assert.Equal(
            (ErrorCode.DuplicatedEntityNotAllowed, "charges.overagePricingModels"),
            await TryAllAsync([overage, overage with { Model = BillingModel.PerUnit }], Thousand));
        Assert.Null(await TryAsync(overage, Thousand));
        // Said again with another amount it is that one; not said it stays, and stays soft.
        Assert.Null(await TryAsync(overage, Thousand with { Amount = new(2_000m) }));
        Assert.Null(await TryAsync(overage));

        var draft = (await catalog.Plans.RetrieveAsync(host.Scope(), new("pro"), Cancellation)).Value;
        var granted = Assert.Single(draft.CreditEntitlements);
        Assert.Equal((2_000m, CreditCadence.Month, true), (granted.Amount, granted.Cadence, granted.HasSoftLimit));
        Assert.Equal(new CurrencyId("ai"), Assert.Single(draft.OverageCharges).TopUpCurrencyId);

        async Task<(ErrorCode, string)?> TryAsync(PricingModelInput model, CreditEntitlementInput? included = null) =>
            await TryAllAsync([model], included);

        async Task<(ErrorCode, string)?> TryAllAsync(IReadOnlyList<PricingModelInput> models, CreditEntitlementInput? included)
        {
            var pricing = new PricingInput(PricingType.Paid)
            {
                Models = [new(BillingModel.FlatFee, [new(BillingPeriod.Monthly) { Price = new(10, "usd") }])],
                OverageModels = models,
            };
            var update = new PackageUpdate(new(), pricing) { OverageCredits = included is null ? [] : [new(0, included)] };
            var refusal = (await catalog.Plans.UpdateAsync(host.Scope(), new("pro"), update, Cancellation)).Refusal;
            return refusal is null ? null : (refusal.Code, refusal.Fields[0].Path);
        }
    }

    private static CreditEntitlementInput Thousand => new(new("ai"))
    {
        Amount = new(1_000m),
        Cadence = new(CreditCadence.Month),
        HasSoftLimit = new(true),
    };

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Each_change_leaves_its_event_and_a_repeated_one_none(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var currencies = host.Get<CustomCurrencyUseCases>();
        await currencies.CreateAsync(host.Scope(), Ai, Cancellation);
        foreach (var _ in (int[])[1, 2])
            await currencies.UpdateAsync(host.Scope(), new("ai"), new() { DisplayName = "Tokens" }, Cancellation);
        foreach (var _ in (int[])[1, 2])
            await currencies.ArchiveAsync(host.Scope(), new("ai"), Cancellation);
        foreach (var _ in (int[])[1, 2])
            await currencies.UnarchiveAsync(host.Scope(), new("ai"), Cancellation);

        Assert.Equal(
            [
                EventType.CustomCurrencyCreated, EventType.CustomCurrencyUpdated, EventType.CustomCurrencyArchived,
                EventType.CustomCurrencyUnarchived,
            ],
            await new CatalogDriver(host).EventsOfAsync(EntityKind.CustomCurrency, "ai"));
    }

    [Fact]
    public async Task Hundred_active_currencies_are_the_most_of_an_environment()
    {
        await using var host = await ModuleHost.StartAsync(DatabaseKind.Sqlite);
        var currencies = host.Get<CustomCurrencyUseCases>();
        for (var i = 0; i < 100; i++)
            Assert.Null((await currencies.CreateAsync(host.Scope(), new(new($"c{i}"), "c"), Cancellation)).Refusal);

        Assert.Equal(
            ErrorCode.TooManyCustomCurrencies, (await currencies.CreateAsync(host.Scope(), Ai, Cancellation)).Refusal?.Code);
        await currencies.ArchiveAsync(host.Scope(), new("c7"), Cancellation);
        Assert.Null((await currencies.CreateAsync(host.Scope(), Ai, Cancellation)).Refusal);
        Assert.Equal(
            ErrorCode.TooManyCustomCurrencies,
            (await currencies.UnarchiveAsync(host.Scope(), new("c7"), Cancellation)).Refusal?.Code);
    }

    private static Task<CustomCurrency?> ReadAsync(ModuleHost host, string id) => host.Database.ReadAsync(
        (session, _) => host.Get<CatalogReader>().CurrencyAsync(session, host.EnvironmentId, new CurrencyId(id)), Cancellation);

    private static async Task<IReadOnlyList<CustomCurrency>> ListAsync(ModuleHost host, params bool[] archived) =>
        (await host.Get<CustomCurrencyUseCases>().ListAsync(
            host.Scope(), archived.Length == 0 ? null : archived, PageRequest.First, Cancellation)).Value.Items;
}
