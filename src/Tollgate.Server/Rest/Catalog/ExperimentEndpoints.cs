using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Errors;
using Tollgate.Modules;
using Tollgate.Modules.Catalog.Experiments;
using Tollgate.Modules.Subscriptions;

namespace Tollgate.Server.Rest.Catalog;

/// <summary>Our own operations on experiments (spec subscriptions 16).</summary>
internal static class ExperimentEndpoints
{
    public static void MapExperiments(this RestRoutes routes)
    {
        var experiments = routes.Services.GetRequiredService<ExperimentUseCases>();
        var read = routes.Services.GetRequiredService<ReadExperiments>();
        routes
            .Map("tollgate.experiments.list", (call, token) => call.AnswerAsync(
                scope => experiments.ListAsync(scope, FilterOf(call), call.Query.Page(), token),
                page => Wire.Page(page, ExperimentWire.ToRest),
                ExperimentJson.Wire.RestPageRestExperiment))
            .Map("tollgate.experiments.create", (call, token) => AnswerAsync(
                call, scope => experiments.CreateAsync(scope, ExperimentWire.DraftFromRest(call.Body), token)))
            .Map("tollgate.experiments.retrieve", (call, token) => AnswerAsync(
                call, scope => experiments.RetrieveAsync(scope, call.Path("id"), token)))
            .Map("tollgate.experiments.update", (call, token) => AnswerAsync(
                call,
                scope => experiments.UpdateAsync(
                    scope, call.Path("id"), ExperimentWire.EditFromRest(call.Body), token)))
            .Map("tollgate.experiments.delete", (call, token) => call.AnswerAsync(
                scope => experiments.DeleteAsync(scope, call.Path("id"), token),
                experiment => new RestData<RestIdRef>(new(experiment.Id)),
                RestJson.Wire.RestDataRestIdRef))
            .Map("tollgate.experiments.start", (call, token) => AnswerAsync(
                call, scope => experiments.StartAsync(scope, call.Path("id"), token)))
            .Map("tollgate.experiments.stop", (call, token) => AnswerAsync(
                call, scope => experiments.StopAsync(scope, call.Path("id"), token)))
            .Map("tollgate.experiments.duplicate", (call, token) => AnswerAsync(
                call,
                scope => experiments.DuplicateAsync(
                    scope, call.Path("id"), call.Body.Text("id"), call.Body.Text("name"), token)))
            .Map("tollgate.experiments.statistics", (call, token) => call.AnswerAsync(
                scope => read.StatisticsAsync(scope, call.Path("id"), token),
                statistics => new RestData<RestExperimentStatistics>(ExperimentWire.ToRest(statistics)),
                ExperimentJson.Wire.RestDataRestExperimentStatistics))
            .Map("tollgate.customers.experiment", (call, token) => call.AnswerAsync(
                scope => read.OfCustomerAsync(scope, new(call.Path("id")), token),
                assigned => new RestData<RestCustomerExperiment>(ExperimentWire.ToRest(assigned)),
                ExperimentJson.Wire.RestDataRestCustomerExperiment));
    }

    private static ExperimentFilter FilterOf(RestCall call) => new(
        call.Query.GetString("productId") is { } product ? new ProductId(product) : null,
        call.Query.Members<ExperimentStatus>("status"));

    private static Task<RestAnswer> AnswerAsync(RestCall call, Func<OperationScope, Task<Result<Experiment>>> run) =>
        call.AnswerAsync(
            run,
            experiment => new RestData<RestExperiment>(ExperimentWire.ToRest(experiment)),
            ExperimentJson.Wire.RestDataRestExperiment);
}
