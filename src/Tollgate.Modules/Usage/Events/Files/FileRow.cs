using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Modules.Usage.Events.Files;

/// <summary>
/// One row of a file: the fields of an event, flat, dimensions with a prefix (spec entitlements-and-usage 8.4). What is
/// wrong with it is collected and says how to mend it.
/// </summary>
internal sealed class FileRow(long number)
{
    public const string DimensionPrefix = "dimensions.";

    private const int MaxShown = 200;
    private const int MaxIdLength = 255;

    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);
    private readonly List<KeyValuePair<string, DimensionValue>> _dimensions = [];
    private readonly List<RowFault> _faults = [];

    /// <summary>From 1.</summary>
    public long Number { get; } = number;

    public IReadOnlyList<RowFault> Faults => _faults;

    public static FileRow Broken(long number, string message, string value = "")
    {
        var row = new FileRow(number);
        row.Fault("", value, message);
        return row;
    }

    public static bool IsKnown(string name) =>
        name is "customerId" or "resourceId" or "eventName" or "idempotencyKey" or "timestamp"
        || (name.StartsWith(DimensionPrefix, StringComparison.Ordinal) && name.Length > DimensionPrefix.Length);

    public void Fault(string field, string value, string message) =>
        _faults.Add(new(Number, field, value.Length > MaxShown ? value[..MaxShown] : value, message));

    public void Set(string name, string value)
    {
        if (!IsKnown(name))
            Fault(name, value, $"{name} is not known here; write dimensions as dimensions.<name>.");
        else
            _fields[name] = value;
    }

    public void SetDimension(string name, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                _dimensions.Add(new(name, DimensionValue.Of(value.GetString()!)));
                break;
            case JsonValueKind.True or JsonValueKind.False:
                _dimensions.Add(new(name, DimensionValue.Of(value.GetBoolean())));
                break;
            case JsonValueKind.Number when JsonNumber.TryParse(value.GetRawText(), out var parsed):
                _dimensions.Add(new(name, DimensionValue.Of(parsed)));
                break;
            case JsonValueKind.Number:
                Fault(DimensionPrefix + name, value.GetRawText(),
                    "The number has more than 28 digits; round it or write it as a string.");
                break;
            case JsonValueKind.Null:
                break;
            default:
                Fault(DimensionPrefix + name, value.GetRawText(), "Give a string, a number or true or false.");
                break;
        }
    }

    /// <summary>A CSV field: a number or a truth value when it is written like one in JSON, else a text.</summary>
    public void SetDimension(string name, string value) => _dimensions.Add(new(
        name,
        value is "true" or "false" ? DimensionValue.Of(value == "true")
        : JsonNumber.TryParse(value, out var parsed) ? DimensionValue.Of(parsed)
        : DimensionValue.Of(value)));

    /// <summary>The event; null when something is wrong with the row.</summary>
    /// <param name="now">No event is dated long after it.</param>
    public UsageEvent? ToEvent(Instant now)
    {
        var (customer, name, key) = (Required("customerId"), Required("eventName"), Required("idempotencyKey"));
        if (customer.Length > 0 && !IsCustomerId(customer))
        {
            Fault("customerId", customer,
                $"Use 1 to {MaxIdLength} letters, digits and _ | . @ -, beginning with a letter or digit.");
        }

        Instant? timestamp = null;
        if (_fields.GetValueOrDefault("timestamp") is { } text)
        {
            var parsed = OffsetDateTimePattern.Rfc3339.Parse(text);
            if (parsed.Success)
                timestamp = Instant.FromUnixTimeMilliseconds(parsed.Value.ToInstant().ToUnixTimeMilliseconds());
            else
                Fault("timestamp", text, "Write an ISO 8601 instant such as 2027-03-02T10:00:00Z.");
        }

        if (_faults.Count > 0)
            return null;
        var sent = new UsageEvent
        {
            CustomerId = new(customer),
            ResourceId = _fields.GetValueOrDefault("resourceId") is { Length: > 0 } resource
                ? new ResourceId(resource)
                : null,
            Name = name,
            IdempotencyKey = key,
            Timestamp = timestamp,
            Dimensions = EventDimensions.Of(_dimensions),
        };
        if (EventRules.IsFine(sent, now))
            return sent;
        var findings = new Findings();
        EventRules.Check(findings, "", sent, now);
        foreach (var fault in findings.ToRefusal()!.Fields)
        {
            var field = fault.Path.TrimStart('.');
            Fault(field, _fields.GetValueOrDefault(field, ""), fault.Message);
        }

        return null;
    }

    private string Required(string name)
    {
        var value = _fields.GetValueOrDefault(name, "");
        if (value.Length == 0 && !_faults.Exists(fault => fault.Field.Length == 0 || fault.Field == name))
            Fault(name, "", $"{name} is missing; give it.");
        return value;
    }

    private static bool IsCustomerId(string id)
    {
        if (id.Length > MaxIdLength || !char.IsAsciiLetterOrDigit(id[0]))
            return false;
        foreach (var c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '|' or '.' or '@' or '-'))
                return false;
        }

        return true;
    }
}
