using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;
using NodaTime.Text;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.Usage.Events.Lateness;

namespace Tollgate.Server.Rest.Usage;

/// <summary>Schema <c>TollgateLateness</c>.</summary>
public sealed record RestLateness(string AcceptWindow, string Then);

/// <summary>Schema <c>TollgateMeterLateness</c>.</summary>
public sealed record RestMeterLateness(string FeatureId, RestLateness? Lateness);

/// <summary>Schema <c>TollgateQuarantineOutcome</c>.</summary>
public sealed record RestQuarantineOutcome(int Count, bool HasMore);

/// <summary>Source-generated JSON of lateness and quarantine.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RestData<RestMeterLateness>))]
[JsonSerializable(typeof(RestData<RestQuarantineOutcome>))]
internal sealed partial class LatenessJson : JsonSerializerContext;

/// <summary>Lateness policies as they are asked and answered.</summary>
internal static class LatenessWire
{
    public static RestMeterLateness ToRest(FeatureLateness found) => new(
        found.Feature.Value,
        found.Policy is { } policy ? new(WindowOf(policy.AcceptWindow), Wire.Symbol(policy.Then)) : null);

    public static Result<LatenessPolicy> FromRest(JsonElement body)
    {
        var text = body.Text("acceptWindow");
        var parsed = PeriodPattern.Roundtrip.Parse(text);
        if (!parsed.Success || DurationOf(parsed.Value) is not { } window)
        {
            return Refusal.Of(ErrorCode.BadUserInput, [new(
                "acceptWindow",
                $"acceptWindow is '{text}'; give an ISO 8601 period of weeks, days, hours, minutes and seconds such "
                + "as P3D or PT6H.")]);
        }

        return new LatenessPolicy(window, Wire.Member<LateEventAction>(body.Text("then")));
    }

    public static QuarantineChoice ChoiceOf(JsonElement body) => new(
        body.Property("eventIds") is { } ids ? [.. ids.EnumerateArray().Select(id => id.GetString()!)] : null,
        body.TextOrNull("customerId") is { } customer ? new CustomerId(customer) : null,
        body.TextOrNull("featureId") is { } feature ? new FeatureId(feature) : null,
        body.InstantOrNull("from"),
        body.InstantOrNull("to"));

    private static string WindowOf(Duration window) =>
        PeriodPattern.Roundtrip.Format(Period.FromMilliseconds((long)window.TotalMilliseconds).Normalize());

    /// <summary>Null when it has no fixed length, goes back, or is longer than anything here can be.</summary>
    private static Duration? DurationOf(Period period)
    {
        long[] parts = [period.Weeks, period.Days, period.Hours, period.Minutes, period.Seconds, period.Milliseconds];
        if (period is not { Years: 0, Months: 0, Ticks: 0, Nanoseconds: 0 }
            || parts.Any(part => part is < 0 or > int.MaxValue))
        {
            return null;
        }

        return period.ToDuration();
    }
}
