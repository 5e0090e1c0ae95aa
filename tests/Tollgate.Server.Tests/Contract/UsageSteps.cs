using System.Text.Json;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Contract;

/// <summary>Usage and what it does to entitlements; the denials of checks are answers, not errors.</summary>
internal static class UsageSteps
{
    private const string Ada = "ada@example.com";
    private const string Nobody = "nobody@example.com";

    public static async Task UsageAsync(Walk walk)
    {
        await walk.DoesAsync("v1.usage.report", [], Usages(new { customerId = "bob", featureId = "api-calls", value = 3 }));
        await walk.DoesAsync("v1.usage.report", [], Usages(
            new
            {
                customerId = Ada,
                featureId = "seats",
                value = 4,
                updateBehavior = "SET",
                idempotencyKey = "walk-1",
                dimensions = new { region = "eu", size = 2, trial = false },
            },
            new { customerId = Ada, featureId = "api-calls", value = 2, resourceId = "site-1", updateBehavior = "DELTA" }));
        // The report operation declares no 404.
        await walk.RefusesAsync(
            "v1.usage.report",
            400,
            "CustomerNotFound",
            [],
            Usages(new { customerId = Nobody, featureId = "seats", value = 1 }),
            keepsContract: true);
        await walk.RefusesAsync(
            "v1.usage.report",
            400,
            "MeteringNotAvailableForFeatureType",
            [],
            Usages(new { customerId = Ada, featureId = "sso", value = 1 }),
            keepsContract: true);
        await walk.RefusesAsync(
            "v1.usage.report",
            409,
            "DuplicatedEntityNotAllowed",
            [],
            Usages(new { customerId = Ada, featureId = "seats", value = 5, updateBehavior = "SET", idempotencyKey = "walk-1" }));

        await walk.DoesAsync("v1.events.report", [], Events(
            new { customerId = Ada, eventName = "call", idempotencyKey = "walk-1", dimensions = new { tokens = 3, model = "m", cached = false } },
            new { customerId = Nobody, eventName = "call", idempotencyKey = "walk-1", timestamp = "2020-01-01T00:00:00Z", resourceId = "r" }));
        await walk.RefusesAsync(
            "v1.events.report", 400, "BadUserInput", [],
            Events(new { customerId = Ada, eventName = "$call", idempotencyKey = "walk-2" }), keepsContract: true);
        await walk.RefusesAsync(
            "v1.events.report", 400, "InvalidArgumentError", [],
            Events(new { customerId = Ada, eventName = "call", idempotencyKey = "walk-2", timestamp = "2999-01-01T00:00:00Z" }),
            keepsContract: true);

        await walk.DoesAsync(
            "v1.events.estimate", [],
            new { customerId = Ada, eventName = "call", dimensions = new { tokens = 3, model = "m", cached = false } });
        await walk.RefusesAsync(
            "v1.events.estimate", 400, "CustomerResourceNotFound", [],
            new { customerId = Ada, eventName = "call", resourceId = "r" }, keepsContract: true);
        await walk.DoesAsync("v1.events.estimate", [], new { customerId = Ada, eventName = "call" });
        await walk.RefusesAsync(
            "v1.events.estimate", 400, "CustomerNotFound", [], new { customerId = Nobody, eventName = "call" }, keepsContract: true);
        await walk.RefusesAsync("v1.events.estimate", 400, "BadUserInput", [], new { customerId = Ada });

        await walk.DoesAsync("tollgate.usage.retrieveRetention", []);
        await walk.DoesAsync("tollgate.usage.updateRetention", [], new { usageDays = 500, eventLogDays = 400 });
        await walk.RefusesAsync("tollgate.usage.updateRetention", 400, "InvalidArgumentError", [], new { usageDays = 10 });

        var listed = await walk.DoesAsync("tollgate.usage.listEvents", [], query: "limit=1&eventName=call");
        var next = Uri.EscapeDataString(listed.GetProperty("pagination").GetProperty("next").GetString()!);
        await walk.DoesAsync("tollgate.usage.listEvents", [], query: $"limit=1&eventName=call&after={next}");
        await walk.DoesAsync("tollgate.usage.listEvents", [], query: $"customerId={Ada}&conflicts=true");
        await walk.DoesAsync("tollgate.usage.listEvents", [], query: $"customerId={Ada}&fate=DUPLICATE&idempotencyKey=walk-1");
        await walk.DoesAsync("tollgate.usage.listEvents", [], query: "resourceId=site-1&featureId=api-calls");
        await walk.RefusesAsync("tollgate.usage.listEvents", 400, "BadUserInput", [], query: "after=nothing", keepsContract: true);
        await walk.RefusesAsync(
            "tollgate.usage.listEvents", 400, "FeatureNotFound", [], query: "featureId=no-such-feature", keepsContract: true);
        await walk.RefusesAsync(
            "tollgate.usage.listEvents", 400, "BadUserInput", [], query: "featureId=api-calls&fate=VOIDED", keepsContract: true);
        var stored = listed.GetProperty("data")[0].GetProperty("id").GetString()!;
        await walk.DoesAsync("tollgate.usage.amendEvent", [stored], new { reason = "wrong model", dimensions = new { tokens = 4, cached = true } });
        await walk.DoesAsync("tollgate.usage.voidEvent", [stored], new { reason = "sent by a test" });
        await walk.RefusesAsync(
            "tollgate.usage.amendEvent", 400, "InvalidArgumentError", ["AAAA"],
            new { reason = "x", dimensions = new { tokens = 1 } }, keepsContract: true);
        await walk.RefusesAsync(
            "tollgate.usage.voidEvent", 400, "InvalidArgumentError", ["AAAA"], new { reason = "x" }, keepsContract: true);

        await LatenessAsync(walk);
        await BackfillsAsync(walk);
        await FilesAsync(walk);
        await walk.DoesAsync("v1.usage.history", [Ada, "seats"], query: "startDate=2020-01-01T00:00:00.000Z");
        await walk.DoesAsync(
            "v1.usage.history", [Ada, "seats"], query: "startDate=2020-01-01T00:00:00Z&endDate=2100-01-01T00:00:00Z&groupBy=region");
        await walk.DoesAsync(
            "v1.usage.history", [Ada, "api-calls"], query: "startDate=2020-01-01T00:00:00.000Z&resourceId=site-1");
        await walk.RefusesAsync("v1.usage.history", 400, "BadUserInput", [Ada, "seats"]);
        await walk.RefusesAsync(
            "v1.usage.history", 404, "CustomerNotFound", [Nobody, "seats"], query: "startDate=2020-01-01T00:00:00.000Z");
        await walk.RefusesAsync(
            "v1.usage.history", 404, "FeatureNotFound", [Ada, "no-such-feature"], query: "startDate=2020-01-01T00:00:00.000Z");
    }

