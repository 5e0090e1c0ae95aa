using Tollgate.Testing;

namespace Tollgate.Server.Tests.Options;

/// <summary>A bad option is one clear line and exit code 2; what it names comes first in a reader's search.</summary>
public sealed class OptionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("--no-such-option", "--no-such-option")]
    [InlineData("--Data=/tmp", "--Data")]
    [InlineData("data", "'data'")]
    [InlineData("-h", "'-h'")]
    [InlineData("--data", "--data")]
    [InlineData("--data=", "--data")]
    [InlineData("--urls=8080", "--urls")]
    [InlineData("--urls=ftp://127.0.0.1:1", "--urls")]
    [InlineData("--urls=", "--urls")]
    [InlineData("--urls=http://127.0.0.1:1;nonsense", "--urls")]
    [InlineData("--public-url=billing.example.com", "--public-url")]
    [InlineData("--public-url=https://example.com/billing", "--public-url")]
    [InlineData("--public-url=https://user:secret@example.com", "--public-url")]
    [InlineData("--demo=maybe", "--demo")]
    [InlineData("--verify=perhaps", "--verify")]
    [InlineData("--verify --data=/no/such/folder", "/no/such/folder")]
    [InlineData("--task-retention-days=0", "--task-retention-days")]
    [InlineData("--task-retention-days=3651", "--task-retention-days")]
    [InlineData("--task-retention-days=1.5", "--task-retention-days")]
    [InlineData("--task-retention-days=-1", "--task-retention-days")]
    [InlineData("--server-key=short", "--server-key")]
    [InlineData("--server-key=", "--server-key")]
    [InlineData("--server-key=with white space", "--server-key")]
    [InlineData("--publishable-key=short", "--publishable-key")]
    [InlineData("--server-key=same-key-000 --publishable-key=same-key-000", "--publishable-key")]
    [InlineData("--database=nonsense", "--database")]
    [InlineData("--database=Database=without_host", "--database")]
    [InlineData("--database=Host=127.0.0.1;NoSuchSetting=1", "--database")]
    public async Task Bad_option_is_one_line_and_exit_code_2(string arguments, string named)
    {
        string[] split = arguments.Contains(" --", StringComparison.Ordinal) ? arguments.Split(' ') : [arguments];
        var (exitCode, output) = await ServerProcess.RunToEndAsync(split, Cancellation);
        Assert.True(exitCode == 2, $"exit code {exitCode}: {output}");
        var line = Assert.Single(output.Split('\n'));
        Assert.StartsWith("tollgate: ", line, StringComparison.Ordinal);
        Assert.Contains(named, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TOLLGATE_DEMO", "maybe", "demo")]
    [InlineData("TOLLGATE_SERVER_KEY", "short", "server-key")]
    [InlineData("TOLLGATE_DATABASE", "nonsense", "database")]
    public async Task Environment_variables_are_checked_like_flags(string variable, string value, string named)
    {
        var options = new ServerOptions
        {
            ServerKey = null,
            PublishableKey = null,
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { [variable] = value },
        };
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => ServerProcess.StartAsync(options, Cancellation));
        Assert.Contains("ended with code 2", failure.Message, StringComparison.Ordinal);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Flag_wins_over_variable_and_variable_over_file()
    {
        await using var directory = new TempDirectory();
        await File.WriteAllTextAsync(
            directory["appsettings.json"],
            """{"server-key": "key-of-the-file-000", "publishable-key": "client-of-the-file-000"}""",
            Cancellation);
        await using var server = await ServerProcess.StartAsync(
            new ServerOptions
            {
                DataDirectory = directory.Path,
                ServerKey = "key-of-the-flag-000",
                PublishableKey = null,
                Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
                {
                    ["TOLLGATE_SERVER_KEY"] = "key-of-the-variable-000",
                    ["TOLLGATE_PUBLISHABLE_KEY"] = "client-of-the-variable-000",
                },
            },
            Cancellation);

        Assert.Equal(200, await StatusAsync(server, "key-of-the-flag-000"));
        Assert.Equal(401, await StatusAsync(server, "key-of-the-variable-000"));
        Assert.Equal(401, await StatusAsync(server, "key-of-the-file-000"));
        Assert.Equal(403, await StatusAsync(server, "client-of-the-variable-000"));
        Assert.Equal(401, await StatusAsync(server, "client-of-the-file-000"));
    }

    [Theory]
    [InlineData("{", "appsettings.json")]
    [InlineData("[]", "appsettings.json")]
    [InlineData("""{"dataa": "x"}""", "dataa")]
    public async Task Bad_file_is_one_line_and_exit_code_2(string content, string named)
    {
        await using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory["appsettings.json"], content, Cancellation);
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ServerProcess.StartAsync(new ServerOptions { DataDirectory = directory.Path }, Cancellation));
        Assert.Contains("ended with code 2", failure.Message, StringComparison.Ordinal);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    private static async Task<int> StatusAsync(ServerProcess server, string key)
    {
        using var client = server.CreateClient(key);
        return (await client.ReadAsync("/api/v1/features", Cancellation)).Status;
    }
}
