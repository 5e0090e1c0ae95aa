namespace Tollgate.Stories.Tests.Telling;

/// <summary>Quantities that a subscription commits to, as the API takes them.</summary>
internal static class Committed
{
    public static object Units(params (string Feature, int Quantity)[] units) =>
        units.Select(u => new { id = u.Feature, type = "FEATURE", quantity = u.Quantity }).ToArray();
}
