using Tollgate.Domain.Usage.Events;

namespace Tollgate.Modules.Usage.Events;

/// <summary>A stored event as it counts: with what a correction made of it.</summary>
/// <param name="Address">Where it is stored, and its instant.</param>
/// <param name="ReceivedAt">When it arrived, in milliseconds since 1970.</param>
/// <param name="Name">What happened.</param>
/// <param name="Dimensions">What is filtered and measured by.</param>
internal readonly record struct StoredEvent(
    EventAddress Address, long ReceivedAt, string Name, EventDimensions Dimensions);
