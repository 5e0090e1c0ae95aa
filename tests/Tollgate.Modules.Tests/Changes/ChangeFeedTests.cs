using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Tollgate.Domain;
using Tollgate.Modules.Changes;
using Tollgate.Storage;
using Tollgate.Storage.PostgreSql;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Changes;

/// <summary>Two nodes on one PostgreSQL database that tell each other what they committed.</summary>
public sealed class ChangeFeedTests
{
    private static readonly Change Ada = new(ChangeKind.Usage, new EnvironmentId(1), "ada");
    private static readonly Change Bob = new(ChangeKind.Access, new EnvironmentId(2), "bob|with\u00a0more");
    private static readonly Change Catalog = new(ChangeKind.Catalog, new EnvironmentId(3), null);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(true), InlineData(false)]
    public async Task Changes_are_heard_once_they_are_committed_and_never_when_rolled_back(bool isSenderRunning)
    {
        await using var nodes = await Nodes.StartAsync(isSenderRunning);

        await nodes.WriteAsync([Bob], commit: false);
        await nodes.WriteAsync([Ada, Catalog, Ada], commit: true);
        await Eventually.TrueAsync(() => nodes.Heard.Count >= 2, cancellationToken: Cancellation);
        await nodes.WriteAsync([Bob], commit: true);
        await Eventually.TrueAsync(() => nodes.Heard.Count >= 3, cancellationToken: Cancellation);

        Assert.Equivalent(new[] { Ada, Catalog }, nodes.Heard.Take(2), strict: true);
        Assert.Equal([Bob], nodes.Heard.Skip(2));
    }

    /// <summary>It may have died after a commit and before it told anybody.</summary>
    [Fact]
    public async Task Node_that_falls_silent_costs_the_others_their_trust_until_it_is_heard_again()
    {
        await using var nodes = await Nodes.StartAsync(isSenderRunning: true);
        await nodes.WriteAsync([Ada], commit: true);
        await Eventually.TrueAsync(() => nodes.Heard.Count == 1 && nodes.Hearer.IsLive, cancellationToken: Cancellation);
        var missed = nodes.Missed;

        await nodes.StopSenderAsync();
        await Eventually.TrueAsync(() => !nodes.Hearer.IsLive, cancellationToken: Cancellation);

        Assert.True(nodes.Missed > missed);
        nodes.StartSender();
        await Eventually.TrueAsync(() => nodes.Hearer.IsLive, cancellationToken: Cancellation);
    }

    [Fact]
    public async Task Many_changes_take_as_many_messages_as_they_need()
    {
        await using var nodes = await Nodes.StartAsync(isSenderRunning: true);
        var changes = Enumerable.Range(0, 3_000)
            .Select(i => new Change(ChangeKind.Usage, new EnvironmentId(1), $"customer-with-a-long-name-{i}"))
            .ToArray();

        await nodes.WriteAsync(changes, commit: true);
        await Eventually.TrueAsync(() => nodes.Heard.Count >= changes.Length, cancellationToken: Cancellation);

        Assert.Equal(changes.ToHashSet(), nodes.Heard.ToHashSet());
    }

    private sealed class Nodes : IAsyncDisposable, IChangeListener
    {
        private readonly Database _sending;
        private readonly Database _hearingOn;
        private readonly ChangeFeed _sender;
        private readonly CancellationTokenSource _end = new();
        private readonly Task _hearing;
        private CancellationTokenSource _endSender = new();
        private Task _running = Task.CompletedTask;
        private int _missed;

        private Nodes(string connectionString)
        {
            _sending = PostgreSqlDatabase.Open(connectionString);
            _hearingOn = PostgreSqlDatabase.Open(connectionString);
            _sender = new(new ServiceCollection().BuildServiceProvider(), TimeProvider.System);
            Hearer = new(new ServiceCollection().AddSingleton<IChangeListener>(this).BuildServiceProvider(), TimeProvider.System);
            _hearing = Hearer.RunAsync(_hearingOn, _end.Token);
        }

        public ChangeFeed Hearer { get; }

        public ConcurrentQueue<Change> Heard { get; } = [];

        public int Missed => Volatile.Read(ref _missed);

        public static async Task<Nodes> StartAsync(bool isSenderRunning)
        {
            var nodes = new Nodes(await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync());
            if (isSenderRunning)
                nodes.StartSender();
            await Eventually.TrueAsync(
                () => nodes.Hearer.IsLive && (!isSenderRunning || nodes._sender.IsLive), cancellationToken: Cancellation);
            return nodes;
        }

        public void StartSender()
        {
            _endSender = new();
            _running = _sender.RunAsync(_sending, _endSender.Token);
        }

        public async Task StopSenderAsync()
        {
            await _endSender.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
            _running = Task.CompletedTask;
        }

        public Task WriteAsync(IReadOnlyCollection<Change> changes, bool commit) => _sending.WriteAsync(
            [],
            async (session, token) =>
            {
                await _sender.NotifyAsync(session, changes, token);
                return commit;
            },
            Cancellation);

        public void Changed(in Change change) => Heard.Enqueue(change);

        void IChangeListener.Missed() => Interlocked.Increment(ref _missed);

        public async ValueTask DisposeAsync()
        {
            await _endSender.CancelAsync();
            await _end.CancelAsync();
            await ((Task)Task.WhenAll(_running, _hearing)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _endSender.Dispose();
            _end.Dispose();
            await _sending.DisposeAsync();
            await _hearingOn.DisposeAsync();
        }
    }
}
