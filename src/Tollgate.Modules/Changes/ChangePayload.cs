using System.Globalization;
using System.Text;
using Tollgate.Domain;

namespace Tollgate.Modules.Changes;

/// <summary>
/// Changes as one node sends them to others: its name, then a line for each change. A payload without lines says that
/// the node is there.
/// </summary>
internal static class ChangePayload
{
    /// <summary>PostgreSQL takes up to 8,000 bytes.</summary>
    private const int MostBytes = 7_000;

    /// <summary>At least one payload.</summary>
    public static IReadOnlyList<string> Write(string node, IReadOnlyCollection<Change> changes)
    {
        var payloads = new List<string>();
        var payload = new StringBuilder(node);
        foreach (var change in changes)
        {
            var line = string.Create(
                CultureInfo.InvariantCulture, $"\n{(int)change.Kind}|{change.Environment.Value}|{change.CustomerId}");
            if (payload.Length + Encoding.UTF8.GetByteCount(line) > MostBytes)
            {
                payloads.Add(payload.ToString());
                payload.Clear().Append(node);
            }

            payload.Append(line);
        }

        payloads.Add(payload.ToString());
        return payloads;
    }

    public static (string Node, IReadOnlyList<Change> Changes) Read(string payload)
    {
        var lines = payload.Split('\n');
        var changes = new List<Change>(lines.Length - 1);
        foreach (var line in lines.AsSpan(1))
        {
            var parts = line.Split('|', 3);
            changes.Add(new(
                (ChangeKind)int.Parse(parts[0], CultureInfo.InvariantCulture),
                new EnvironmentId(int.Parse(parts[1], CultureInfo.InvariantCulture)),
                parts[2].Length == 0 ? null : parts[2]));
        }

        return (lines[0], changes);
    }
}
