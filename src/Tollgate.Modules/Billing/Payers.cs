using Tollgate.Domain;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Customers;

namespace Tollgate.Modules.Billing;

/// <summary>Who can be billed: a customer that exists and is not archived.</summary>
internal static class Payers
{
    public static Refusal? Check(Customer? customer, CustomerId id) => customer switch
    {
        null => CustomerUseCases.NotFound(id),
        { IsArchived: true } => new(ErrorCode.EntityIsArchivedError,
            $"Customer '{id}' is archived; unarchive it before billing it."),
        _ => null,
    };
}
