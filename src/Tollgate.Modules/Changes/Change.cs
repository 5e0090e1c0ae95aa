using Tollgate.Domain;

namespace Tollgate.Modules.Changes;

/// <summary>
/// What a committed transaction made stale. <paramref name="CustomerId"/> is null when it is not about one customer.
/// </summary>
public readonly record struct Change(ChangeKind Kind, EnvironmentId Environment, string? CustomerId);

public enum ChangeKind
{
    /// <summary>Environments, API keys or clocks.</summary>
    Accounts,

    /// <summary>Features, products or packages of the environment.</summary>
    Catalog,

    /// <summary>What one customer may do.</summary>
    Access,

    /// <summary>How much one customer used.</summary>
    Usage,

    /// <summary>The credits of one customer.</summary>
    Credits,

    /// <summary>By which meters the environment's usage is counted from events.</summary>
    Meters,
}

/// <summary>
/// Keeps something in memory that a change may make stale. Called on the committing thread: be quick.
/// </summary>
public interface IChangeListener
{
    void Changed(in Change change);

    /// <summary>Notices of other nodes may have been lost: trust nothing that is cached.</summary>
    void Missed();
}
