using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing;

namespace Tollgate.Modules.Subscriptions;

/// <summary>
/// Keeps what somebody asks for within what the payer's billing provider can do (spec subscriptions 5.3, steps 10 and
/// 11, and 6.3). It looks at decisions, so calls and previews are judged alike; due work does not come here and never
/// gets stuck.
/// </summary>
public sealed class ProviderGate(PayerProviders payers)
{
    private readonly SubscriptionStore _store = new();

    /// <summary>Null when the payers' providers can take the decision.</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="decision">Not written yet.</param>
    /// <param name="integrationId">The provider that the call names for its subject; null = none.</param>
    /// <param name="cancellationToken">Ends the wait for a provider that the payer becomes known to.</param>
    internal async Task<Refusal?> CheckAsync(
        Work work, SubscriptionDecision decision, string? integrationId, CancellationToken cancellationToken)
    {
        var gains = ProviderLimits.Gains(decision);
        var payer = ProviderLimits.PayerOf(decision.Subject);
        var placed = await payers.PlaceAsync(
            work, payer, integrationId, isBilled: gains.ContainsKey(payer), cancellationToken);
        if (!placed.TryGet(out var own, out var refusal))
            return refusal;
        foreach (var (other, gain) in gains)
        {
            var provider = other == payer
                ? own
                : await payers.AbilitiesAsync(work.Session, work.Scope.Environment, other);
            if (provider is not null && await CheckCountAsync(work, other, gain, provider) is { } tooMany)
                return tooMany;
        }

        return own is { Abilities.SchedulesPeriodDowngrades: false } && ProviderLimits.IsBilled(decision.Subject)
            ? ProviderLimits.CheckSchedule(decision, own.Vendor)
            : null;
    }

    private async Task<Refusal?> CheckCountAsync(Work work, CustomerId payer, int gain, PayerAbilities provider)
    {
        if (provider.Abilities.MostPaidSubscriptions is not { } most)
            return null;
        var active = (await _store.ListOpenPaidByAsync(work.Session, work.Scope.EnvironmentId, payer))
            .Count(row => ProviderLimits.IsCounted(row.Value));
        return ProviderLimits.CheckCount(payer, active, gain, most, provider.Vendor);
    }
}
