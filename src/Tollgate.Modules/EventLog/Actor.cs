namespace Tollgate.Modules.EventLog;

/// <summary>
/// Who caused a change (spec webhooks 8): a type of the wire's list, with the id and name of the key or member.
/// </summary>
public sealed record Actor(string Type, string? Id, string? Name)
{
    /// <summary>Changes made by time alone.</summary>
    public static Actor Scheduler { get; } = new("SCHEDULER", null, null);

    /// <summary>Changes made by the platform itself, such as creating the first environment.</summary>
    public static Actor System { get; } = new("SYSTEM", null, null);

    /// <summary>Versions moved by publishing for all customers.</summary>
    public static Actor Migration { get; } = new("MIGRATION", null, null);

    /// <summary>What was taken over from another system.</summary>
    public static Actor Import { get; } = new("IMPORT", null, null);

    /// <summary>
    /// The same where a call did it at once: of the type IMPORT, with the id and name of the key that asked.
    /// </summary>
    public static Actor ImportBy(Actor caller) => caller with { Type = Import.Type };

    /// <summary>The type of a full-access server key.</summary>
    public const string ServerType = "APP_SERVER";

    public static Actor ServerKey(Guid id, string name) => new(ServerType, id.ToString(), name);

    /// <summary>A connected billing provider that told something of its own accord: <c>STRIPE</c>.</summary>
    public static Actor Provider(string vendorIdentifier) => new(vendorIdentifier.ToUpperInvariant(), null, null);

    /// <summary>Whoever completes a checkout or pays an invoice at its page, on behalf of the customer.</summary>
    public static Actor Payer(Domain.CustomerId customer) => new("APP_CUSTOMER", customer.Value, null);
}