    private static async Task LatenessAsync(Walk walk)
    {
        await walk.DoesAsync("v1.features.createFeature", [], new
        {
            id = "late-calls",
            displayName = "Late calls",
            featureType = "NUMBER",
            meterType = "INCREMENTAL",
            featureUnits = "call",
            featureUnitsPlural = "calls",
        });
        var policy = new { acceptWindow = "P1DT2H", then = "QUARANTINE" };
        await walk.RefusesAsync("tollgate.usage.setLateness", 400, "MeterMustBeAssociatedToMeteredFeature", ["late-calls"], policy, keepsContract: true);
        await walk.DoesAsync("v1.features.updateFeature", ["late-calls"], new
        {
            meter = new
            {
                aggregation = new { function = "COUNT" },
                filters = new[] { new { conditions = new[] { new { field = "eventName", operation = "EQUALS", value = "late" } } } },
            },
        });
        // The meter is read once the events that are stored already were counted by it.
        await Eventually.TrueAsync(async () => (await walk.DoesAsync("tollgate.tasks.list", [], query: "limit=100"))
            .GetProperty("data").EnumerateArray()
            .All(task => task.GetProperty("status").GetString() is not ("PENDING" or "IN_PROGRESS")));
        var set = await walk.DoesAsync("tollgate.usage.setLateness", ["late-calls"], policy);
        Assert.Equal("P1DT2H", set.GetProperty("data").GetProperty("lateness").GetProperty("acceptWindow").GetString());
        await walk.DoesAsync("tollgate.usage.retrieveLateness", ["late-calls"]);
        await walk.RefusesAsync("tollgate.usage.retrieveLateness", 404, "FeatureNotFound", ["no-such-feature"]);
        await walk.RefusesAsync("tollgate.usage.setLateness", 404, "FeatureNotFound", ["no-such-feature"], policy);
        await walk.RefusesAsync("tollgate.usage.removeLateness", 404, "FeatureNotFound", ["no-such-feature"]);
        await walk.RefusesAsync(
            "tollgate.usage.setLateness", 400, "BadUserInput", ["late-calls"], new { acceptWindow = "P1M", then = "QUARANTINE" },
            keepsContract: true);
        await walk.RefusesAsync(
            "tollgate.usage.setLateness", 400, "InvalidArgumentError", ["late-calls"],
            new { acceptWindow = "P1831D", then = "ADJUST_NEXT_INVOICE" }, keepsContract: true);
        await walk.DoesAsync("v1.events.report", [], Events(
            new { customerId = Ada, eventName = "late", idempotencyKey = "late-1", timestamp = "2020-01-01T00:00:00Z" },
            new { customerId = Ada, eventName = "late", idempotencyKey = "late-2", timestamp = "2020-01-01T00:00:00Z" }));
        var held = await walk.DoesAsync("tollgate.usage.listEvents", [], query: "fate=QUARANTINED");
        Assert.Equal(2, held.GetProperty("data").GetArrayLength());
        var id = held.GetProperty("data")[0].GetProperty("id").GetString();
        await walk.RefusesAsync("tollgate.usage.releaseEvents", 400, "BadUserInput", [], new { reason = "x", eventIds = new[] { id }, customerId = Ada }, keepsContract: true);
        await walk.RefusesAsync("tollgate.usage.releaseEvents", 400, "InvalidArgumentError", [], new { reason = "x", eventIds = new[] { "AAAA" } }, keepsContract: true);
        var released = await walk.DoesAsync("tollgate.usage.releaseEvents", [], new { reason = "ours", eventIds = new[] { id } });
        Assert.Equal(1, released.GetProperty("data").GetProperty("count").GetInt32());
        await walk.RefusesAsync("tollgate.usage.discardEvents", 400, "InvalidArgumentError", [], new { reason = "x", eventIds = new[] { "AAAA" } }, keepsContract: true);
        await walk.DoesAsync("tollgate.usage.discardEvents", [], new { reason = "a test", featureId = "late-calls", from = "2019-01-01T00:00:00Z", to = "2021-01-01T00:00:00Z" });
        await walk.DoesAsync("tollgate.usage.removeLateness", ["late-calls"]);
    }

