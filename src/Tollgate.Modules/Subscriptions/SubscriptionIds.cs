using System.Security.Cryptography;
using Tollgate.Domain;
using Tollgate.Domain.Subscriptions;
using Tollgate.Storage;

namespace Tollgate.Modules.Subscriptions;

/// <summary>Ids of subscriptions that the caller did not name: <c>subscription-[plan]-[6 hex digits]</c>.</summary>
internal static class SubscriptionIds
{
    private const int MaxPlanLength = 235;

    public static IdSource Random { get; } = new(Guid.CreateVersion7, Next);

    /// <summary>
    /// Decides with new ids until none of them is taken: six digits are short enough to meet twice, and rules are pure,
    /// so deciding again changes nothing else.
    /// </summary>
    public static async Task<T> DecideAsync<T>(
        SubscriptionStore store, Work work, IReadOnlySet<Guid> stored, Func<IdSource, T> decide,
        Func<T, SubscriptionDecision?> decisionOf)
    {
        while (true)
        {
            var decided = decide(Random);
            if (!await AnyTakenAsync(store, work.Session, work.Scope.EnvironmentId, stored, decisionOf(decided)))
                return decided;
        }
    }

    private static async Task<bool> AnyTakenAsync(
        SubscriptionStore store, Session session, EnvironmentId environment, IReadOnlySet<Guid> stored,
        SubscriptionDecision? decision)
    {
        foreach (var created in decision?.Changed.Where(s => !stored.Contains(s.Uid)) ?? [])
        {
            if (await store.FindAsync(session, environment, created.Id) is not null)
                return true;
        }

        return false;
    }

    private static SubscriptionId Next(PackageId plan)
    {
        var name = plan.Value.Length <= MaxPlanLength ? plan.Value : plan.Value[..MaxPlanLength];
        return new($"subscription-{name}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}");
    }
}
