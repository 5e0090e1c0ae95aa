using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Catalog;
using Tollgate.Modules.Catalog.Coupons;
using Tollgate.Modules.Rows;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class CouponUseCasesTests
{
    private static readonly CouponDraft Percent = new("p20", "20 off")
    {
        Description = "Autumn",
        PercentOff = 20,
        DurationInMonths = 3,
        Metadata = new Dictionary<string, string> { ["team"] = "growth" },
    };

    private static readonly CouponDraft Fixed = new("fix", "Fixed") { AmountsOff = [new(10.5m, "usd"), new(9, "eur")] };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Coupon_is_read_as_it_was_created_and_stays_in_its_environment(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var coupons = host.Get<CouponUseCases>();
        await coupons.CreateAsync(host.Scope(), Percent, Cancellation);
        await coupons.CreateAsync(host.Scope(), Fixed, Cancellation);

        var percent = (await coupons.RetrieveAsync(host.Scope(), "p20", Cancellation)).Value;
        var amounts = (await coupons.RetrieveAsync(host.Scope(), "fix", Cancellation)).Value;
        var inSession = await host.Database.ReadAsync(
            (session, _) => host.Get<CatalogReader>().CouponAsync(session, host.EnvironmentId, "p20"), Cancellation);
        var elsewhere = await coupons.RetrieveAsync(host.Scope("production"), "p20", Cancellation);
        var again = await coupons.CreateAsync(host.Scope(), Percent, Cancellation);

        Assert.Equal(("20 off", "Autumn", 20m, 3),
            (percent.Name, percent.Description, percent.PercentOff, percent.DurationInMonths));
        Assert.Null(percent.AmountsOff);
        Assert.Equal("growth", percent.Metadata["team"]);
        Assert.Equal([new Money(10.5m, "usd"), new Money(9, "eur")], amounts.AmountsOff);
        Assert.Equal(percent.Uid, inSession!.Uid);
        Assert.Equal(ErrorCode.CouponNotFound, elsewhere.Refusal?.Code);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, again.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Filters_pick_by_id_type_status_and_creation(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var coupons = host.Get<CouponUseCases>();
        await coupons.CreateAsync(host.Scope(), Percent, Cancellation);
        host.Time.Advance(TimeSpan.FromHours(1));
        await coupons.CreateAsync(host.Scope(), Fixed, Cancellation);
        await coupons.CreateAsync(host.Scope(), Fixed with { Id = "old" }, Cancellation);
        await coupons.ArchiveAsync(host.Scope(), "old", Cancellation);

        async Task<IEnumerable<string>> Listed(CouponFilter filter) =>
            (await coupons.ListAsync(host.Scope(), filter, PageRequest.First, Cancellation)).Value.Items.Select(c => c.Id);

        Assert.Equal(["fix", "p20"], await Listed(new()));
        Assert.Equal(["p20"], await Listed(new() { Id = "p20" }));
        Assert.Equal(["fix"], await Listed(new() { Type = CouponType.Fixed }));
        Assert.Equal(["old"], await Listed(new() { Archived = [true] }));
        Assert.Equal(["old", "fix"], await Listed(new() { Archived = [true, false], Type = CouponType.Fixed }));
        var start = Instant.FromDateTimeOffset(ModuleHost.Start);
        Assert.Equal(["fix"], await Listed(new() { Created = new(After: start) }));
        Assert.Equal(["p20"], await Listed(new() { Created = new(To: start) }));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Coupon_made_for_one_subscription_is_in_no_list_but_keeps_its_id(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var coupons = host.Get<CouponUseCases>();
        var listed = CouponRules.Create(Percent, idIsTaken: false, Guid.CreateVersion7(), host.Scope().Now).Value.Value;
        var adHoc = listed with { Source = CouponSource.StiggAdhoc };
        await host.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                await new CouponStore().InsertAsync(session, host.EnvironmentId, adHoc);
                return true;
            },
            Cancellation);

        Assert.Empty((await coupons.ListAsync(host.Scope(), new(), PageRequest.First, Cancellation)).Value.Items);
        Assert.Equal(
            ErrorCode.DuplicatedEntityNotAllowed,
            (await coupons.CreateAsync(host.Scope(), Percent, Cancellation)).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Each_change_leaves_its_event_and_a_repeated_one_none(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var coupons = host.Get<CouponUseCases>();
        await coupons.CreateAsync(host.Scope(), Percent, Cancellation);
        foreach (var _ in (int[])[1, 2])
            await coupons.UpdateAsync(host.Scope(), "p20", new() { Name = "Twenty" }, Cancellation);
        foreach (var _ in (int[])[1, 2])
            await coupons.ArchiveAsync(host.Scope(), "p20", Cancellation);

        var refused = await coupons.UpdateAsync(host.Scope(), "p20", new() { Name = "x" }, Cancellation);

        Assert.Equal(ErrorCode.EntityIsArchivedError, refused.Refusal?.Code);
        Assert.Equal("Twenty", (await coupons.RetrieveAsync(host.Scope(), "p20", Cancellation)).Value.Name);
        Assert.Equal(
            [EventType.CouponCreated, EventType.CouponUpdated, EventType.CouponArchived],
            await new CatalogDriver(host).EventsOfAsync(EntityKind.Coupon, "p20"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Unknown_coupon_is_not_found(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var coupons = host.Get<CouponUseCases>();
        Assert.Equal(
            ErrorCode.CouponNotFound,
            (await coupons.UpdateAsync(host.Scope(), "none", new() { Name = "x" }, Cancellation)).Refusal?.Code);
        Assert.Equal(
            ErrorCode.CouponNotFound, (await coupons.ArchiveAsync(host.Scope(), "none", Cancellation)).Refusal?.Code);
    }
}
