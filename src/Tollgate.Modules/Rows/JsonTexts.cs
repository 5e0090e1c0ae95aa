using System.Text.Json;

namespace Tollgate.Modules.Rows;

/// <summary>JSON that is stored as it was sent.</summary>
internal static class JsonTexts
{
    /// <summary>True when both say the same, however they are written.</summary>
    public static bool AreSame(string? left, string? right)
    {
        if (left == right)
            return true;
        if (left is null || right is null)
            return false;
        using var one = JsonDocument.Parse(left);
        using var other = JsonDocument.Parse(right);
        return JsonElement.DeepEquals(one.RootElement, other.RootElement);
    }
}
