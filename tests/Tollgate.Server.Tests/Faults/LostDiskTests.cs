using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Faults;

/// <summary>The embedded database cannot be written.</summary>
public sealed class LostDiskTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_a_full_disk_checks_go_on_and_writes_say_come_again_until_there_is_space()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 16);
        await using var server = await ServerProcess.StartAsync(
            new ServerOptions { DataDirectory = disk.Path }, Cancellation);
        await server.Client.SetUpAsync("c", "cold");
        Assert.Equal(201, (await server.Client.ReportAsync("c", "first")).Status);
        Assert.Equal(1, await server.Client.UsageAsync("c"));
        disk.Fill();

        // What is allocated already may take some more; then nothing fits.
        var accepted = 1;
        Answer answer;
        while ((answer = await server.Client.ReportAsync("c", $"more-{accepted}")).Status == 201)
            accepted++;
        answer.AssertUnavailable();
        for (var i = 0; i < 50; i++)
            (await server.Client.ReportAsync("c", $"more-{accepted}")).AssertUnavailable();
        (await server.Client.CallAsync(
            HttpMethod.Post, "/api/v1/customers", new { id = "new" }, Cancellation)).AssertUnavailable();
        Assert.Equal(accepted, await server.Client.UsageAsync("c"));
        Assert.Equal(0, await server.Client.UsageAsync("cold"));

        disk.Free();
        await server.Client.RetryAsync("c", Enumerable.Range(1, accepted).Select(i => $"more-{i}"));
        Assert.Equal(accepted + 1, await server.Client.UsageAsync("c"));
        Assert.Equal(accepted + 1, await server.Client.UsageByHistoryAsync("c"));
        await server.Client.DoAsync("/api/v1/customers", new { id = "new" });
        server.Kill();
        await server.StartAgainAsync(Cancellation);
        Assert.Equal(accepted + 1, await server.Client.UsageAsync("c"));
    }

    [Fact]
    public async Task Data_that_may_not_be_written_ends_the_start_with_one_line()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            Assert.Skip("It takes root to give up the right to write.");
            return;
        }

        await using var owner = await ServerProcess.StartAsync(DatabaseKind.Sqlite, Cancellation);
        Assert.Equal(0, await owner.StopAsync(cancellationToken: Cancellation));
        File.SetUnixFileMode(
            owner.DataDirectory,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => ServerProcess.StartAsync(
            new ServerOptions
            {
                DataDirectory = owner.DataDirectory,
                CommandPrefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"],
                Environment = new Dictionary<string, string?> { ["DOTNET_CLI_HOME"] = "/tmp", ["HOME"] = "/tmp" },
            },
            Cancellation));

        Assert.Contains("ended with code 2", failure.Message, StringComparison.Ordinal);
        Assert.Contains("not writable", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, failure.Message.Split('\n').Length);
    }
}
