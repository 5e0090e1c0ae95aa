using Tollgate.Domain.Catalog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Subscriptions.Bills;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Allocations;

/// <summary>
/// What previews and renewals may allocate at most, warm and on SQLite, whose work stays on one thread: one that begins to read
/// the catalog or its own rows again passes it. A renewal was measured at 166,478 bytes; the bound of a preview is a guess that
/// holds, to be drawn closer once it is measured.
/// </summary>
public sealed class SubscriptionAllocationTests
{
    private const int Customers = 50;

    /// <summary>With the notice of the month's end.</summary>
    private const long BytesOfRenewal = 200_000;
    private const long BytesOfPreview = 160_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Renewal_allocates_no_more_than_it_did()
    {
        await using var host = await SubscribedAsync();
        var smallest = long.MaxValue;
        for (var month = 0; month < 4; month++)
        {
            // Each run does the notices and the renewals of everybody.
            host.Time.Advance(TimeSpan.FromDays(31));
            var (done, allocated) = await MeasureAsync(host.RunDueAsync);
            Assert.Equal(2 * Customers, done);
            smallest = Math.Min(smallest, allocated / Customers);
        }

        Assert.InRange(smallest, 1, BytesOfRenewal);
    }

    [Fact]
    public async Task Preview_allocates_no_more_than_it_did()
    {
        await using var host = await SubscribedAsync();
        await host.CustomerAsync("new");
        var preview = host.Get<PreviewSubscription>();
        var request = new ProvisionRequest(new("new"), new("basic")) { BillingPeriod = BillingPeriod.Monthly };
        var smallest = long.MaxValue;
        for (var i = 0; i < 20; i++)
        {
            var scope = host.Scope();
            var (previewed, allocated) = await MeasureAsync(
                () => preview.ExecuteAsync(scope, new(request), Cancellation));
            Assert.Null(previewed.Refusal);
            smallest = Math.Min(smallest, allocated);
        }

        Assert.InRange(smallest, 1, BytesOfPreview);
    }

    private static async Task<ModuleHost> SubscribedAsync()
    {
        var host = await ModuleHost.StartAsync(DatabaseKind.Sqlite);
        await host.PaidPlanAsync("basic", 5);
        foreach (var i in Enumerable.Range(0, Customers))
        {
            await host.CustomerAsync($"c{i}");
            await host.ProvisionAsync($"c{i}", "basic");
        }

        return host;
    }

    /// <summary>A run that changed threads counts as too much: it measured something else.</summary>
    private static async Task<(T Result, long Allocated)> MeasureAsync<T>(Func<Task<T>> run)
    {
        var thread = Environment.CurrentManagedThreadId;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = await run();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return (result, thread == Environment.CurrentManagedThreadId ? allocated : long.MaxValue);
    }
}
