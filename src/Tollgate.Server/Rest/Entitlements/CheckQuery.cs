using System.Globalization;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Server.Rest.Entitlements;

/// <summary>
/// Reads the question of a check when it is spelled plainly: <c>featureId</c>, perhaps <c>resourceId</c> and
/// <c>requestedUsage</c>, each once and without any encoding. Whatever else is sent is left to the reader of the
/// contract, so that there is one place that finds faults.
/// </summary>
internal static class CheckQuery
{
    private const int MaxCustomerId = 255;

    /// <summary>Few enough digits that the number fits without looking.</summary>
    private const int MaxDigits = 15;

    public static bool TryReadPlain(string customer, string? rawQuery, out EntitlementQuestion question)
    {
        question = default;
        if (customer.Length is 0 or > MaxCustomerId || rawQuery is not ['?', ..]
            || rawQuery.AsSpan().IndexOfAny("%+[],") >= 0)
        {
            return false;
        }

        string? feature = null;
        string? resource = null;
        decimal? usage = null;
        var rest = rawQuery.AsSpan(1);
        foreach (var range in rest.Split('&'))
        {
            var part = rest[range];
            var equals = part.IndexOf('=');
            if (equals < 0 || equals == part.Length - 1)
                return false;
            var name = part[..equals];
            var value = part[(equals + 1)..];
            if (name is "featureId" && feature is null)
                feature = value.ToString();
            else if (name is "resourceId" && resource is null)
                resource = value.ToString();
            else if (name is "requestedUsage" && usage is null && value.Length <= MaxDigits
                && !value.ContainsAnyExceptInRange('0', '9'))
            {
                usage = long.Parse(value, NumberStyles.None);
            }
            else
                return false;
        }

        if (feature is null)
            return false;
        question = new(customer, resource, feature, usage ?? 0, []);
        return true;
    }
}
