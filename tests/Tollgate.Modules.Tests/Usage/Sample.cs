using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Tollgate.Modules.Tests.Usage;

/// <summary>Random values that can be made again: TOLLGATE_REPLAY is a seed and gamma, TOLLGATE_HISTORIES how many.</summary>
internal sealed record Sample<T>(IReadOnlyList<T> Values, string Replay);

internal static class Sample
{
    public static Sample<T> Of<T>(Gen<T> values, int count, int size)
    {
        if (Environment.GetEnvironmentVariable("TOLLGATE_HISTORIES") is { } asked)
            count = int.Parse(asked, CultureInfo.InvariantCulture);
        var seed = Environment.GetEnvironmentVariable("TOLLGATE_REPLAY")?.Split(',') is [var first, var gamma, ..]
            ? new Rnd(ulong.Parse(first, CultureInfo.InvariantCulture), ulong.Parse(gamma, CultureInfo.InvariantCulture))
            : new Rnd((ulong)Random.Shared.NextInt64());
        return new(
            [.. values.Sample(numberOfSamples: count, seed: seed, size: size)],
            string.Create(CultureInfo.InvariantCulture, $"TOLLGATE_REPLAY={seed.Seed},{seed.Gamma} TOLLGATE_HISTORIES={count}"));
    }
}
