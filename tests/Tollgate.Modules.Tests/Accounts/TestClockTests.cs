using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Accounts;

public sealed class TestClockTests
{
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Time_of_a_production_environment_is_not_moved(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var clock = host.Get<TestClock>();
        var before = clock.Read(host.Scope("production")).Now;

        var refused = await clock.AdvanceAsync(
            host.Scope("production"), now => now + Duration.FromDays(1), frozen: null, TestContext.Current.CancellationToken);

        Assert.Equal(ErrorCode.AccessDeniedError, refused.Refusal?.Code);
        Assert.Equal(before, clock.Read(host.Scope("production")).Now);
    }
}