    private static async Task BackfillsAsync(Walk walk)
    {
        const string unknown = "018f0000-0000-7000-8000-000000000000";
        var wrong = new { reason = "x" };
        var first = await OpenAsync(new { name = "May", reason = "an outage", customerId = Ada, featureId = "late-calls" });
        var second = await OpenAsync(new { name = "June", reason = "an outage" });
        await walk.RefusesAsync("tollgate.usage.openBackfill", 400, "InvalidArgumentError", [], new { name = "n", reason = "r", featureId = "seats" }, keepsContract: true);
        var page = await walk.DoesAsync("tollgate.usage.listBackfills", [], query: "limit=1");
        var next = page.GetProperty("pagination").GetProperty("next").GetString();
        await walk.DoesAsync("tollgate.usage.listBackfills", [], query: $"limit=1&after={next}");
        await walk.RefusesAsync("tollgate.usage.listBackfills", 400, "InvalidArgumentError", [], query: $"after={unknown}", keepsContract: true);
        await walk.RefusesAsync("tollgate.usage.listBackfills", 400, "BadUserInput", [], query: "after=x", keepsContract: true);
        await walk.DoesAsync("tollgate.usage.retrieveBackfill", [first]);
        await walk.RefusesAsync("tollgate.usage.retrieveBackfill", 400, "InvalidArgumentError", [unknown], keepsContract: true);
        await walk.RefusesAsync("tollgate.usage.retrieveBackfill", 400, "BadUserInput", ["x"], keepsContract: true);
        var sent = Events(new { customerId = Ada, eventName = "late", idempotencyKey = "old", timestamp = "2019-05-01T00:00:00Z", dimensions = new { a = 1 } });
        await walk.DoesAsync("tollgate.usage.ingestBackfill", [first], sent);
        await walk.RefusesAsync(
            "tollgate.usage.ingestBackfill", 400, "InvalidArgumentError", [first],
            Events(new { customerId = "bob", eventName = "late", idempotencyKey = "old", timestamp = "2019-05-01T00:00:00Z" }), keepsContract: true);
        await walk.RefusesAsync("tollgate.usage.ingestBackfill", 400, "InvalidArgumentError", [unknown], sent, keepsContract: true);
        await walk.DoesAsync("tollgate.usage.listEvents", [], query: $"backfillId={first}&fate=PENDING");
        var preview = await walk.DoesAsync("tollgate.usage.previewBackfill", [first], query: "limit=50");
        // The event that was released counts, and this one would.
        var effect = preview.GetProperty("data")[0].GetProperty("usage")[0];
        Assert.Equal((1, 2), (effect.GetProperty("before").GetInt32(), effect.GetProperty("after").GetInt32()));
        await walk.RefusesAsync("tollgate.usage.previewBackfill", 400, "InvalidArgumentError", [unknown], keepsContract: true);
        await walk.RefusesAsync("tollgate.usage.revertBackfill", 400, "InvalidArgumentError", [first], wrong, keepsContract: true);
        await walk.DoesAsync("tollgate.usage.closeBackfill", [first], new { reason = "checked" });
        await walk.RefusesAsync("tollgate.usage.closeBackfill", 400, "InvalidArgumentError", [first], wrong, keepsContract: true);
        await walk.RefusesAsync("tollgate.usage.discardBackfill", 400, "InvalidArgumentError", [first], wrong, keepsContract: true);
        await walk.DoesAsync("tollgate.usage.revertBackfill", [first], new { reason = "wrong file" });
        await walk.DoesAsync("tollgate.usage.discardBackfill", [second], new { reason = "no use" });

        async Task<string> OpenAsync(object body) =>
            (await walk.DoesAsync("tollgate.usage.openBackfill", [], body)).GetProperty("data").GetProperty("id").GetString()!;
    }

