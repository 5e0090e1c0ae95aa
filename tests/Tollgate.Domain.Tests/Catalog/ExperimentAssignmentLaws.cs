using FsCheck;
using FsCheck.Fluent;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Catalog;

/// <summary>What must hold of the groups of an experiment whatever the ids and the percentage.</summary>
public sealed class ExperimentAssignmentLaws
{
    private static readonly Gen<string> Ids = Gen.Elements("ab1-_|.@".ToCharArray()).NonEmptyListOf()
        .Select(chars => new string([.. chars]));

    private static readonly Arbitrary<(string Experiment, string Customer, decimal Percentage)> Assignments =
        (from experiment in Ids
         from customer in Ids
         from hundredths in Gen.Choose(0, 10_000)
         select (experiment, customer, hundredths / 100m)).ToArbitrary();

    private static Experiment Running(string id, decimal percentage) => ExperimentRulesTests.Drafted() with
    {
        Id = id,
        VariantPercentage = percentage,
        Status = ExperimentStatus.InProgress,
    };

    [Fact]
    public void Same_customer_is_always_in_the_same_group_and_bears_its_name() => Prop.ForAll(Assignments, a =>
    {
        var first = ExperimentAssignment.Of(Running(a.Experiment, a.Percentage), new(a.Customer), isExcluded: false)!;
        var again = ExperimentAssignment.Of(Running(a.Experiment, a.Percentage), new(a.Customer), isExcluded: false)!;

        Assert.Equal(first, again);
        Assert.Equal(first.Group == ExperimentGroup.Variant ? "With trial" : "As now", first.GroupName);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Higher_percentage_only_adds_to_the_variant() => Prop.ForAll(Assignments, a =>
    {
        var customer = new CustomerId(a.Customer);
        if (ExperimentAssignment.GroupOf(a.Experiment, customer, a.Percentage) == ExperimentGroup.Variant)
            Assert.Equal(ExperimentGroup.Variant, ExperimentAssignment.GroupOf(a.Experiment, customer, (a.Percentage + 100) / 2));
        Assert.Equal(ExperimentGroup.Control, ExperimentAssignment.GroupOf(a.Experiment, customer, 0));
        Assert.Equal(ExperimentGroup.Variant, ExperimentAssignment.GroupOf(a.Experiment, customer, 100));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Excluded_customer_is_in_no_group_nor_is_anybody_while_nothing_runs() => Prop.ForAll(Assignments, a =>
    {
        Assert.Null(ExperimentAssignment.Of(Running(a.Experiment, a.Percentage), new(a.Customer), isExcluded: true));
        Assert.Null(ExperimentAssignment.Of(null, new(a.Customer), isExcluded: false));
    }).QuickCheckThrowOnFailure();

    /// <summary>
    /// Of n customers with ids that differ in their last digits only, the share deviates from p by less than 4 standard
    /// deviations of a fair draw: 4 * sqrt(p (1 - p) / n) = 4 * sqrt(0.25 / 20,000) = 0.0142 at most.
    /// </summary>
    [Theory]
    [InlineData("pricing-2026", 50)]
    [InlineData("pricing-2027", 50)]
    [InlineData("a", 10)]
    [InlineData("b", 0.5)]
    [InlineData("c", 99)]
    public void Share_of_the_variant_converges_to_the_percentage(string experiment, decimal percentage)
    {
        const int customers = 20_000;
        var p = (double)percentage / 100;

        var inVariant = Enumerable.Range(1, customers).Count(n => ExperimentAssignment.GroupOf(
            experiment, new($"customer-{n}"), percentage) == ExperimentGroup.Variant);

        Assert.InRange((double)inVariant / customers, p - (4 * Math.Sqrt(p * (1 - p) / customers)), p + (4 * Math.Sqrt(p * (1 - p) / customers)));
    }

    /// <summary>Half of those in the variant of one experiment are in the variant of another: 0.25 of all, within 0.0123.</summary>
    [Fact]
    public void Groups_of_two_experiments_are_independent()
    {
        const int customers = 20_000;

        var inBoth = Enumerable.Range(1, customers).Select(n => new CustomerId($"customer-{n}")).Count(customer =>
            ExperimentAssignment.GroupOf("first", customer, 50) == ExperimentGroup.Variant
            && ExperimentAssignment.GroupOf("second", customer, 50) == ExperimentGroup.Variant);

        Assert.InRange((double)inBoth / customers, 0.25 - 0.0123, 0.25 + 0.0123);
    }

    [Fact]
    public void Border_between_the_two_ids_counts() => Assert.Equal(2, Enumerable.Range(1, 100)
        .Select(n => (
            ExperimentAssignment.GroupOf("ab", new($"c{n}"), 50), ExperimentAssignment.GroupOf("abc", new($"{n}"), 50)))
        .Select(pair => pair.Item1 == pair.Item2).Distinct().Count());
}
