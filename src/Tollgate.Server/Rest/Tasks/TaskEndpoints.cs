using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Tasks;

namespace Tollgate.Server.Rest.Tasks;

/// <summary>Our own operations on tasks: what was asked for and is done later.</summary>
internal static class TaskEndpoints
{
    public static void MapTasks(this RestRoutes routes)
    {
        var tasks = routes.Services.GetRequiredService<TaskUseCases>();
        routes
            .Map("tollgate.tasks.list", (call, token) => call.AnswerAsync(
                scope => tasks.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, TaskWire.ToRest),
                TaskJson.Wire.RestPageRestTask))
            .Map("tollgate.tasks.retrieve", (call, token) => AnswerAsync(
                call, (scope, id) => tasks.RetrieveAsync(scope, id, token)))
            .Map("tollgate.tasks.listFailures", (call, token) => call.AnswerAsync(
                async scope => IdOf(call).TryGet(out var id, out var refusal)
                    ? await tasks.ListFailuresAsync(scope, id, call.Query.Page(), token)
                    : refusal,
                page => Wire.Page(page, TaskWire.ToRest),
                TaskJson.Wire.RestPageRestTaskFailure))
            .Map("tollgate.tasks.cancel", (call, token) => AnswerAsync(
                call, (scope, id) => tasks.CancelAsync(scope, id, token)));
    }

    private static TaskFilter FilterOf(RestCall call) => new(
        call.Query.GetString("type") is { } symbol ? Wire.Member<TaskType>(symbol).ToString() : null,
        call.Query.Members<TaskState>("status"));

    /// <summary>Path parameters are text; one that is no UUID is refused like a body that is none.</summary>
    private static Result<Guid> IdOf(RestCall call) => Guid.TryParse(call.Path("id"), out var id)
        ? id
        : Refusal.Of(
            ErrorCode.BadUserInput, [new("id", $"id is '{call.Path("id")}'; give the id of a task as listed.")]);

    private static Task<RestAnswer> AnswerAsync(
        RestCall call, Func<OperationScope, Guid, Task<Result<TaskReport>>> run) => call.AnswerAsync(
        async scope => IdOf(call).TryGet(out var id, out var refusal) ? await run(scope, id) : refusal,
        task => new RestData<RestTask>(TaskWire.ToRest(task)),
        TaskJson.Wire.RestDataRestTask);
}
