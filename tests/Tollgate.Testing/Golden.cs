using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Xunit;

namespace Tollgate.Testing;

/// <summary>
/// Compares JSON with a file kept beside the test: <c>TestFile.TestMethod.verified.json</c>. The file may hold the placeholders of
/// <see cref="JsonAssert"/>. A mismatch writes <c>.received.json</c> beside it (not tracked) and fails with the first difference; review
/// it and rename it. Nothing ever overwrites a verified file by itself.
/// </summary>
public static class Golden
{
    internal static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        IndentSize = 2,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <param name="actual">What the program produced.</param>
    /// <param name="name">Distinguishes several files of one test, for example the cases of a theory.</param>
    public static void Matches(
        JsonElement actual,
        string? name = null,
        [CallerFilePath] string testFile = "",
        [CallerMemberName] string testMethod = "")
    {
        var stem = Path.Combine(
            Path.GetDirectoryName(testFile)!,
            string.Join('.', new[] { Path.GetFileNameWithoutExtension(testFile), testMethod, name }.OfType<string>()));
        var verified = stem + ".verified.json";
        var received = stem + ".received.json";

        string? difference;
        if (File.Exists(verified))
        {
            using var expected = JsonDocument.Parse(File.ReadAllText(verified));
            difference = JsonAssert.Difference(expected.RootElement, actual);
        }
        else
        {
            difference = "there is no verified file yet";
        }
        if (difference is null)
        {
            File.Delete(received);
            return;
        }
        File.WriteAllText(received, JsonSerializer.Serialize(actual, Indented) + "\n");
        Assert.Fail($"{Path.GetFileName(verified)}: {difference}\nReceived: {received}");
    }
}
