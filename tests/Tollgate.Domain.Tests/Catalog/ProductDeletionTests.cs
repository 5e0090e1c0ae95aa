using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class ProductDeletionTests
{
    [Fact]
    public void Whatever_was_ever_subscribed_to_stays() => Assert.Equal(
        ErrorCode.CannotDeleteProductError,
        Given.Code(ProductDeletion.Of(Given.Product(), hasSubscriptions: true, [], [], Given.Now)));

    [Fact]
    public void Every_version_goes_and_each_live_package_is_announced_once()
    {
        var old = Given.ProPlan() with { IsLatest = false };
        var live = Given.ProPlan() with { Version = 2 };
        var draft = Given.ProPlan() with { Version = 3, Status = PackageStatus.Draft, IsLatest = false };
        var addon = Given.ProPlan("extra") with { Kind = PackageKind.Addon };
        var archived = Given.FreePlan() with { Status = PackageStatus.Archived };

        var deleted = ProductDeletion.Of(
            Given.Product(), hasSubscriptions: false, [old, live, draft, addon, archived], [], Given.Now).Value;

        Assert.Equal(5, deleted.Packages.Count);
        Assert.Equal(
            [
                (EventType.PlanDeleted, "pro"), (EventType.PackageDraftDeleted, "pro"), (EventType.AddonDeleted, "extra"),
                (EventType.ProductDeleted, "app"),
            ],
            deleted.Events.Select(e => (e.Type, e.EntityId)));
        Assert.All(deleted.Events, e => Assert.Null(e.After));
    }

    [Fact]
    public void Other_products_lose_the_rules_that_named_its_plans_and_only_those()
    {
        var kept = new AutoCancellationRule(new("other-pro"), new("other-team"));
        var holder = Given.Product() with
        {
            Id = new("holder"),
            AutoCancellationRules = [new(new("pro"), new("other-team")), kept, new(new("other-pro"), new("pro"))],
        };
        var untouched = Given.Product() with { Id = new("untouched"), AutoCancellationRules = [kept] };

        var deleted = ProductDeletion.Of(
            Given.Product(), hasSubscriptions: false, [Given.ProPlan()], [holder, untouched], Given.Now).Value;

        var changed = Assert.Single(deleted.Changed);
        Assert.Equal("holder", changed.Id.Value);
        Assert.Equal([kept], changed.AutoCancellationRules);
        Assert.Contains(deleted.Events, e => e.Type == EventType.ProductUpdated && e.EntityId == "holder");
    }
}
