using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tasks;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Tasks;

/// <summary>Tasks that have ended are forgotten after the retention, in bounded batches; all others stay.</summary>
public sealed class TaskRetentionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Ended_task_goes_with_its_failures_when_its_days_are_over_and_not_before(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, failures: 3, retention: Duration.FromDays(10));
        var failed = await EnqueueAsync(host);
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);
        var canceled = await EnqueueAsync(host);
        await host.Get<TaskUseCases>().CancelAsync(host.Scope(), canceled, Cancellation);
        host.Time.Advance(TimeSpan.FromDays(1));
        var later = await EnqueueAsync(host);
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);
        var waiting = await EnqueueAsync(host);

        host.Time.Advance(TimeSpan.FromDays(9) - TimeSpan.FromMilliseconds(1));
        var early = await host.RunDueAsync();
        var all = await ListAsync(host);
        host.Time.Advance(TimeSpan.FromMilliseconds(1));
        var due = await host.RunDueAsync();

        Assert.Equal((0, 4), (early, all.Count));
        Assert.Equal(2, due);
        Assert.Equal([waiting, later], await ListAsync(host));
        Assert.Equal(3, await FailuresAsync(host));
        var gone = await host.Get<TaskUseCases>().ListFailuresAsync(host.Scope(), failed, PageRequest.First, Cancellation);
        Assert.Equal(ErrorCode.InvalidArgumentError, gone.Refusal?.Code);
        host.Time.Advance(TimeSpan.FromDays(365));
        await host.RunDueAsync();
        Assert.Equal([waiting], await ListAsync(host));
        Assert.Equal(0, await FailuresAsync(host));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Batch_is_bounded_whether_there_are_many_tasks_or_many_failures(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, failures: 0, retention: Duration.FromDays(1));
        var oldest = await EnqueueAsync(host);
        await host.Get<TaskUseCases>().CancelAsync(host.Scope(), oldest, Cancellation);
        for (var i = 0; i < TaskStore.SweptTasks; i++)
            await host.Get<TaskUseCases>().CancelAsync(host.Scope(), await EnqueueAsync(host), Cancellation);
        host.Time.Advance(TimeSpan.FromDays(1));
        await InsertFailuresAsync(host, oldest, TaskStore.SweptFailures + 1);
        var until = host.Scope().Now - Duration.FromDays(1);

        // One batch takes failures only, the next the last of them with as many tasks as it may, the third the rest.
        Assert.Equal((0, TaskStore.SweptFailures, true), await SweepAsync(host, until));
        Assert.Equal((TaskStore.SweptTasks, 1, true), await SweepAsync(host, until));
        Assert.Equal((1, 0, false), await SweepAsync(host, until));
        Assert.Equal((0, 0, false), await SweepAsync(host, until));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Some_at_a_time_leaves_the_rest_due_and_other_environments_alone(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind, failures: 0, retention: Duration.FromDays(1));
        for (var i = 0; i <= TaskStore.SweptTasks; i++)
            await host.Get<TaskUseCases>().CancelAsync(host.Scope(), await EnqueueAsync(host), Cancellation);
        var elsewhere = await EnqueueAsync(host, "production");
        await host.Get<TaskUseCases>().CancelAsync(host.Scope("production"), elsewhere, Cancellation);
        host.Time.Advance(TimeSpan.FromDays(1));
        var sweep = host.Get<IEnumerable<IDueWork>>().OfType<SweepTasks>().Single();
        var (environment, now) = (host.Scope().Environment, host.Scope().Now);

        Assert.Equal(now, await sweep.NextDueAsync(environment.Id, Cancellation));
        Assert.Equal(TaskStore.SweptTasks, await sweep.RunSomeDueAsync(environment, now, 1, Cancellation));
        Assert.Equal(now, await sweep.NextDueAsync(environment.Id, Cancellation));
        Assert.Equal(1, await sweep.RunDueAsync(environment, now, Cancellation));
        Assert.Null(await sweep.NextDueAsync(environment.Id, Cancellation));
        Assert.NotNull((await host.Get<TaskUseCases>().RetrieveAsync(
            host.Scope("production"), elsewhere, Cancellation)).Value);
    }

    private static Task<ModuleHost> StartAsync(DatabaseKind kind, int failures, Duration retention) =>
        ModuleHost.StartAsync(kind, services => services
            .AddSingleton<ITaskHandler>(new Failing(failures))
            .AddSingleton(new TaskRetention(retention)));

    private static async Task<Guid> EnqueueAsync(ModuleHost host, string environment = "development")
    {
        Guid id = default;
        await host.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                id = await host.Get<TaskStore>().EnqueueAsync(
                    session, host.Scope(environment), Failing.TaskKind, "{}", 1);
                return true;
            },
            Cancellation);
        return id;
    }

    private static async Task<IReadOnlyList<Guid>> ListAsync(ModuleHost host) =>
    [
        .. (await host.Get<TaskUseCases>().ListAsync(
            host.Scope(), new(), new(PageRequest.MaxLimit, null, null), Cancellation)).Value.Items.Select(t => t.Uid),
    ];

    private static Task<long> FailuresAsync(ModuleHost host) => host.Database.ReadAsync(
        async (session, token) =>
        {
            await using var command = session.Connection.CreateCommand();
            command.CommandText = "SELECT COUNT(*) FROM task_failures";
            return Convert.ToInt64(await command.ExecuteScalarAsync(token), System.Globalization.CultureInfo.InvariantCulture);
        },
        Cancellation);

    private static Task InsertFailuresAsync(ModuleHost host, Guid uid, int count) => host.Database.WriteAsync(
        [],
        async (session, _) =>
        {
            var task = new EnvironmentTask(uid, host.EnvironmentId, Failing.TaskKind, "{}", 0, 1, 1);
            for (var i = 0; i < count; i++)
            {
                await host.Get<TaskQueue>().InsertFailureAsync(
                    session, task, $"item {i}", new(ErrorCode.PlanNotFound, "No."), host.Scope().Now);
            }

            return true;
        },
        Cancellation);

    private static async Task<(int Tasks, int Failures, bool MayHaveMore)> SweepAsync(ModuleHost host, Instant until)
    {
        TaskStore.Swept swept = default;
        await host.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                swept = await TaskStore.SweepAsync(session, host.EnvironmentId, until);
                return true;
            },
            Cancellation);
        return (swept.Tasks, swept.Failures, swept.MayHaveMore);
    }

    /// <summary>Every item fails.</summary>
    private sealed class Failing(int items) : ITaskHandler
    {
        public const string TaskKind = "Failing";

        public string Kind => TaskKind;

        public async Task RunAsync(TaskRun run, CancellationToken cancellationToken)
        {
            for (var item = 1; item <= items; item++)
            {
                await run.DoAsync(
                    new($"item {item}", item), run.Scope(Actor.System), [], _ => Task.CompletedTask,
                    (_, _) => Task.FromResult<Result<Done>>(new Refusal(ErrorCode.PlanNotFound, "No.")), cancellationToken);
            }

            await run.FinishAsync(run.Scope(Actor.System), _ => { }, cancellationToken);
        }
    }
}
