using Tollgate.Modules.Accounts;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Accounts;

/// <summary>What is known of environments and keys in memory while clocks are moved.</summary>
public sealed class AccountDirectoryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Key_is_known_when_its_environment_is_made_although_a_clock_moves()
    {
        await using var host = await ModuleHost.StartAsync(DatabaseKind.Sqlite);
        var directory = host.Get<AccountDirectory>();
        var environment = host.Scope().EnvironmentId;
        using var done = new CancellationTokenSource();
        var moving = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
                directory.ShowClock(environment, EnvironmentClock.Real);
        });
        var unknown = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            var made = Accepted(await host.Get<CreateEnvironment>().ExecuteAsync(
                host.Scope(), $"made-{i}", EnvironmentKind.Development, Cancellation));
            unknown.AddRange(made.Keys.Where(key => !directory.TryAuthenticate(key.Secret, out _, out _)).Select(_ => made.Environment.Name));
        }

        await done.CancelAsync();
        await moving;
        Assert.Empty(unknown);
    }

    private static CreatedEnvironment Accepted(Domain.Errors.Result<CreatedEnvironment> result) =>
        result.TryGet(out var made, out var refusal) ? made : throw new InvalidOperationException(refusal.Message);
}
