using Microsoft.Extensions.DependencyInjection;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Changes;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests;

/// <summary>What a preview leaves behind: nothing.</summary>
public sealed class UnitOfWorkPreviewTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_answers_what_would_be_and_keeps_nothing(DatabaseKind kind)
    {
        var heard = new Listener();
        await using var host = await ModuleHost.StartAsync(
            kind, services => services.AddSingleton<IChangeListener>(heard));
        await host.PaidPlanAsync("basic", 5);
        await host.CustomerAsync("c");
        var events = await host.EventsAsync(100);
        heard.Changes.Clear();

        var previewed = await PreviewAsync(host, "basic");
        var again = await PreviewAsync(host, "basic");

        Assert.Equal(SubscriptionStatus.Active, previewed.Value.Subscription!.Subscription.Status);
        Assert.Equal(SubscriptionStatus.Active, again.Value.Subscription!.Subscription.Status);
        Assert.Empty(await host.StoredAsync("c"));
        Assert.Equal(events, await host.EventsAsync(100));
        Assert.Empty(heard.Changes);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Preview_refuses_as_the_change_would_and_a_change_after_it_is_unhindered(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        await host.CustomerAsync("c");

        var refused = await PreviewAsync(host, "unknown");
        await PreviewAsync(host, "basic");
        var done = await host.ProvisionAsync("c", "basic");

        Assert.Equal(ErrorCode.PlanNotFound, refused.Refusal?.Code);
        Assert.Equal("basic", done.Subscription().PlanId.Value);
        Assert.Single(await host.StoredAsync("c"));
    }

    [Fact]
    public async Task Body_of_a_preview_knows_that_it_is_one()
    {
        await using var host = await ModuleHost.StartAsync(DatabaseKind.Sqlite);
        var unitOfWork = host.Get<UnitOfWork>();

        var previewed = await unitOfWork.PreviewAsync<bool>(
            host.Scope(), [], (work, _) => Task.FromResult<Result<bool>>(work.IsPreview), Cancellation);
        var done = await unitOfWork.WriteAsync<bool>(
            host.Scope(), [], (work, _) => Task.FromResult<Result<bool>>(work.IsPreview), Cancellation);

        Assert.True(previewed.Value);
        Assert.False(done.Value);
    }

    private static Task<Result<ProvisionedSubscription>> PreviewAsync(ModuleHost host, string plan)
    {
        var request = new ProvisionRequest(new("c"), new(plan)) { BillingPeriod = BillingPeriod.Monthly };
        return host.Get<UnitOfWork>().PreviewAsync(
            host.Scope(),
            SubscribeCustomer.Locks(host.EnvironmentId, request),
            (work, token) => host.Get<SubscribeCustomer>().ApplyAsync(work, new(request), token),
            Cancellation);
    }

    private sealed class Listener : IChangeListener
    {
        public List<Change> Changes { get; } = [];

        public void Changed(in Change change) => Changes.Add(change);

        public void Missed()
        {
        }
    }
}
