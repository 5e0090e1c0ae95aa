using NodaTime;

namespace Tollgate.Domain.Usage;

/// <summary>A stored usage report as far as it counts.</summary>
/// <param name="Seq">Its row, which grows with every report.</param>
/// <param name="At">When it takes effect.</param>
/// <param name="Behavior">Whether the value is added or assigned.</param>
/// <param name="Value">Raw units.</param>
/// <param name="Resource">Whose counter it moves; empty = no resource's.</param>
/// <param name="AtCustomer">It moves the customer's counter.</param>
public readonly record struct CountingReport(
    long Seq, Instant At, UpdateBehavior Behavior, decimal Value, string Resource, bool AtCustomer);
