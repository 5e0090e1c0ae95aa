namespace Tollgate.Domain.Usage.Events;

/// <summary>What one event brings to a counter of a meter that it matches.</summary>
/// <param name="Number">For SUM, MAX, MIN and AVG; else 0.</param>
/// <param name="Value">For UNIQUE: the text of the value to tell apart; else null.</param>
public readonly record struct MeterSample(decimal Number, string? Value);
