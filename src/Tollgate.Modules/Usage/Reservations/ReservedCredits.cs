using Tollgate.Domain;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Credits;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Reservations;

/// <summary>Tells the credits slice what reservations hold of pools.</summary>
internal sealed class ReservedCredits(AccountDirectory directory) : ICreditHolds
{
    private readonly ReservationStore _store = new();

    public Task<IReadOnlyList<HeldCredits>> OfCustomersAsync(
        Session session, EnvironmentId environment, IReadOnlyCollection<CustomerId> customers) =>
        _store.CreditHoldsAsync(session, environment, customers, directory.Now(environment));
}
