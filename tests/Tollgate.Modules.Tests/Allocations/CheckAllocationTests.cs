using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Tests.Usage;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Allocations;

/// <summary>The hot path's promise: a check answered from memory allocates nothing at all.</summary>
public sealed class CheckAllocationTests
{
    private const int Checks = 10_000;

    [Theory, InlineData(EntitledCustomer.Flag), InlineData(EntitledCustomer.Meter)]
    public async Task Warm_check_allocates_nothing(string feature)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var host = await ModuleHost.StartAsync(DatabaseKind.Sqlite);
        await EntitledCustomer.CreateAsync(host, cancellation);
        var check = host.Get<CheckEntitlement>();
        var scope = host.Scope();
        var question = new EntitlementQuestion(EntitledCustomer.Customer, null, feature, 0, []);
        Assert.True((await check.CheckAsync(scope.Environment, question, scope.Now, cancellation)).Outcome.IsGranted);

        var (granted, allocated) = Run(check, scope, question);

        Assert.Equal(Checks, granted);
        Assert.Equal(0, allocated);
    }

    [Fact]
    public async Task Warm_check_of_a_feature_with_a_budget_allocates_nothing()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var host = await BudgetTests.SubscribedAsync(DatabaseKind.Sqlite, new(50, false));
        var check = host.Get<CheckEntitlement>();
        var scope = host.Scope();
        var question = new EntitlementQuestion("c", null, "calls", 0, []);
        Assert.True((await check.CheckAsync(scope.Environment, question, scope.Now, cancellation)).Outcome.IsGranted);

        var (granted, allocated) = Run(check, scope, question);

        Assert.Equal(Checks, granted);
        Assert.Equal(0, allocated);
    }

    /// <summary>Warm from the first counted check on: the method is compiled, and what it initialises once is there.</summary>
    private static (int Granted, long Allocated) Run(CheckEntitlement check, OperationScope scope, EntitlementQuestion question)
    {
        var warm = check.TryCheck(scope.EnvironmentId, question, scope.Now, out _);
        var granted = warm ? 0 : -Checks;
        var (environment, now) = (scope.EnvironmentId, scope.Now);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Checks; i++)
        {
            if (check.TryCheck(environment, question, now, out var answer) && answer.Outcome.IsGranted)
                granted++;
        }

        return (granted, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
