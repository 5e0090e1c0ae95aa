using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using NodaTime;
using Tollgate.Contracts;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Usage.Events;

namespace Tollgate.Server.Rest.Usage;

/// <summary>The body of v1.events.report as events.</summary>
internal static class EventBody
{
    /// <summary>One event as it is sent (spec entitlements-and-usage 8.1).</summary>
    public const int MaxEventBytes = 1024 * 1024;

    /// <summary>All events of a call, which the server holds in memory at once.</summary>
    public const long MaxBytes = 64 * 1024 * 1024;

    private const int MaxIdLength = 255;

    /// <summary>
    /// True with the events of a body that keeps the contract beyond doubt. False says nothing about it: the contract
    /// has to be asked.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out List<UsageEvent> events)
    {
        events = [];
        try
        {
            var reader = new Utf8JsonReader(body);
            return TryRead(ref reader, events);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The events of a body that the contract has checked; refused are numbers that nothing here can
    /// hold, and events that are too large.</summary>
    public static Result<List<UsageEvent>> Read(JsonElement body)
    {
        var findings = new Findings();
        var events = new List<UsageEvent>();
        foreach (var item in body.GetProperty("events").EnumerateArray())
        {
            if (JsonMarshal.GetRawUtf8Value(item).Length is > MaxEventBytes and var size)
            {
                findings.Bad($"events[{events.Count}]",
                    $"events[{events.Count}] has {size} bytes; an event has at most {MaxEventBytes}.");
            }

            events.Add(new()
            {
                CustomerId = new(item.Text("customerId")),
                ResourceId = ResourceOf(item.TextOrNull("resourceId")),
                Name = item.Text("eventName"),
                IdempotencyKey = item.Text("idempotencyKey"),
                Timestamp = item.InstantOrNull("timestamp"),
                Dimensions = Dimensions(item, $"events[{events.Count}].dimensions", findings),
            });
        }

        return findings.ToRefusal() is { } refusal ? refusal : events;
    }

    /// <summary>The event of a body that the contract has checked.</summary>
    public static Result<EventToEstimate> ToEstimate(JsonElement body)
    {
        var findings = new Findings();
        var asked = new EventToEstimate(
            new(body.Text("customerId")), ResourceOf(body.TextOrNull("resourceId")), body.Text("eventName"),
            Dimensions(body, "dimensions", findings));
        return findings.ToRefusal() is { } refusal ? refusal : asked;
    }

    /// <summary>The dimensions of an object that the contract has checked.</summary>
    public static EventDimensions Dimensions(JsonElement item, string path, Findings findings)
    {
        if (item.Property("dimensions") is not { } dimensions)
            return EventDimensions.Empty;
        var pairs = new List<KeyValuePair<string, DimensionValue>>();
        foreach (var member in dimensions.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Number)
            {
                pairs.Add(new(member.Name, member.Value.ValueKind == JsonValueKind.String
                    ? DimensionValue.Of(member.Value.GetString()!)
                    : DimensionValue.Of(member.Value.GetBoolean())));
            }
            else if (JsonNumber.TryParse(member.Value.GetRawText(), out var number))
            {
                pairs.Add(new(member.Name, DimensionValue.Of(number)));
            }
            else
            {
                findings.Bad($"{path}.{member.Name}",
                    $"{path}.{member.Name} is {member.Value.GetRawText()}, which has more than 28 digits; "
                    + "round it or send it as a string.");
            }
        }

        return EventDimensions.Of(pairs);
    }

    private static bool TryRead(ref Utf8JsonReader reader, List<UsageEvent> events)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject
            || !reader.Read() || reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("events"u8)
            || !reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        UsageEvent? last = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var start = reader.TokenStartIndex;
            if (!TryReadEvent(ref reader, last, out var read) || reader.BytesConsumed - start > MaxEventBytes)
                return false;
            events.Add(last = read);
        }

