namespace Tollgate.Server.Tests.Contract;

/// <summary>Tasks: following them and stopping them. There are an import and a version published for all customers.</summary>
internal static class TaskSteps
{
    public static async Task ImportAsync(Walk walk)
    {
        await walk.RefusesAsync(
            "v1.subscriptions.import", 400, "ImportSubscriptionsBulkError", [], new { subscriptions = Array.Empty<object>() },
            keepsContract: true);
        await walk.RefusesAsync(
            "v1.subscriptions.import", 400, "BadUserInput", [], new { subscriptions = new object[] { new { id = "imported" } } });
        await walk.DoesAsync("v1.subscriptions.import", [], new
        {
            subscriptions = new object[]
            {
                new { id = "imported", customerId = "dora", planId = "no-such-plan", startDate = "2024-01-01T00:00:00.000Z" },
            },
        });
    }

    public static async Task TasksAsync(Walk walk)
    {
        var listed = await walk.DoesAsync("tollgate.tasks.list", []);
        var id = listed.GetProperty("data")[0].GetProperty("id").GetString()!;
        await walk.DoesAsync(
            "tollgate.tasks.list", [], query: "type=SUBSCRIPTION_MIGRATION&status=PENDING,IN_PROGRESS,COMPLETED&limit=1");
        await walk.RefusesAsync("tollgate.tasks.list", 400, "BadUserInput", [], query: "status=CANCELLED");
        await walk.DoesAsync("tollgate.tasks.retrieve", [id]);
        await walk.DoesAsync("tollgate.tasks.listFailures", [id], query: "limit=5");
        await walk.DoesAsync("tollgate.tasks.cancel", [id]);
        foreach (var operation in (string[])["tollgate.tasks.retrieve", "tollgate.tasks.listFailures", "tollgate.tasks.cancel"])
        {
            await walk.RefusesAsync(operation, 400, "BadUserInput", ["no-uuid"], keepsContract: true);
            // The list of error codes has none for tasks.
            await walk.RefusesAsync(operation, 400, "InvalidArgumentError", [Guid.Empty.ToString()], keepsContract: true);
        }
    }
}
