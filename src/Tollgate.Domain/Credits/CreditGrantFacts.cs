using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;

namespace Tollgate.Domain.Credits;

/// <summary>What a new grant is decided on; loaded by the caller.</summary>
/// <param name="Customer">Null when unknown.</param>
/// <param name="IsResourceKnown">The customer has the resource, or none is named.</param>
/// <param name="Currency">Null when unknown.</param>
/// <param name="HasPaymentMethod">The customer has a method that charges can be taken from.</param>
public sealed record CreditGrantFacts(
    Customer? Customer, bool IsResourceKnown, CustomCurrency? Currency, bool HasPaymentMethod);
