using Dapper;
using NodaTime;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.Sync;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

/// <summary>Providers that are down, slow or busy, workers that die, and several of them (spec integrations 1.1).</summary>
public sealed class ProviderFaultTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Provider_that_is_down_is_tried_six_times_and_resync_heals(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.SendAsync();
        // A payer by invoice, whom the provider does not know before something is billed.
        await host.CustomerAsync("d");
        await host.EmailAsync("d", "d@example.com");
        var bought = (await host.ProvisionAsync(
            "d", "pro", r => r with { PaymentCollectionMethod = PaymentCollectionMethod.Invoice })).Subscription();
        var before = remote.Calls.Count;
        var start = host.Scope().Now;
        var attempts = new List<(Duration After, string Name, string Key)>();
        remote.Before = (call, _) =>
        {
            lock (attempts)
                attempts.Add((host.Scope().Now - start, call.Name, call.Send.Key));
            return Task.CompletedTask;
        };
        remote.Fault = _ => throw new HttpRequestException("connection refused");

        // Half a minute at a time for 7 hours: an attempt is made when it is due, and no earlier.
        for (var step = 0; step <= 7 * 120; step++)
        {
            await host.SendAsync();
            host.Time.Advance(TimeSpan.FromSeconds(30));
        }

        // The payer was never taken, so nothing else was tried.
        Assert.All(attempts, attempt => Assert.Equal("Customer/d", attempt.Name));
        Assert.Equal(
            [0, 30, 120, 600, 3600, 21600], attempts.Select(attempt => (int)attempt.After.TotalSeconds));
        Assert.Single(attempts.Select(attempt => attempt.Key).Distinct());
        var failed = await host.StateAsync(SyncedKind.Customer, "d");
        Assert.Equal((SyncStatus.Error, 6), (failed.Status, failed.Attempts));
        Assert.Equal("The provider could not be reached: connection refused", failed.Error);
        var told = Assert.Single(await host.EventsOfAsync(EventType.SyncFailed));
        Assert.Equal((EntityKind.Customer, "d", "d"), (told.EntityKind, told.EntityId, told.CustomerId));
        Assert.Equal(start + Duration.FromHours(6), told.CreatedAt);
        Assert.Equal(
            ("d", "CUSTOMER", "acme", failed.Error),
            (told.Facts!["id"], told.Facts["entityType"], told.Facts["vendorIdentifier"], told.Facts["error"]));
        var waiting = await host.StateAsync(SyncedKind.Subscription, bought.Id.Value);
        Assert.Equal(SyncStatus.Pending, waiting.Status);
        Assert.StartsWith("It waits for customer 'd'", waiting.Error, StringComparison.Ordinal);

        remote.Fault = _ => null;
        var again = await host.Get<SyncUseCases>().ResyncAsync(host.Scope(), failed.Uid, Cancellation);
        await host.SendAsync();

        Assert.Equal(SyncStatus.Pending, again.Value.Status);
        // Another key: what the provider remembers of the old one counts no more.
        Assert.Equal(
            [SyncedKind.Customer, SyncedKind.Subscription, SyncedKind.Invoice],
            remote.Calls.Skip(before).Select(call => call.Kind));
        Assert.NotEqual(attempts[0].Key, remote.Calls[before].Send.Key);
        Assert.All(await host.StatesAsync(), state => Assert.Equal((SyncStatus.Success, null), (state.Status, state.Error)));
        Assert.Empty(remote.Violations);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Subscription_goes_on_when_only_a_change_of_its_known_payer_failed(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.SendAsync();
        remote.Fault = call => call.Kind == SyncedKind.Customer ? new SyncAnswer.Failed("The name is too long there.") : null;
        await host.RenameAsync("c", "A long name");
        await host.ProvisionAsync("c", "pro");

        await host.SendAsync();
        var during = remote.Calls.Count(call => call.Kind == SyncedKind.Subscription);
        for (var step = 0; step <= 7 * 120; step++)
        {
            host.Time.Advance(TimeSpan.FromSeconds(30));
            await host.SendAsync();
        }

        Assert.Equal(0, during);
        Assert.Equal(1, remote.Calls.Count(call => call.Kind == SyncedKind.Subscription));
        Assert.Equal(SyncStatus.Error, (await host.StateAsync(SyncedKind.Customer, "c")).Status);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Busy_provider_is_waited_for_and_no_attempt_is_counted(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        remote.Fault = _ => new SyncAnswer.Busy(Duration.FromSeconds(40));

        for (var round = 0; round < 10; round++)
        {
            Assert.Equal(1, await host.SendAsync());
            Assert.Equal(0, await host.SendAsync());
            host.Time.Advance(TimeSpan.FromSeconds(39));
            Assert.Equal(0, await host.SendAsync());
            host.Time.Advance(TimeSpan.FromSeconds(1));
        }

        var busy = await host.StateAsync(SyncedKind.Customer, "c");
        remote.Fault = _ => null;
        await host.SendAsync();

        Assert.Equal((SyncStatus.Pending, 0), (busy.Status, busy.Attempts));
        Assert.Equal(SyncStatus.Success, (await host.StateAsync(SyncedKind.Customer, "c")).Status);
        Assert.Empty(await host.EventsOfAsync(EventType.SyncFailed));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Answer_that_does_not_come_is_a_failed_attempt(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        // It never answers, and does not even notice that nobody waits any more.
        var hanging = new TaskCompletionSource();
        remote.Before = (_, _) =>
        {
            host.Time.Advance(SendDueSyncs.AnswerTime);
            return hanging.Task;
        };

        await host.SendAsync();

        var state = await host.StateAsync(SyncedKind.Customer, "c");
        Assert.Equal((SyncStatus.Pending, 1), (state.Status, state.Attempts));
        Assert.Equal("The provider did not answer in 20 seconds.", state.Error);
        hanging.SetResult();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Worker_that_dies_between_the_call_and_its_mark_is_followed_by_one_with_the_same_key(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        using var life = new CancellationTokenSource();
        var keys = new List<string>();
        remote.Before = (call, _) =>
        {
            keys.Add(call.Send.Key);
            return Task.CompletedTask;
        };
        // The provider has it; the process ends before it can note that.
        remote.After = (_, token) =>
        {
            if (keys.Count == 1)
                life.Cancel();
            token.ThrowIfCancellationRequested();
            return Task.CompletedTask;
        };
        var scope = host.Scope();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => host.Get<SendDueSyncs>().RunDueAsync(scope.Environment, scope.Now, life.Token));
        await host.RestartAsync();

        // The claim of the dead worker holds for a minute.
        host.Time.Advance(TimeSpan.FromSeconds(59));
        var early = await host.SendAsync();
        host.Time.Advance(TimeSpan.FromSeconds(1));
        var late = await host.SendAsync();

        Assert.Equal((0, 1), (early, late));
        Assert.Equal(2, keys.Count);
        Assert.Single(keys.Distinct());
        Assert.Single(remote.Calls);
        var state = await host.StateAsync(SyncedKind.Customer, "c");
        Assert.Equal((SyncStatus.Success, 0), (state.Status, state.Attempts));
        Assert.Empty(remote.Violations);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Late_worker_whose_claim_is_over_changes_nothing(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var calls = 0;
        remote.After = async (call, _) =>
        {
            if (++calls > 1)
                return;
            // While it is on its way its claim runs out, and another worker is told that the provider is down. The clock stands still,
            // because a worker's patience would end with it, and nobody could say who of the two writes first.
            await host.Database.WriteAsync(
                [],
                async (session, _) => await session.Connection.ExecuteAsync(
                    "UPDATE billing_syncs SET lease_until = 0 WHERE lease_until IS NOT NULL", transaction: session.Transaction) == 1,
                Cancellation);
            remote.Fault = _ => new SyncAnswer.Failed("down");
            await host.SendAsync();
            remote.Fault = _ => null;
        };

        var scope = host.Scope();
        await host.Get<SendDueSyncs>().RunDueAsync(scope.Environment, scope.Now, Cancellation);

        // The second claim's answer stands, whatever the first worker heard.
        var state = await host.StateAsync(SyncedKind.Customer, "c");
        Assert.Equal((SyncStatus.Pending, 1, "down"), (state.Status, state.Attempts, state.Error));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Many_workers_send_each_revision_once(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await using var other = kind == DatabaseKind.PostgreSql ? await host.JoinAsync(remote) : null;
        for (var i = 0; i < 20; i++)
        {
            await host.CustomerAsync($"c{i}");
            await host.AttachAsync($"c{i}", "card-1", RemoteBilling.Id);
            await host.ProvisionAsync($"c{i}", "pro");
        }

        remote.Before = async (_, _) => await Task.Yield();
        ModuleHost[] nodes = other is null ? [host] : [host, other];
        do
        {
            await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => nodes[worker % nodes.Length].SendAsync()));
        }
        while ((await host.StatesAsync(new() { Statuses = [SyncStatus.Pending] })).Count > 0);

        // The first customer's card; of twenty: the customer, its subscription, its invoice.
        Assert.Equal(1 + (20 * 3), remote.Calls.Count);
        Assert.Distinct(remote.Calls.Select(call => call.Name));
        Assert.Empty(remote.Violations);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Resync_is_refused_while_it_is_on_its_way_and_for_what_is_not_there(DatabaseKind kind)
    {
        var (host, _) = await RemoteDriver.StartAsync(kind);
        await using var __ = host;
        var state = await host.StateAsync(SyncedKind.Customer, "c");

        var running = await host.Get<SyncUseCases>().ResyncAsync(host.Scope(), state.Uid, Cancellation);
        var unknown = await host.Get<SyncUseCases>().ResyncAsync(host.Scope(), Guid.NewGuid(), Cancellation);
        var unseen = await host.Get<SyncUseCases>().RetrieveAsync(host.Scope(), Guid.NewGuid(), Cancellation);

        Assert.Equal(ErrorCode.ResyncAlreadyInProgress, running.Refusal?.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, unknown.Refusal?.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, unseen.Refusal?.Code);
        Assert.Equal(state, (await host.Get<SyncUseCases>().RetrieveAsync(host.Scope(), state.Uid, Cancellation)).Value);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Test_clock_makes_the_attempts_on_its_way(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        remote.Fault = _ => new SyncAnswer.Failed("down");

        var moved = await host.Get<TestClock>().AdvanceAsync(
            host.Scope(), now => now + Duration.FromHours(7), true, Cancellation);

        Assert.Null(moved.Refusal);
        Assert.Equal((SyncStatus.Error, 6), await StandAsync());
        Assert.Single(await host.EventsOfAsync(EventType.SyncFailed));

        async Task<(SyncStatus, int)> StandAsync()
        {
            var state = await host.StateAsync(SyncedKind.Customer, "c");
            return (state.Status, state.Attempts);
        }
    }
}