        // Nothing may follow: Read throws on more text.
        return reader.TokenType == JsonTokenType.EndArray && reader.Read()
            && reader.TokenType == JsonTokenType.EndObject
            && !reader.Read();
    }

    private static bool TryReadEvent(ref Utf8JsonReader reader, UsageEvent? last, out UsageEvent read)
    {
        read = null!;
        string? customer = null, name = null, key = null;
        ResourceId? resource = null;
        Instant? timestamp = null;
        var dimensions = EventDimensions.Empty;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("dimensions"u8))
            {
                if (!TryReadDimensions(ref reader, last?.Dimensions.Names, out dimensions))
                    return false;
                continue;
            }

            // Compared before the value is read, which replaces it.
            var member = MemberOf(ref reader);
            if (!reader.Read())
                return false;
            if (member == Member.Resource && reader.TokenType == JsonTokenType.Null)
                continue;
            if (member == Member.Unknown || reader.TokenType != JsonTokenType.String)
                return false;
            switch (member)
            {
                case Member.Customer:
                    customer = Text(ref reader, last?.CustomerId.Value);
                    break;
                case Member.Name:
                    name = Text(ref reader, last?.Name);
                    break;
                case Member.Key:
                    key = reader.GetString();
                    break;
                case Member.Resource:
                    resource = ResourceOf(Text(ref reader, last?.ResourceId?.Value));
                    break;
                default:
                    if (!WireInstant.TryParse(reader.GetString()!, out var instant))
                        return false;
                    timestamp = Wire.Instant(instant);
                    break;
            }
        }

        if (reader.TokenType != JsonTokenType.EndObject || string.IsNullOrEmpty(name) || string.IsNullOrEmpty(key)
            || !IsCustomerId(customer, last))
        {
            return false;
        }

        read = new()
        {
            CustomerId = new(customer!),
            ResourceId = resource,
            Name = name,
            IdempotencyKey = key,
            Timestamp = timestamp,
            Dimensions = dimensions,
        };
        return true;
    }

    private static bool TryReadDimensions(
        ref Utf8JsonReader reader, string[]? lastNames, out EventDimensions dimensions)
    {
        dimensions = EventDimensions.Empty;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return false;
        var pairs = new List<KeyValuePair<string, DimensionValue>>(lastNames?.Length ?? 4);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = NameOf(ref reader, lastNames);
            if (!reader.Read() || !TryReadValue(ref reader, out var value))
                return false;
            pairs.Add(new(name, value));
        }

        dimensions = EventDimensions.Of(pairs);
        return reader.TokenType == JsonTokenType.EndObject;
    }

    private static bool TryReadValue(ref Utf8JsonReader reader, out DimensionValue value)
    {
        value = default;
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                value = DimensionValue.Of(reader.GetString()!);
                return true;
            case JsonTokenType.True:
            case JsonTokenType.False:
                value = DimensionValue.Of(reader.GetBoolean());
                return true;
            case JsonTokenType.Number:
                if (reader.TryGetInt64(out var whole))
                {
                    value = DimensionValue.Of(whole);
                    return true;
                }

                if (!JsonNumber.TryParse(Encoding.UTF8.GetString(reader.ValueSpan), out var number))
                    return false;
                value = DimensionValue.Of(number);
                return true;
            default:
                return false;
        }
    }

    private static Member MemberOf(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("customerId"u8) ? Member.Customer
        : reader.ValueTextEquals("eventName"u8) ? Member.Name
        : reader.ValueTextEquals("idempotencyKey"u8) ? Member.Key
        : reader.ValueTextEquals("timestamp"u8) ? Member.Timestamp
        : reader.ValueTextEquals("resourceId"u8) ? Member.Resource
        : Member.Unknown;

    /// <summary>Mostly what the event before had: then nothing is allocated.</summary>
    private static string Text(ref Utf8JsonReader reader, string? last) =>
        last is not null && reader.ValueTextEquals(last) ? last : reader.GetString()!;

    private static string NameOf(ref Utf8JsonReader reader, string[]? lastNames)
    {
        foreach (var name in lastNames ?? [])
        {
            if (reader.ValueTextEquals(name))
                return name;
        }

        return reader.GetString()!;
    }

    private static ResourceId? ResourceOf(string? text) => string.IsNullOrEmpty(text) ? null : new ResourceId(text);

    /// <summary>As the contract has it.</summary>
    private static bool IsCustomerId(string? id, UsageEvent? last)
    {
        if (ReferenceEquals(id, last?.CustomerId.Value))
            return id is not null;
        if (id is null || id.Length is 0 or > MaxIdLength || !char.IsAsciiLetterOrDigit(id[0]))
            return false;
        foreach (var c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '|' or '.' or '@' or '-'))
                return false;
        }

        return true;
    }

    private enum Member
    {
        Unknown,
        Customer,
        Name,
        Key,
        Timestamp,
        Resource,
    }
}
