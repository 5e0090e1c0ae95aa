using System.Text;
using System.Text.Json;
using NodaTime;
using Tollgate.Domain.Usage.Events;
using Tollgate.Server.Rest.Usage;

namespace Tollgate.Server.Tests.Rest.Usage;

/// <summary>The reader of plain bodies says the same as the one that the contract precedes, or leaves it to that one.</summary>
public sealed class EventBodyTests
{
    private const string Least = """{"customerId":"c","eventName":"n","idempotencyKey":"k"}""";

    [Theory]
    [InlineData(Least)]
    [InlineData("""{"customerId":"a@b.c","eventName":"n \u00e9","idempotencyKey":"k","resourceId":"r","timestamp":"2025-01-15T12:00:00.5+01:00"}""")]
    [InlineData("""{"customerId":"c","eventName":"n","idempotencyKey":"k","resourceId":null,"dimensions":{}}""")]
    [InlineData("""{"customerId":"c","eventName":"n","idempotencyKey":"k","dimensions":{"b":"x","a":1.50,"f":true,"n":-3,"e":1e2,"z":12345678901234567890}}""")]
    [InlineData("""{"eventName":"n","eventName":"m","dimensions":{"a":1,"a":"2"},"idempotencyKey":"k","customerId":"c"}""")]
    public void Plain_event_is_read_like_the_other_way(string item)
    {
        var body = $$"""{"events":[{{Least}},{{item}},{{item}}]}""";
        Assert.True(EventBody.TryRead(Encoding.UTF8.GetBytes(body), out var events));
        using var document = JsonDocument.Parse(body);
        var expected = EventBody.Read(document.RootElement).Value;
        Assert.Equal(expected, events);
        Assert.Equal(3, events.Count);
    }

    [Fact]
    public void Every_member_arrives()
    {
        const string body = """
            {"events":[{"customerId":"c-1","eventName":"call","idempotencyKey":"k","resourceId":"r","timestamp":"2025-01-15T12:00:00.250Z",
            "dimensions":{"tokens":7,"model":"m","cached":false}}]}
            """;
        Assert.True(EventBody.TryRead(Encoding.UTF8.GetBytes(body), out var events));
        Assert.Equal(
            new UsageEvent
            {
                CustomerId = new("c-1"),
                ResourceId = new("r"),
                Name = "call",
                IdempotencyKey = "k",
                Timestamp = Instant.FromUtc(2025, 1, 15, 12, 0) + Duration.FromMilliseconds(250),
                Dimensions = EventDimensions.Of(
                [
                    new("cached", DimensionValue.Of(false)), new("model", DimensionValue.Of("m")), new("tokens", DimensionValue.Of(7)),
                ]),
            },
            Assert.Single(events));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"events":{}}""")]
    [InlineData("""{"event":[]}""")]
    [InlineData("""{"events":[],"more":1}""")]
    [InlineData("""{"events":[]} x""")]
    [InlineData("""{"events":[1]}""")]
    [InlineData("""{"events":[{"customerId":"c","eventName":"n"}]}""")]
    [InlineData("""{"events":[{"customerId":"","eventName":"n","idempotencyKey":"k"}]}""")]
    [InlineData("""{"events":[{"customerId":"a b","eventName":"n","idempotencyKey":"k"}]}""")]
    [InlineData("""{"events":[{"customerId":"-a","eventName":"n","idempotencyKey":"k"}]}""")]
    [InlineData("""{"events":[{"customerId":"c","eventName":"","idempotencyKey":"k"}]}""")]
    [InlineData("""{"events":[{"customerId":"c","eventName":"n","idempotencyKey":""}]}""")]
    [InlineData("""{"events":[{"customerId":"c","eventName":"n","idempotencyKey":"k","x":1}]}""")]
    [InlineData("""{"events":[{"customerId":"c","eventName":"n","idempotencyKey":"k","timestamp":"today"}]}""")]
    [InlineData("""{"events":[{"customerId":"c","eventName":"n","idempotencyKey":"k","timestamp":null}]}""")]
    [InlineData("""{"events":[{"customerId":"c","eventName":"n","idempotencyKey":"k","dimensions":null}]}""")]
    [InlineData("""{"events":[{"customerId":"c","eventName":"n","idempotencyKey":"k","dimensions":{"a":null}}]}""")]
    [InlineData("""{"events":[{"customerId":"c","eventName":"n","idempotencyKey":"k","dimensions":{"a":[1]}}]}""")]
    [InlineData("""{"events":[{"customerId":"c","eventName":"n","idempotencyKey":"k","dimensions":{"a":1e300}}]}""")]
    [InlineData("""{"events":[{"customerId":"c","eventName":7,"idempotencyKey":"k"}]}""")]
    public void What_may_be_wrong_is_left_to_the_contract(string body) =>
        Assert.False(EventBody.TryRead(Encoding.UTF8.GetBytes(body), out _));
}
