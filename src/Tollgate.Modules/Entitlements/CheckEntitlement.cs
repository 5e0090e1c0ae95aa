using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Accounts;
using Tollgate.Storage;

namespace Tollgate.Modules.Entitlements;

/// <summary>
/// May this customer do this, how much is left (spec entitlements-and-usage 4). <see cref="TryCheck"/> answers from
/// memory without allocating; <see cref="CheckAsync"/> brings into memory what is missing first.
/// </summary>
public sealed class CheckEntitlement(
    EntitlementSnapshots snapshots, IUsageLevels levels, BudgetSpending budgets, ICreditLevels credits)
{
    /// <summary>False when something has to be loaded or compiled first.</summary>
    public bool TryCheck(
        EnvironmentId environment, in EntitlementQuestion question, Instant now, out EntitlementAnswer answer)
    {
        answer = default;
        if (snapshots.TryGet(environment, question.CustomerId, question.ResourceId, now) is not { } access)
            return false;
        if (question.CurrencyId is not null)
            return false;
        // Whether an id outside the set is a feature at all is not in the scope's snapshot: the slow path knows.
        if (access.Find(question.FeatureId) is not { } compiled)
            return false;
        return TryAnswer(access, compiled, question, now, out answer);
    }

    /// <exception cref="DatabaseUnavailableException">
    /// Nothing is known of the scope and the database cannot be asked.
    /// </exception>
    public async ValueTask<EntitlementAnswer> CheckAsync(
        AccountEnvironment environment, EntitlementQuestion question, Instant now, CancellationToken cancellationToken)
    {
        var resource = question.ResourceId is { } id ? new ResourceId(id) : (ResourceId?)null;
        var access = await snapshots.GetAsync(
            environment, new(question.CustomerId), resource, now, cancellationToken);
        if (access.Set is null)
            return new(access, null, null, 0, EntitlementCheck.Evaluate(access.Facts, null, 0, 0, []));
        if (question.CurrencyId is { } currency)
            return await CheckCreditsAsync(environment, access, question, new(currency), now, cancellationToken);
        if (access.Find(question.FeatureId) is not { } compiled)
        {
            var features = await snapshots.FeaturesAsync(environment.Id, cancellationToken);
            var facts = access.Facts with
            {
                IsFeatureUnknown = !features.TryGetValue(new(question.FeatureId), out var feature),
            };
            return new(access, null, feature, 0, EntitlementCheck.Evaluate(facts, null, 0, 0, []));
        }

        if (!TryAnswer(access, compiled, question, now, out var answer))
        {
            // What was read is the answer, whether or not the cell may keep it.
            var usage = await UsageAsync(compiled, now, cancellationToken);
            var held = await HeldAsync(compiled, now, cancellationToken);
            var isExhausted = await IsBudgetExhaustedAsync(environment.Id, compiled, now, cancellationToken);
            var isShort = compiled.Credits is { } price
                && price.IsShort(await credits.LoadAsync(price.Cell, cancellationToken), question.RequestedUsage, now);
            answer = Answer(access, compiled, question, usage, held, isExhausted, isShort);
        }

        return answer;
    }

    /// <summary>Whether the pool that pays for the feature is used up, whatever a request would cost.</summary>
    public async ValueTask<bool> IsOutOfCreditsAsync(
        CompiledEntitlement compiled, Instant now, CancellationToken cancellationToken) =>
        compiled.Credits is { } price && price.IsShort(await credits.LoadAsync(price.Cell, cancellationToken), 0, now);

    /// <summary>
    /// A credit currency (spec 4, steps 5 and 17). No subscription is needed: grants alone entitle. The limit is hard
    /// unless a subscription makes it soft.
    /// </summary>
    private async ValueTask<EntitlementAnswer> CheckCreditsAsync(
        AccountEnvironment environment, ScopeAccess access, EntitlementQuestion question, CurrencyId currency,
        Instant now, CancellationToken cancellationToken)
    {
        var currencies = await snapshots.CurrenciesAsync(environment.Id, cancellationToken);
        if (!currencies.TryGetValue(currency, out var found))
            return new(access, null, null, 0, AccessDeniedReason.EntitlementNotFound);
        var held = await credits.LoadAsync(access.Credits!, cancellationToken);
        var resource = question.ResourceId is { } id ? new ResourceId(id) : (ResourceId?)null;
        var pool = held.Shown(new(question.CustomerId), resource, currency).At(now);
        var available = pool.AvailableAt(now);
        var outcome = !pool.HasLive && !access.MappedCurrencies.Contains(currency)
            ? (CheckOutcome)AccessDeniedReason.EntitlementNotFound
            : access.SoftCurrencies.Contains(currency) || (available > 0 && available >= question.RequestedUsage)
                ? CheckOutcome.Granted
                : AccessDeniedReason.InsufficientCredits;
        return new(access, null, null, pool.TotalConsumed, outcome)
        {
            Credits = new(found, pool) { HasSoftLimit = access.SoftCurrencies.Contains(currency) },
        };
    }

    /// <summary>Raw usage of the current window of one entitlement; 0 for features that are not metered.</summary>
    public async ValueTask<decimal> UsageAsync(
        CompiledEntitlement compiled, Instant now, CancellationToken cancellationToken)
    {
        if (compiled.Cell is not { } cell)
            return 0;
        var counted = compiled.WindowAt(now).Counted;
        if (!cell.TryRead(counted.Start, counted.End, out var counter))
            counter = await levels.LoadAsync(cell, counted, cancellationToken);
        return Shown(counter);
    }

    /// <summary>What reservations hold against the limit, in raw units; 0 where no hard limit is.</summary>
    public async ValueTask<decimal> HeldAsync(
        CompiledEntitlement compiled, Instant now, CancellationToken cancellationToken) =>
        compiled.IsLimitedByUsage ? await levels.HeldAsync(compiled.Cell!, now, cancellationToken) : 0;

    /// <summary>Whether a hard budget that pays for the feature is used up.</summary>
    public async ValueTask<bool> IsBudgetExhaustedAsync(
        EnvironmentId environment, CompiledEntitlement compiled, Instant now, CancellationToken cancellationToken) =>
        compiled.Budget is { } meter && SpendLimit.IsExhausted(
            meter.Budget, await budgets.CostAsync(environment, meter, now, cancellationToken));

    private static bool TryAnswer(
        ScopeAccess access, CompiledEntitlement compiled, in EntitlementQuestion question, Instant now,
        out EntitlementAnswer answer)
    {
        var (usage, held) = (0m, 0m);
        if (compiled.Cell is { } cell)
        {
            var counted = compiled.WindowAt(now).Counted;
            if (!cell.TryRead(counted.Start, counted.End, out var counter)
                || (compiled.IsLimitedByUsage && !cell.TryReadHeld(now, out held)))
            {
                answer = default;
                return false;
            }

            usage = Shown(counter);
        }

        var isExhausted = false;
        if (compiled.Budget is { } meter)
        {
            if (!meter.TryCost(now, out var cost))
            {
                answer = default;
                return false;
            }

            isExhausted = SpendLimit.IsExhausted(meter.Budget, cost);
        }

        var isShort = false;
        if (compiled.Credits is { } price)
        {
            if (price.Cell.Current is not { } pools)
            {
                answer = default;
                return false;
            }

            isShort = price.IsShort(pools, question.RequestedUsage, now);
        }

        answer = Answer(access, compiled, question, usage, held, isExhausted, isShort);
        return true;
    }

    /// <summary>What reservations hold counts against the limit and is not shown as usage.</summary>
    private static EntitlementAnswer Answer(
        ScopeAccess access, CompiledEntitlement compiled, in EntitlementQuestion question, decimal rawUsage,
        decimal rawHeld, bool isBudgetExhausted, bool areCreditsShort)
    {
        var entitlement = compiled.Entitlement;
        var usage = entitlement.ShownUsage(rawUsage);
        var taken = rawHeld == 0 ? usage : entitlement.ShownUsage(rawUsage + rawHeld);
        var outcome = EntitlementCheck.Evaluate(
            access.Facts with { IsBudgetExhausted = isBudgetExhausted, AreCreditsInsufficient = areCreditsShort },
            entitlement, taken, question.RequestedUsage,
            question.RequestedValues);
        return new(access, compiled, entitlement.Feature, usage, outcome);
    }

    /// <summary>A window recounted below 0 reads as 0 (spec 8.3).</summary>
    private static decimal Shown(in UsageCounter counter) => counter.Value < 0 ? 0 : counter.Value;
}

/// <summary>One check by feature. Usage is asked in sold units.</summary>
public readonly record struct EntitlementQuestion(
    string CustomerId, string? ResourceId, string FeatureId, decimal RequestedUsage, string[] RequestedValues)
{
    /// <summary>Set instead of a feature when the check is by credit currency.</summary>
    public string? CurrencyId { get; init; }
}

/// <summary>The answer: the outcome, and the entitlement it was decided on; null where there is none.</summary>
public readonly record struct EntitlementAnswer(
    ScopeAccess Access, CompiledEntitlement? Compiled, Feature? Feature, decimal Usage, CheckOutcome Outcome)
{
    /// <summary>Set when a credit currency was asked about and is known.</summary>
    public CreditHolding? Credits { get; init; }
}

/// <summary>A currency and the pool of it that the scope shows, as of the instant asked about.</summary>
public sealed record CreditHolding(CustomCurrency Currency, CreditPool Pool)
{
    /// <summary>Checks go on below zero.</summary>
    public bool HasSoftLimit { get; init; }
}
