using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tollgate.Storage;

namespace Tollgate.Benchmarks;

/// <summary>What to measure and for how long.</summary>
internal sealed record BenchmarkOptions
{
    /// <summary>The measurements by the name <c>--only</c> takes, in the order they run.</summary>
    public static readonly string[] Names = ["check", "inprocess", "usage", "events", "endurance", "credits", "subscriptions", "renewal"];

    public IReadOnlyList<DatabaseKind> Databases { get; private init; } = [DatabaseKind.Sqlite, DatabaseKind.PostgreSql];

    /// <summary>How long one round of one subject runs under load.</summary>
    public int Seconds { get; private init; } = 5;

    /// <summary>Subjects take turns this often; the median counts.</summary>
    public int Rounds { get; private init; } = 3;

    /// <summary>How many subscriptions are made, and then renewed at one instant.</summary>
    public int Subscriptions { get; private init; } = 100_000;

    /// <summary>How long events come in at full rate while memory is watched.</summary>
    public int Minutes { get; private init; } = 10;

    /// <summary>One of <see cref="Names"/>; null = all of them.</summary>
    public string? Only { get; private init; }

    /// <summary>Of the events' subjects only those whose name holds this text, besides the raw one; "" = all of them.</summary>
    public string Subject { get; private init; } = "";

    /// <summary>The file that gets a copy of the report.</summary>
    public string? WriteTo { get; private init; }

    public bool Runs(string name) => Only is null || Only == name;

    public static bool TryParse(
        string[] arguments,
        [NotNullWhen(true)] out BenchmarkOptions? options,
        [NotNullWhen(false)] out string? fault)
    {
        options = new BenchmarkOptions();
        fault = null;
        for (var i = 0; i < arguments.Length && fault is null; i += 2)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            (options, fault) = (arguments[i], value) switch
            {
                ("--database", "sqlite") => (options with { Databases = [DatabaseKind.Sqlite] }, fault),
                ("--database", "postgresql") => (options with { Databases = [DatabaseKind.PostgreSql] }, fault),
                ("--database", "both") => (options, fault),
                ("--seconds", _) when Positive(value) is { } seconds => (options with { Seconds = seconds }, fault),
                ("--rounds", _) when Positive(value) is { } rounds => (options with { Rounds = rounds }, fault),
                ("--subscriptions", _) when Positive(value) is { } count => (options with { Subscriptions = count }, fault),
                ("--minutes", _) when Positive(value) is { } minutes => (options with { Minutes = minutes }, fault),
                ("--only", _) when Names.Contains(value) => (options with { Only = value }, fault),
                ("--subject", { Length: > 0 }) => (options with { Subject = value }, fault),
                ("--write", { Length: > 0 }) => (options with { WriteTo = value }, fault),
                _ => (options, $"'{arguments[i]} {value}' is not understood; give --database sqlite|postgresql|both, --seconds N, "
                    + $"--rounds N, --subscriptions N, --minutes N, --only {string.Join('|', Names)}, --subject TEXT, --write FILE."),
            };
        }

        if (fault is null)
            return true;
        options = null;
        return false;
    }

    private static int? Positive(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}
