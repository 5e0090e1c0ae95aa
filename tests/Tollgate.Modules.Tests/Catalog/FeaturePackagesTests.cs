using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.FeatureGroups;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Modules.Rows;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class FeaturePackagesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Packages_of_a_feature_are_those_whose_latest_version_uses_it(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        // An underscore of an id is a letter, not a wildcard.
        foreach (var id in (string[])["se_ts", "seats"])
            await catalog.MeteredFeatureAsync(id);
        Accepted(await host.Get<FeatureGroupUseCases>().CreateAsync(
            host.Scope(), new("team", "Team", [new("se_ts")]), Cancellation));

        await PlanAsync("published", 3);
        await catalog.PublishAsync("published");
        // Its open draft has another value, and its draft alone is not latest.
        await catalog.EditAsync("published", new() { Description = "v2" });
        Accepted(await catalog.Entitlements.UpdateAsync(
            host.Scope(), new("published"), new([new(new("se_ts")) { UsageLimit = 4 }], []), Cancellation));
        await PlanAsync("former", 5);
        await catalog.PublishAsync("former");
        await catalog.EditAsync("former", new() { Description = "v2" });
        Accepted(await catalog.Entitlements.DeleteAsync(host.Scope(), new("former"), "se_ts", Cancellation));
        await catalog.PublishAsync("former");
        await PlanAsync("archived", 6);
        await catalog.PublishAsync("archived");
        Accepted(await catalog.Plans.ArchiveAsync(host.Scope(), new("archived"), Cancellation));
        await PlanAsync("other", 7, "seats");
        await catalog.AddonDraftAsync("draft");
        Accepted(await host.Get<GroupsOnPackages>().AddAsync(
            host.Scope(), new(PackageKind.Addon, new("draft")), "team", [new(new("se_ts")) { HasUnlimitedUsage = new(true) }],
            Cancellation));
        var pricing = new PricingInput(PricingType.Paid)
        {
            Models =
            [
                new(BillingModel.UsageBased, [new(BillingPeriod.Monthly) { Price = new(2, "usd") }]) { FeatureId = new("se_ts") },
            ],
        };
        await catalog.DraftAsync("charging", PricingType.Paid);
        Accepted(await catalog.Plans.UpdateAsync(host.Scope(), new("charging"), new(new(), pricing), Cancellation));

        var first = Accepted(await ListAsync("se_ts", new(2, null, null)));
        var rest = Accepted(await ListAsync("se_ts", new(2, first.Next, null)));
        Assert.Equal(
            [
                ("charging", PackageKind.Plan, null, true, ""), ("draft", PackageKind.Addon, null, false, "team"),
                ("published", PackageKind.Plan, 3m, false, ""),
            ],
            first.Items.Concat(rest.Items).Select(found => (
                found.Usage.Package.Id.Value, found.Usage.Package.Kind, found.Usage.Entitlement?.UsageLimit, found.Usage.HasCharge,
                string.Join(',', found.Groups.Select(group => group.Id)))));
        Assert.True(first.Items[1].Usage.Entitlement!.HasUnlimitedUsage);
        Assert.Null(rest.Next);
        Assert.Equal("other", Assert.Single(Accepted(await ListAsync("seats", PageRequest.First)).Items).Usage.Package.Id.Value);
        Assert.Equal(ErrorCode.FeatureNotFound, (await ListAsync("nobody", PageRequest.First)).Refusal?.Code);
        Assert.Equal(ErrorCode.BadUserInput, (await ListAsync("seats", new(2, Guid.NewGuid(), null))).Refusal?.Code);

        async Task PlanAsync(string id, int limit, string feature = "se_ts")
        {
            await catalog.DraftAsync(id);
            Accepted(await catalog.Entitlements.CreateAsync(
                host.Scope(), new(id), new([new(new(feature)) { UsageLimit = limit }], []), Cancellation));
        }

        Task<Result<Page<FeaturePackage>>> ListAsync(string id, PageRequest page) =>
            host.Get<FeatureUseCases>().ListPackagesAsync(host.Scope(), new(id), page, Cancellation);
    }

    private static T Accepted<T>(Result<T> result)
    {
        Assert.Null(result.Refusal);
        return result.Value;
    }
}
