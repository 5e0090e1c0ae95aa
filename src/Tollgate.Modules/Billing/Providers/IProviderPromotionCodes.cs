using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Modules.Accounts;

namespace Tollgate.Modules.Billing.Providers;

/// <summary>
/// How promotion codes of a billing provider are looked up (spec catalog 12, integrations 2.4): before the transaction
/// that applies them, and for previews too, so a look must use nothing up. What the code costs its maker is told with
/// the subscription (<see cref="ProviderSubscription.PromotionCode"/>). An exception, and an answer that does not come
/// in time, refuse the call as SERVICE_UNAVAILABLE.
/// </summary>
public interface IProviderPromotionCodes
{
    /// <summary>
    /// What the code stands for. How much has to be bought is part of the answer
    /// (<see cref="PromotionCode.MinimumAmounts"/>): the price is computed here, later.
    /// </summary>
    Task<PromotionCodeAnswer> FindAsync(PromotionCodeQuery query, CancellationToken cancellationToken);
}

/// <summary>A code that somebody typed, and for whom.</summary>
/// <param name="Environment">Where.</param>
/// <param name="Code">As typed; never empty.</param>
/// <param name="PayerId">Who pays.</param>
public sealed record PromotionCodeQuery(AccountEnvironment Environment, string Code, CustomerId PayerId)
{
    /// <summary>The provider's id of who pays; null when it was never told of it.</summary>
    public string? PayerSyncedId { get; init; }

    /// <summary>The plan that is bought or held; null for what is bought without one.</summary>
    public PackageId? PlanId { get; init; }
}
