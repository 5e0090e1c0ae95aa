namespace Tollgate.Domain.Catalog.Experiments;

/// <summary>
/// Which group a customer is in: a fixed function of the experiment's id and the customer's, so that a repeated call,
/// another node and a later reader come to the same answer (spec subscriptions 16, our choice).
/// </summary>
public static class ExperimentAssignment
{
    private const decimal Points = 1L << 53;

    /// <summary>The group of a customer that is new while the experiment runs; null for one who is kept out.</summary>
    public static ExperimentInfo? Of(Experiment? running, CustomerId customer, bool isExcluded)
    {
        if (running is null || isExcluded)
            return null;
        var group = GroupOf(running.Id, customer, running.VariantPercentage);
        return new(
            running.Id,
            running.Name,
            group == ExperimentGroup.Variant ? running.VariantGroupName : running.ControlGroupName,
            group);
    }

    /// <param name="experiment">The experiment's id.</param>
    /// <param name="customer">The customer.</param>
    /// <param name="variantPercentage">0 = nobody is in the variant, 100 = everybody.</param>
    public static ExperimentGroup GroupOf(string experiment, CustomerId customer, decimal variantPercentage) =>
        PointOf(experiment, customer.Value) * 100 < variantPercentage * Points
            ? ExperimentGroup.Variant
            : ExperimentGroup.Control;

    /// <summary>0 to 2^53 - 1, spread evenly: FNV-1a over both ids, mixed so that like ids lie apart.</summary>
    private static decimal PointOf(string experiment, string customer)
    {
        unchecked
        {
            var hash = 14695981039346656037UL;
            foreach (var c in experiment)
                hash = (hash ^ c) * 1099511628211UL;
            // No character has this number, so that moving the border between the ids changes the hash.
            hash = (hash ^ 0x10000) * 1099511628211UL;
            foreach (var c in customer)
                hash = (hash ^ c) * 1099511628211UL;
            hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDUL;
            hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53UL;
            return (hash ^ (hash >> 33)) >> 11;
        }
    }
}
