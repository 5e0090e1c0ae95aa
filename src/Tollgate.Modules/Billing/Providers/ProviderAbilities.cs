using Tollgate.Domain.Billing;

namespace Tollgate.Modules.Billing.Providers;

/// <summary>
/// What a billing provider can do in an environment. What it cannot is refused when somebody asks for it, previews
/// included; what was accepted before is carried out when it is due all the same.
/// </summary>
/// <param name="PaymentMethods">It keeps payment methods and charges them.</param>
/// <param name="HostedCheckout">It has a checkout page of its own.</param>
public sealed record ProviderAbilities(bool PaymentMethods, bool HostedCheckout)
{
    /// <summary>It is told what subscriptions used, beside their invoices.</summary>
    public bool Usage { get; init; }

    /// <summary>Which charges it can bill: no package with another one is published where it is connected.</summary>
    public BillableCharges Charges { get; init; } = BillableCharges.All;

    /// <summary>How many active paid subscriptions one payer can have; null = any number. Stripe: 500.</summary>
    public int? MostPaidSubscriptions { get; init; }

    /// <summary>A downgrade to another billing period can wait for the end of the running one.</summary>
    public bool SchedulesPeriodDowngrades { get; init; } = true;
}
