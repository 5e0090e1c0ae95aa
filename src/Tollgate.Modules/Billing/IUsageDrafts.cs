using Tollgate.Domain.Billing;

namespace Tollgate.Modules.Billing;

/// <summary>
/// What is done by hand to a bill that waits as a DRAFT for usage (<see cref="Invoice.FinalizeAt"/>); implemented by the
/// subscriptions slice, which made it. Called in the transaction of the change, under the locks of the payer and of the
/// subscription's customer.
/// </summary>
public interface IUsageDrafts
{
    /// <summary>Issues it now, made anew with the usage that is known now.</summary>
    Task FinalizeAsync(Work work, Invoice draft, CancellationToken cancellationToken);

    /// <summary>It was voided: what it was to bill is not billed, usage that comes later is.</summary>
    Task VoidedAsync(Work work, Invoice draft, CancellationToken cancellationToken);
}