    private static async Task FilesAsync(Walk walk)
    {
        const string unknown = "018f0000-0000-7000-8000-000000000000";
        // A JSON body is one line of JSON.
        object row = new { customerId = Ada, eventName = "late", idempotencyKey = "file-1" };
        var first = await walk.DoesAsync("tollgate.usage.uploadFile", [], row, "fileName=a.jsonl");
        await walk.DoesAsync("tollgate.usage.uploadFile", [], new { customerId = "a b" }, "fileName=b.jsonl");
        await walk.RefusesAsync("tollgate.usage.uploadFile", 400, "BadUserInput", [], row, "fileName=a.txt", keepsContract: true);
        await walk.RefusesAsync("tollgate.usage.uploadFile", 400, "BadUserInput", [], row, "fileName=a.jsonl&backfillId=x", keepsContract: true);
        await walk.RefusesAsync("tollgate.usage.uploadFile", 400, "InvalidArgumentError", [], row, $"fileName=a.jsonl&backfillId={unknown}", keepsContract: true);
        var page = await walk.DoesAsync("tollgate.usage.listFiles", [], query: "limit=1");
        await walk.DoesAsync("tollgate.usage.listFiles", [], query: $"limit=1&after={page.GetProperty("pagination").GetProperty("next").GetString()}");
        await walk.RefusesAsync("tollgate.usage.listFiles", 400, "BadUserInput", [], query: "after=x", keepsContract: true);
        var id = first.GetProperty("data").GetProperty("id").GetString()!;
        await walk.DoesAsync("tollgate.usage.retrieveFile", [id]);
        await walk.RefusesAsync("tollgate.usage.retrieveFile", 400, "InvalidArgumentError", [unknown], keepsContract: true);
        await walk.DoesAsync("tollgate.usage.listFileFaults", [page.GetProperty("data")[0].GetProperty("id").GetString()!], query: "limit=1");
        await walk.RefusesAsync("tollgate.usage.listFileFaults", 400, "BadUserInput", [id], query: "after=x", keepsContract: true);
    }

