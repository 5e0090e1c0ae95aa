namespace Tollgate.Architecture.Tests;

internal static class Faults
{
    /// <summary>Fails with one line for each fault; the assertion library would shorten them.</summary>
    internal static void None(IEnumerable<string> faults)
    {
        var all = faults.ToList();
        if (all.Count > 0)
        {
            Assert.Fail(string.Join('\n', all));
        }
    }
}
