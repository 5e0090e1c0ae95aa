using System.Globalization;
using System.Text.Json;

namespace Tollgate.Server.Configuration;

/// <summary>
/// Reads <see cref="ServerOptions"/> from the file, the environment and the flags; anything odd is one clear line.
/// </summary>
internal static class OptionsReader
{
    private const string FileName = "appsettings.json";
    private const string Prefix = "TOLLGATE_";

    private const int MostRetentionDays = 3_650;

    private static readonly string[] Names =
    [
        "urls", "public-url", "data", "database", "server-key", "publishable-key", "demo", "verify",
        "task-retention-days",
    ];

    /// <summary>The options, or the one line that says what is wrong.</summary>
    public static (ServerOptions? Options, string? Fault) Read(
        IReadOnlyList<string> arguments, Func<string, string?> environment, string folder)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        if (ReadFile(Path.Combine(folder, FileName), values) is { } fileFault)
            return (null, fileFault);
        foreach (var name in Names)
        {
            if (environment(Prefix + name.Replace('-', '_').ToUpperInvariant()) is { } value)
                values[name] = value;
        }

        if (ReadFlags(arguments, values) is { } flagFault)
            return (null, flagFault);
        return Build(values);
    }

    private static string? ReadFile(string path, Dictionary<string, string> values)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (!Names.Contains(property.Name))
                    return $"{path}: unknown key '{property.Name}'; known keys are {string.Join(", ", Names)}.";
                values[property.Name] = property.Value.ToString();
            }

            return null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return $"{path} is not a JSON object: {exception.Message}";
        }
    }

    private static string? ReadFlags(IReadOnlyList<string> arguments, Dictionary<string, string> values)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            var (name, inline) = argument.Split('=', 2) is [var left, var right] ? (left, right) : (argument, null);
            if (!name.StartsWith("--", StringComparison.Ordinal) || !Names.Contains(name[2..]))
            {
                return $"Unknown option '{argument}'; known options are "
                    + string.Join(", ", Names.Select(known => "--" + known)) + ".";
            }

            name = name[2..];
            if (inline is not null)
                values[name] = inline;
            else if (name is "demo" or "verify")
                values[name] = "true";
            else if (i + 1 < arguments.Count)
                values[name] = arguments[++i];
            else
                return $"Option --{name} needs a value.";
        }

        return null;
    }

    private static (ServerOptions?, string?) Build(Dictionary<string, string> values)
    {
        var defaults = new ServerOptions();
        var urls = values.GetValueOrDefault("urls", defaults.Urls);
        foreach (var url in urls.Split(';'))
        {
            if (!Uri.TryCreate(
                url.Replace("*", "localhost", StringComparison.Ordinal), UriKind.Absolute, out var parsed)
                || parsed.Scheme is not ("http" or "https"))
            {
                return (null, $"--urls is '{url}'; give http addresses such as http://127.0.0.1:8080.");
            }
        }

        if (values.TryGetValue("public-url", out var publicUrl)
            && (!Uri.TryCreate(publicUrl, UriKind.Absolute, out var reached) || reached.Scheme is not ("http" or "https")
                || reached.PathAndQuery != "/" || reached.UserInfo.Length > 0))
        {
            return (null,
                $"--public-url is '{publicUrl}'; give an address without a path, such as https://billing.example.com.");
        }

        var demo = values.GetValueOrDefault("demo", "false");
        if (!bool.TryParse(demo, out var isDemo))
            return (null, $"--demo is '{demo}'; give true or false.");
        var verify = values.GetValueOrDefault("verify", "false");
        if (!bool.TryParse(verify, out var isVerify))
            return (null, $"--verify is '{verify}'; give true or false.");
        foreach (var key in (string[])["server-key", "publishable-key"])
        {
            if (values.TryGetValue(key, out var secret) && (secret.Length < 8 || secret.Any(char.IsWhiteSpace)))
                return (null, $"--{key} is too short or holds white space; give at least 8 characters.");
        }

        if (values.TryGetValue("server-key", out var server) && values.GetValueOrDefault("publishable-key") == server)
            return (null, "--server-key and --publishable-key are the same; give two keys.");
        if (values.TryGetValue("database", out var database) && CheckDatabase(database) is { } fault)
            return (null, fault);
        var kept = values.GetValueOrDefault("task-retention-days", $"{defaults.TaskRetentionDays}");
        if (!int.TryParse(kept, NumberStyles.None, CultureInfo.InvariantCulture, out var retentionDays)
            || retentionDays is < 1 or > MostRetentionDays)
        {
            return (null, $"--task-retention-days is '{kept}'; give whole days from 1 to {MostRetentionDays}.");
        }

        if (values.TryGetValue("data", out var data) && data.Length == 0)
            return (null, "--data is empty; name a folder.");
        return (
            new ServerOptions
            {
                Urls = urls,
                PublicUrl = values.GetValueOrDefault("public-url"),
                Data = values.GetValueOrDefault("data", defaults.Data),
                Database = values.GetValueOrDefault("database"),
                ServerKey = values.GetValueOrDefault("server-key"),
                PublishableKey = values.GetValueOrDefault("publishable-key"),
                Demo = isDemo,
                Verify = isVerify,
                TaskRetentionDays = retentionDays,
            },
            null);
    }

    private static string? CheckDatabase(string connectionString)
    {
        try
        {
            var settings = new Npgsql.NpgsqlConnectionStringBuilder(connectionString);
            return string.IsNullOrEmpty(settings.Host)
                ? "--database names no Host; give a PostgreSQL connection string such as "
                    + "\"Host=127.0.0.1;Database=tollgate;Username=tollgate;Password=...\"."
                : null;
        }
        catch (ArgumentException exception)
        {
            return $"--database is not a PostgreSQL connection string: {exception.Message}";
        }
    }
}
