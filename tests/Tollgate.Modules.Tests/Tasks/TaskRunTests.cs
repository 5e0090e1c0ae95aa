using Microsoft.Extensions.DependencyInjection;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tasks;
using Tollgate.Modules.Tests.Catalog;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Tasks;

/// <summary>Items, failures, cut-offs and cancellation, with a handler whose items each leave one event.</summary>
public sealed class TaskRunTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Item_that_fails_is_recorded_and_the_others_are_done(DatabaseKind kind)
    {
        var handler = new Items(4)
        {
            Body = item => item switch
            {
                2 => new Refusal(ErrorCode.PlanNotFound, "There is no plan; create it."),
                3 => throw new InvalidOperationException("Broken."),
                _ => default(Done),
            },
        };
        await using var host = await StartAsync(kind, handler);
        var id = await EnqueueAsync(host, 4);
        var waiting = await ReadAsync(host, id);

        host.Time.Advance(TimeSpan.FromMinutes(1));
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);

        Assert.Equal((TaskState.Pending, 4, 0, 0, null), Facts(waiting));
        var task = await ReadAsync(host, id);
        Assert.Equal((TaskState.PartiallyFailed, 4, 2, 2, null), Facts(task));
        var begun = waiting.CreatedAt + NodaTime.Duration.FromMinutes(1);
        Assert.Equal((begun, begun), (task.StartedAt!.Value, task.FinishedAt!.Value));
        Assert.Equal(["item 1", "item 4"], await EffectsAsync(host, id));
        var failures = (await host.Get<TaskUseCases>().ListFailuresAsync(
            host.Scope(), id, PageRequest.First, Cancellation)).Value.Items;
        Assert.Equal(
            [
                ("item 3", "UnexpectedError", "Something unexpected went wrong: Broken."),
                ("item 2", "PlanNotFound", "There is no plan; create it."),
            ],
            failures.Select(f => (f.ItemId, f.Code, f.Message)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Task_without_a_single_item_done_has_failed_and_one_without_failures_is_completed(DatabaseKind kind)
    {
        var handler = new Items(2) { Body = _ => new Refusal(ErrorCode.PlanNotFound, "No.") };
        await using var host = await StartAsync(kind, handler);
        var failed = await EnqueueAsync(host, 2);
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);
        handler.Body = _ => default(Done);
        var completed = await EnqueueAsync(host, 2);
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);

        Assert.Equal((TaskState.Failed, 2, 0, 2, null), Facts(await ReadAsync(host, failed)));
        Assert.Equal((TaskState.Completed, 2, 2, 0, null), Facts(await ReadAsync(host, completed)));
        var listed = await host.Get<TaskUseCases>().ListAsync(
            host.Scope(), new(null, [TaskState.Failed]), PageRequest.First, Cancellation);
        Assert.Equal([failed], listed.Value.Items.Select(t => t.Uid));
        var elsewhere = await host.Get<TaskUseCases>().RetrieveAsync(host.Scope("production"), failed, Cancellation);
        Assert.Equal(ErrorCode.InvalidArgumentError, elsewhere.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Run_that_was_cut_off_is_followed_by_one_that_does_no_item_twice(DatabaseKind kind)
    {
        var handler = new Items(5);
        handler.Before = item => item == 4 && handler.Runs == 1 ? throw new TimeoutException("Cut off.") : Task.CompletedTask;
        await using var host = await StartAsync(kind, handler);
        var id = await EnqueueAsync(host, 5);

        await Assert.ThrowsAsync<TimeoutException>(() => host.Get<TaskRunner>().RunDueAsync(Cancellation));
        var between = await ReadAsync(host, id);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);

        Assert.Equal((TaskState.Pending, 5, 3, 0, "Cut off."), Facts(between));
        Assert.Equal((TaskState.Completed, 5, 5, 0, null), Facts(await ReadAsync(host, id)));
        Assert.Equal(["item 1", "item 2", "item 3", "item 4", "item 5"], await EffectsAsync(host, id));
        Assert.Equal(2, handler.Runs);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Canceled_task_stops_before_its_next_item_and_keeps_what_was_done(DatabaseKind kind)
    {
        var handler = new Items(5);
        await using var host = await StartAsync(kind, handler);
        var id = await EnqueueAsync(host, 5);
        var tasks = host.Get<TaskUseCases>();
        handler.Before = async item =>
        {
            if (item == 3)
                await tasks.CancelAsync(host.Scope(), id, Cancellation);
        };

        await host.Get<TaskRunner>().RunDueAsync(Cancellation);
        host.Time.Advance(TaskQueue.Lease * 2);
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);
        var again = (await tasks.CancelAsync(host.Scope(), id, Cancellation)).Value;

        Assert.Equal((TaskState.Canceled, 5, 2, 0, null), Facts(again));
        Assert.Equal(ModuleHost.Start, again.FinishedAt!.Value.ToDateTimeOffset());
        Assert.Equal(["item 1", "item 2"], await EffectsAsync(host, id));
        Assert.Equal(1, handler.Runs);
        var waiting = await EnqueueAsync(host, 5);
        Assert.Equal(TaskState.Canceled, (await tasks.CancelAsync(host.Scope(), waiting, Cancellation)).Value.State);
        Assert.Equal(0, await host.Get<TaskRunner>().RunDueAsync(Cancellation));
        var unknown = await tasks.CancelAsync(host.Scope(), Guid.NewGuid(), Cancellation);
        Assert.Equal(ErrorCode.InvalidArgumentError, unknown.Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Task_that_never_gets_on_is_given_up_with_its_last_fault(DatabaseKind kind)
    {
        var handler = new Items(1) { Before = _ => throw new TimeoutException("Never.") };
        await using var host = await StartAsync(kind, handler);
        var id = await EnqueueAsync(host, 1);

        for (var attempt = 0; attempt < TaskQueue.MaxAttempts; attempt++)
        {
            await Assert.ThrowsAsync<TimeoutException>(() => host.Get<TaskRunner>().RunDueAsync(Cancellation));
            host.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(0, await host.Get<TaskRunner>().RunDueAsync(Cancellation));
        Assert.Equal((TaskState.Failed, 1, 0, 0, "Never."), Facts(await ReadAsync(host, id)));
        Assert.Equal(TaskQueue.MaxAttempts, handler.Runs);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Migration_leaves_behind_what_it_cannot_move_and_does_not_block_publishing(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var catalog = new CatalogDriver(host);
        await catalog.DraftAsync("pro");
        await catalog.PublishAsync("pro");
        foreach (var subscription in (string[])["first", "broken", "last"])
            await catalog.SubscribeAsync(subscription, "pro");
        await catalog.EditAsync("pro", new() { Description = "2" });
        var published = await catalog.PublishAsync("pro", MigrationType.AllCustomers);
        await host.Database.WriteAsync(
            [],
            async (session, token) =>
            {
                await using var command = session.Connection.CreateCommand();
                command.Transaction = session.Transaction;
                command.CommandText = "UPDATE subscriptions SET body = 'no JSON' WHERE id = 'broken'";
                return await command.ExecuteNonQueryAsync(token) == 1;
            },
            Cancellation);

        await host.Get<TaskRunner>().RunDueAsync(Cancellation);

        var task = await ReadAsync(host, published.TaskUid!.Value);
        Assert.Equal((TaskState.PartiallyFailed, 3, 2, 1, null), Facts(task));
        Assert.Equal((2, 1), await catalog.VersionsOfAsync("first"));
        Assert.Equal((2, 1), await catalog.VersionsOfAsync("last"));
        await catalog.EditAsync("pro", new() { Description = "3" });
        Assert.Null((await catalog.TryPublishAsync("pro")).Refusal);
    }

    private static (TaskState, long, long, long, string?) Facts(TaskReport task) =>
        (task.State, task.Total, task.Done, task.Failed, task.Error);

    private static Task<ModuleHost> StartAsync(DatabaseKind kind, Items handler) =>
        ModuleHost.StartAsync(kind, services => services.AddSingleton<ITaskHandler>(handler));

    private static async Task<Guid> EnqueueAsync(ModuleHost host, int total)
    {
        Guid id = default;
        await host.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                id = await host.Get<TaskStore>().EnqueueAsync(session, host.Scope(), Items.TaskKind, "{}", total);
                return true;
            },
            Cancellation);
        return id;
    }

    private static async Task<TaskReport> ReadAsync(ModuleHost host, Guid id) =>
        (await host.Get<TaskUseCases>().RetrieveAsync(host.Scope(), id, Cancellation)).Value;

    /// <summary>The items whose effect is stored, in the order in which they were done.</summary>
    private static async Task<IReadOnlyList<string>> EffectsAsync(ModuleHost host, Guid task) =>
        [.. (await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { TraceId = task }, new(100, null, null), Cancellation)).Value.Items
            .Select(e => e.EntityId).Reverse()];

    /// <summary>Does the items 1 to <paramref name="count"/>; the effect of each is an event in its transaction.</summary>
    private sealed class Items(int count) : ITaskHandler
    {
        public const string TaskKind = "Items";

        public string Kind => TaskKind;

        public int Runs { get; private set; }

        /// <summary>Runs between two items, outside of their transactions.</summary>
        public Func<int, Task> Before { get; set; } = _ => Task.CompletedTask;

        public Func<int, Result<Done>> Body { get; set; } = _ => default(Done);

        public async Task RunAsync(TaskRun run, CancellationToken cancellationToken)
        {
            Runs++;
            for (var item = (int)run.Task.Position + 1; item <= count; item++)
            {
                await Before(item);
                var number = item;
                await run.DoAsync(
                    new($"item {item}", item),
                    run.Scope(Actor.System),
                    [],
                    _ => Task.CompletedTask,
                    (work, _) =>
                    {
                        work.Record(new DomainEvent(
                            EventType.SyncFailed, EntityKind.Import, $"item {number}", null, null, null));
                        return Task.FromResult(Body(number));
                    },
                    cancellationToken);
            }

            await run.FinishAsync(run.Scope(Actor.System), _ => { }, cancellationToken);
        }
    }
}
