using System.Globalization;
using System.Text;

namespace Tollgate.Benchmarks.Load;

/// <summary>
/// The body of a call with raw events. The text is made once and its changing parts are written over, because client and server
/// share the machine: what a sender does is not what is measured.
/// </summary>
internal sealed class EventBatch
{
    private const string Key = "00000000-0000-0000-0000-000000000000";
    private const string At = "0000-00-00T00:00:00.000Z";

    private readonly byte[] _body;
    private readonly List<(int Key, int At, int Tokens)> _events = [];
    private readonly long _fewestTokens;

    /// <param name="name">The name of the events; those named "unique" hold distinct values.</param>
    /// <param name="customers">The customers c0, c1, ... take turns, from a random one on.</param>
    /// <param name="count">How many events a call holds.</param>
    public EventBatch(string name, int customers, int count)
    {
        _fewestTokens = name == "unique" ? 100_000_000_000 : 1_000;
        var body = new StringBuilder(count * 180).Append("{\"events\":[");
        var first = Random.Shared.Next(customers);
        for (var i = 0; i < count; i++)
        {
            if (i > 0)
                body.Append(',');
            body.Append("{\"customerId\":\"c").Append((first + i) % customers).Append("\",\"eventName\":\"").Append(name)
                .Append("\",\"idempotencyKey\":\"");
            var key = body.Length;
            body.Append(Key).Append("\",\"timestamp\":\"");
            var at = body.Length;
            body.Append(At).Append("\",\"dimensions\":{\"model\":\"gpt-41\",\"tokens\":");
            _events.Add((key, at, body.Length));
            body.Append(_fewestTokens).Append("}}");
        }

        _body = Encoding.UTF8.GetBytes(body.Append("]}").ToString());
    }

    /// <summary>New events of this instant; valid until the next ones.</summary>
    public byte[] Next(DateTime now)
    {
        Span<byte> instant = stackalloc byte[At.Length];
        now.TryFormat(instant, out _, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        foreach (var (key, at, tokens) in _events)
        {
            Guid.NewGuid().TryFormat(_body.AsSpan(key), out _);
            instant.CopyTo(_body.AsSpan(at));
            // As many digits each time.
            Random.Shared.NextInt64(_fewestTokens, 10 * _fewestTokens).TryFormat(_body.AsSpan(tokens), out _);
        }

        return _body;
    }
}
