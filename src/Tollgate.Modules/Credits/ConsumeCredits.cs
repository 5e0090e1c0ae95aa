using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Credits;

/// <summary>
/// Takes credits directly, without a feature or a subscription (spec credits 7). Everything is checked first; one
/// faulty consumption refuses its whole call. A lack of credits refuses nothing.
/// </summary>
public sealed class ConsumeCredits(EntitlementSnapshots snapshots, ConsumptionWriter writer)
{
    public const int MaxConsumptions = 1_000;

    /// <summary>Answers when it is durable and visible to checks.</summary>
    public async Task<Result<CreditsConsumed>> ExecuteAsync(
        OperationScope scope, CreditConsumption consumption, CancellationToken cancellationToken)
    {
        var findings = new Findings();
        await CheckAsync(scope, consumption, "", findings, cancellationToken);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        var written = await writer.WriteAsync(scope, [consumption], isAsync: false, cancellationToken);
        return written.Map(all => all[0]);
    }

    /// <summary>
    /// The same for many: answers when they are durable, because nothing less can be promised. A key that stands for
    /// another payload is recorded as a conflict and takes nothing.
    /// </summary>
    public async Task<Result<ConsumptionsAccepted>> ExecuteManyAsync(
        OperationScope scope, IReadOnlyList<CreditConsumption> consumptions, CancellationToken cancellationToken)
    {
        var findings = new Findings();
        if (consumptions.Count is 0 or > MaxConsumptions)
        {
            findings.Bad("consumptions", $"consumptions holds {consumptions.Count} entries; "
                + $"send 1 to {MaxConsumptions} at once.");
        }
        else
        {
            for (var i = 0; i < consumptions.Count; i++)
                await CheckAsync(scope, consumptions[i], $"consumptions[{i}].", findings, cancellationToken);
        }

        if (findings.ToRefusal() is { } refusal)
            return refusal;
        var written = await writer.WriteAsync(scope, consumptions, isAsync: true, cancellationToken);
        return written.Map(all => new ConsumptionsAccepted(
            all.Count(c => c.Outcome == ConsumptionOutcome.Consumed),
            all.Count(c => c.Outcome == ConsumptionOutcome.Repeated),
            all.Count(c => c.Outcome == ConsumptionOutcome.Conflict)));
    }

    private async ValueTask CheckAsync(
        OperationScope scope, CreditConsumption consumption, string prefix, Findings findings,
        CancellationToken cancellationToken)
    {
        var access = await snapshots.GetAsync(
            scope.Environment, consumption.CustomerId, consumption.ResourceId, scope.Now, cancellationToken);
        var currencies = await snapshots.CurrenciesAsync(scope.EnvironmentId, cancellationToken);
        if (access.Facts.IsCustomerUnknown)
        {
            findings.Add(ErrorCode.CustomerNotFound, $"{prefix}customerId",
                $"There is no customer with the id '{consumption.CustomerId}' in this environment; "
                + "provision it first.");
        }
        else if (access.Facts.IsCustomerArchived)
        {
            findings.Add(ErrorCode.EntityIsArchivedError, $"{prefix}customerId",
                $"The customer '{consumption.CustomerId}' is archived; unarchive it before consuming its credits.");
        }
        else if (access.Facts.IsResourceUnknown)
        {
            findings.Add(ErrorCode.CustomerResourceNotFound, $"{prefix}resourceId",
                $"The customer '{consumption.CustomerId}' has no resource '{consumption.ResourceId}'; "
                + "provision a subscription for it first.");
        }

        // Pools in an archived currency go on burning (spec credits 2).
        if (!currencies.ContainsKey(consumption.CurrencyId))
        {
            findings.Add(ErrorCode.CustomCurrencyNotFound, $"{prefix}currencyId",
                $"There is no credit currency with the id '{consumption.CurrencyId}' in this environment; "
                + "create it first.");
        }

        consumption.Check(findings, prefix, scope.Now);
    }
}

public enum ConsumptionOutcome
{
    Consumed,

    /// <summary>The key was used for the same consumption before.</summary>
    Repeated,

    /// <summary>The key stands for another consumption.</summary>
    Conflict,
}

/// <summary>A consumption with the balance after it; of a repeated one as it was answered first.</summary>
public sealed record CreditsConsumed(CreditConsumption Consumption, ConsumptionOutcome Outcome)
{
    public required Instant Timestamp { get; init; }

    /// <summary>What the live grants have consumed, the deficit included.</summary>
    public required decimal CurrentUsage { get; init; }

    /// <summary>What the live grants come to.</summary>
    public required decimal UsageLimit { get; init; }
    public Instant? UsagePeriodEnd { get; init; }
}

/// <summary>What became of many consumptions.</summary>
public sealed record ConsumptionsAccepted(int Consumed, int Repeated, int Conflicts);