    public static async Task EntitlementsAsync(Walk walk)
    {
        await walk.DoesAsync("v1.customers.retrieveEntitlements", [Ada]);
        await walk.DoesAsync("v1.customers.retrieveEntitlements", [Ada], query: "resourceId=site-1");
        await walk.DoesAsync("v1.customers.retrieveEntitlements", ["dora"]);
        await walk.RefusesAsync(
            "v1.customers.retrieveEntitlements", 404, "CustomerResourceNotFound", [Ada], query: "resourceId=no-such-site");

        await ChecksAsync(walk, Ada, "featureId=seats", granted: true);
        await ChecksAsync(walk, Ada, "featureId=seats&requestedUsage=4", granted: true);
        await ChecksAsync(walk, Ada, "featureId=seats&requestedUsage=5", granted: false, "RequestedUsageExceedingLimit");
        await ChecksAsync(walk, Ada, "featureId=sso", granted: true);
        await ChecksAsync(walk, Ada, "featureId=regions&requestedValues=eu,us", granted: true);
        await ChecksAsync(walk, Ada, "featureId=regions&requestedValues=ap", granted: false, "RequestedValuesMismatch");
        await ChecksAsync(walk, Ada, "featureId=no-such-feature", granted: false, "FeatureNotFound");
        await ChecksAsync(walk, Ada, "featureId=api-calls&resourceId=no-such-site", granted: false, "CustomerResourceNotFound");
        await ChecksAsync(walk, "bob", "featureId=sso", granted: false, "NoFeatureEntitlementInSubscription");
        await ChecksAsync(walk, "dora", "featureId=sso", granted: false, "NoActiveSubscription");
        await ChecksAsync(walk, Nobody, "featureId=sso", granted: false, "CustomerNotFound");
        await walk.RefusesAsync("v1.customers.checkEntitlement", 400, "BadUserInput", [Ada]);
        await walk.RefusesAsync(
            "v1.customers.checkEntitlement", 400, "BadUserInput", [Ada], query: "featureId=seats&requestedUsage=many");

        await walk.DoesAsync("tollgate.entitlements.explain", [Ada, "seats"]);
        await walk.DoesAsync("tollgate.entitlements.explain", [Ada, "api-calls"], query: "resourceId=site-1");
        await walk.RefusesAsync("tollgate.entitlements.explain", 404, "CustomerNotFound", [Nobody, "seats"]);
    }

    private static async Task ChecksAsync(Walk walk, string customer, string query, bool granted, string? reason = null)
    {
        var answer = await walk.DoesAsync("v1.customers.checkEntitlement", [customer], query: query);
        var data = answer.GetProperty("data");
        Assert.True(
            granted == data.GetProperty("isGranted").GetBoolean() && reason == data.GetProperty("accessDeniedReason").GetString(),
            $"{customer} {query}: {JsonSerializer.Serialize(data)}");
    }

    private static object Events(params object[] events) => new { events };

    private static object Usages(params object[] usages) => new { usages };
}
