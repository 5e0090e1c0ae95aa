using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>The catalog around auto-cancellation rules, loaded by the caller.</summary>
/// <param name="Plans">The latest versions of the plans that rules name; a plan that is missing does not exist.</param>
/// <param name="Products">Every product, as stored.</param>
public sealed record AutoCancellationFacts(
    IReadOnlyDictionary<PackageId, PackageVersion> Plans, IReadOnlyDictionary<ProductId, Product> Products)
{
    public static AutoCancellationFacts None { get; } =
        new(new Dictionary<PackageId, PackageVersion>(), new Dictionary<ProductId, Product>());
}

/// <summary>
/// Which plans a rule may join: the source is a plan of a product with one subscription a customer, the target a plan
/// of one with many, as with teams that end with their founder's own subscription (spec catalog 3.3).
/// </summary>
internal static class AutoCancellation
{
    private const string Field = "autoCancellationRules";

    /// <summary>
    /// Rules as asked for: plans exist, are live, are of the right kind of product; none is listed twice.
    /// </summary>
    public static void Check(
        Findings findings, IReadOnlyList<AutoCancellationRule> rules, Product updated, AutoCancellationFacts facts)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            var path = $"{Field}[{i}]";
            var rule = rules[i];
            if (rules.Take(i).Contains(rule))
            {
                findings.Bad(path,
                    $"The rule from '{rule.SourcePlanId}' to '{rule.TargetPlanId}' is listed twice; list it once.");
            }

            if (IsLive(findings, path + ".sourcePlanId", rule.SourcePlanId, facts))
            {
                CheckSource(findings, path + ".sourcePlanId", rule.SourcePlanId, updated, facts);
                CheckOwn(findings, path + ".sourcePlanId", rule.SourcePlanId, updated, facts);
            }

            if (IsLive(findings, path + ".targetPlanId", rule.TargetPlanId, facts))
                CheckTarget(findings, path + ".targetPlanId", rule.TargetPlanId, updated, facts);
        }
    }

    /// <summary>Whether the rules of all products still fit when the product becomes what it is asked to be.</summary>
    public static void CheckKind(Findings findings, Product updated, AutoCancellationFacts facts)
    {
        const string path = "multipleSubscriptions";
        var rules = facts.Products.Values.Where(product => product.Id != updated.Id).Append(updated)
            .SelectMany(product => product.AutoCancellationRules);
        foreach (var rule in rules.Distinct())
        {
            if (ProductOf(rule.SourcePlanId, updated, facts)?.Id == updated.Id)
                CheckSource(findings, path, rule.SourcePlanId, updated, facts);
            if (ProductOf(rule.TargetPlanId, updated, facts)?.Id == updated.Id)
                CheckTarget(findings, path, rule.TargetPlanId, updated, facts);
        }
    }

    private static bool IsLive(Findings findings, string path, PackageId id, AutoCancellationFacts facts)
    {
        if (!facts.Plans.TryGetValue(id, out var plan))
        {
            findings.Add(ErrorCode.PlanNotFound, path, $"There is no plan '{id}'; name a plan that exists.");
            return false;
        }

        if (plan.Status != PackageStatus.Archived)
            return true;
        findings.Add(ErrorCode.EntityIsArchivedError, path, $"Plan '{id}' is archived; name another plan.");
        return false;
    }

    /// <summary>A cancellation follows the rules of the product that it is a cancellation of.</summary>
    private static void CheckOwn(
        Findings findings, string path, PackageId id, Product updated, AutoCancellationFacts facts)
    {
        var owner = facts.Plans[id].ProductId;
        if (owner != updated.Id)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"Plan '{id}' belongs to product '{owner}', not to '{updated.Id}'; set the rule on the product of its "
                + "source plan.");
        }
    }

    private static void CheckSource(
        Findings findings, string path, PackageId id, Product updated, AutoCancellationFacts facts)
    {
        if (ProductOf(id, updated, facts) is { MultipleSubscriptions: true } product)
        {
            findings.Add(ErrorCode.MultiSubscriptionCantBeAutoCancellationSourceError, path,
                $"Plan '{id}' cannot be the source of an auto-cancellation rule: "
                + $"customers may have several subscriptions of product '{product.Id}'. "
                + "The source is a plan of a product with a single subscription.");
        }
    }

    private static void CheckTarget(
        Findings findings, string path, PackageId id, Product updated, AutoCancellationFacts facts)
    {
        if (ProductOf(id, updated, facts) is { MultipleSubscriptions: false } product)
        {
            findings.Add(ErrorCode.SingleSubscriptionCantBeAutoCancellationTargetError, path,
                $"Plan '{id}' cannot be the target of an auto-cancellation rule: "
                + $"product '{product.Id}' allows one subscription a customer. The target is a plan of a product with "
                + "multiple subscriptions.");
        }
    }

    /// <summary>The product a plan belongs to, as it will be.</summary>
    private static Product? ProductOf(PackageId plan, Product updated, AutoCancellationFacts facts) =>
        !facts.Plans.TryGetValue(plan, out var version) ? null
        : version.ProductId == updated.Id ? updated
        : facts.Products.GetValueOrDefault(version.ProductId);
}
