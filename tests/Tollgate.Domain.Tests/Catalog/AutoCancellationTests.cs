using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

/// <summary>A personal product, whose end takes the team plans along (spec catalog 3.3 and example D).</summary>
public sealed class AutoCancellationTests
{
    private static readonly Product Personal = Given.Product();
    private static readonly Product Team = Given.Product() with { Id = new("team"), MultipleSubscriptions = true };
    private static readonly AutoCancellationRule Rule = new(new("personal-pro"), new("team-pro"));

    private static readonly AutoCancellationFacts Facts = new(
        new Dictionary<PackageId, PackageVersion>
        {
            [new("personal-pro")] = Given.ProPlan("personal-pro"),
            [new("team-pro")] = Given.ProPlan("team-pro") with { ProductId = Team.Id },
            [new("old")] = Given.ProPlan("old") with { Status = PackageStatus.Archived },
        },
        new Dictionary<ProductId, Product> { [Personal.Id] = Personal, [Team.Id] = Team });

    private static Result<Change<Product>> Set(Product product, params AutoCancellationRule[] rules) =>
        Update(product, new() { AutoCancellationRules = rules }, Facts);

    private static Result<Change<Product>> Update(Product product, ProductEdit edit, AutoCancellationFacts facts) =>
        ProductRules.Update(product, edit, new(false, null, null) { AutoCancellation = facts }, Given.Now);

    [Fact]
    public void Rules_are_replaced_as_a_whole_and_the_same_again_change_nothing()
    {
        var with = Set(Personal, Rule).Value;

        Assert.Equal([Rule], with.Value.AutoCancellationRules);
        Assert.Equal(EventType.ProductUpdated, Assert.Single(with.Events).Type);
        Assert.True(Set(with.Value, Rule).Value.IsNoChange);
        Assert.Empty(Set(with.Value).Value.Value.AutoCancellationRules);
        Assert.Equal([Rule], Update(with.Value, new() { DisplayName = "x" }, Facts).Value.Value.AutoCancellationRules);
    }

    [Fact]
    public void Source_is_of_a_single_and_target_of_a_multiple_product()
    {
        Assert.Equal(ErrorCode.MultiSubscriptionCantBeAutoCancellationSourceError,
            Given.Code(Set(Personal, new AutoCancellationRule(new("team-pro"), new("team-pro")))));
        Assert.Equal(ErrorCode.SingleSubscriptionCantBeAutoCancellationTargetError,
            Given.Code(Set(Personal, new AutoCancellationRule(new("personal-pro"), new("personal-pro")))));
        var both = Set(Personal, new AutoCancellationRule(new("team-pro"), new("personal-pro"))).Refusal!;
        Assert.Equal(
            ["autoCancellationRules[0].sourcePlanId", "autoCancellationRules[0].targetPlanId"],
            both.Fields.Select(f => f.Path).Distinct());
    }

    [Fact]
    public void Plans_exist_are_live_and_make_a_rule_once()
    {
        Assert.Equal(ErrorCode.PlanNotFound,
            Given.Code(Set(Personal, new AutoCancellationRule(new("none"), new("team-pro")))));
        Assert.Equal(ErrorCode.EntityIsArchivedError,
            Given.Code(Set(Personal, new AutoCancellationRule(new("old"), new("team-pro")))));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Set(Personal, Rule, Rule)));
        // The rule belongs to the product whose subscription is canceled.
        Assert.Equal(ErrorCode.InvalidArgumentError,
            Given.Code(Set(Given.Product() with { Id = new("third") }, Rule)));
    }

    [Fact]
    public void Kind_of_a_product_does_not_change_under_the_rules_of_any_product()
    {
        var holder = Given.Product() with { Id = new("holder"), AutoCancellationRules = [Rule] };
        var facts = Facts with
        {
            Products = new Dictionary<ProductId, Product>(Facts.Products) { [holder.Id] = holder },
        };

        Assert.Equal(ErrorCode.MultiSubscriptionCantBeAutoCancellationSourceError,
            Given.Code(Update(Personal, new() { MultipleSubscriptions = true }, facts)));
        Assert.Equal(ErrorCode.SingleSubscriptionCantBeAutoCancellationTargetError,
            Given.Code(Update(Team, new() { MultipleSubscriptions = false }, facts)));
        Assert.Null(Update(Personal, new() { MultipleSubscriptions = true }, Facts).Refusal);
    }
}
