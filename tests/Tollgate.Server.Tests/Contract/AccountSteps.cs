namespace Tollgate.Server.Tests.Contract;

/// <summary>Our own operations: environments, keys, the test clock, events.</summary>
internal static class AccountSteps
{
    public static async Task EnvironmentsAsync(Walk walk, Walk withoutKey)
    {
        await walk.DoesAsync("tollgate.environments.list", []);
        await withoutKey.RefusesAsync("tollgate.environments.list", 401, "Unauthenticated", []);
        await walk.DoesAsync("tollgate.environments.create", [], new { name = "staging" });
        await walk.RefusesAsync(
            "tollgate.environments.create", 409, "DuplicatedEntityNotAllowed", [], new { name = "staging", isProduction = true });

        var created = await walk.DoesAsync("tollgate.apiKeys.create", ["staging"], new { kind = "PUBLISHABLE" });
        await walk.RefusesAsync("tollgate.apiKeys.create", 400, "BadUserInput", ["staging"], new { kind = "MASTER" });
        await walk.DoesAsync("tollgate.apiKeys.list", ["staging"]);
        var missing = await walk.RefusesAsync("tollgate.apiKeys.list", 404, "EnvironmentMissing", ["no-such-environment"]);
        Assert.Contains("no-such-environment", missing.Text, StringComparison.Ordinal);
        await walk.DoesAsync(
            "tollgate.apiKeys.revoke", ["staging", created.GetProperty("data").GetProperty("id").GetString()!]);
        await walk.RefusesAsync(
            "tollgate.apiKeys.revoke", 404, "EnvironmentMissing", ["no-such-environment", Guid.Empty.ToString()]);
        // The list of error codes has none for keys.
        await walk.RefusesAsync(
            "tollgate.apiKeys.revoke", 400, "InvalidArgumentError", ["staging", Guid.Empty.ToString()], keepsContract: true);
    }

    public static async Task ClockAsync(Walk walk, Walk production, Walk withoutKey)
    {
        await walk.DoesAsync("tollgate.testClock.retrieve", []);
        await withoutKey.RefusesAsync("tollgate.testClock.retrieve", 401, "Unauthenticated", []);
        await walk.DoesAsync("tollgate.testClock.advance", [], new { by = "P2M", frozen = true });
        await walk.RefusesAsync("tollgate.testClock.advance", 400, "BadUserInput", [], new { by = "two months" });
        await production.RefusesAsync("tollgate.testClock.advance", 403, null, [], new { by = "P1D" });
        await walk.DoesAsync("v1.subscriptions.retrieve", ["sub-ada"]);
    }

    public static async Task EventsAsync(Walk walk)
    {
        await walk.DoesAsync("tollgate.events.list", [], query: "limit=100");
        await walk.DoesAsync("tollgate.events.list", [], query: "entityId=sub-ada&limit=1");
        await walk.DoesAsync("tollgate.events.list", [], query: "customerId=bob");
        await walk.RefusesAsync("tollgate.events.list", 400, "BadUserInput", [], query: "limit=0");
    }
}
