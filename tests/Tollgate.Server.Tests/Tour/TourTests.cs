using System.Diagnostics;
using System.Text.RegularExpressions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Tour;

/// <summary>
/// README.md's tour, run as a reader would: each block of commands in its order with bash, each answer compared with
/// the block that follows it. Only the address differs, because tests choose free ports.
/// </summary>
public sealed partial class TourTests
{
    private const string Address = "http://127.0.0.1:8080";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_command_of_the_tour_answers_as_printed()
    {
        var steps = Steps(await File.ReadAllTextAsync(RepositoryRoot.File("README.md"), Cancellation));
        Assert.True(steps.Count > 10, $"The tour has {steps.Count} commands.");
        var start = StartCommand().Match(steps[0].Command);
        Assert.True(start.Success, $"The tour begins with starting the server, not with: {steps[0].Command}");
        await using var server = await ServerProcess.StartAsync(
            new ServerOptions { ServerKey = start.Groups["key"].Value, ExtraArgs = ["--demo"] }, Cancellation);

        var address = server.BaseAddress.GetLeftPart(UriPartial.Authority);
        foreach (var (command, expected) in steps.Skip(1))
        {
            Assert.True(expected is not null, $"No answer is printed for: {command}");
            var answer = await RunAsync(command.Replace(Address, address, StringComparison.Ordinal));
            try
            {
                JsonAssert.Contains(expected, answer);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"{command}\nanswered: {answer}", exception);
            }
        }
    }

    /// <summary>
    /// The blocks of the section: commands, each with the answer that follows it directly or after words.
    /// </summary>
    private static List<(string Command, string? Answer)> Steps(string readme)
    {
        var section = Section().Match(readme);
        Assert.True(section.Success, "README.md has no section 'Five-minute tour'.");
        var steps = new List<(string Command, string? Answer)>();
        foreach (Match block in Block().Matches(section.Value))
        {
            var text = block.Groups["text"].Value;
            if (block.Groups["language"].Value == "sh")
                steps.Add((text, null));
            else
                steps[^1] = (steps[^1].Command, text);
        }

        return steps;
    }

    private static async Task<string> RunAsync(string command)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", command])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = bash.StandardError.ReadToEndAsync(Cancellation);
        var output = await bash.StandardOutput.ReadToEndAsync(Cancellation);
        await bash.WaitForExitAsync(Cancellation);
        Assert.True(bash.ExitCode == 0, $"{command}\nended with {bash.ExitCode}: {await errors}");
        return output;
    }

    [GeneratedRegex(@"^## Five-minute tour\n.*?(?=^## )", RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex Section();

    [GeneratedRegex(
        @"^```(?<language>sh|json)\n(?<text>.*?)^```",
        RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Block();

    [GeneratedRegex(@"^\./run\.sh --demo --server-key (?<key>\S+)\s*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StartCommand();
}
