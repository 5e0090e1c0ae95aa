using System.Text.Json;

namespace Tollgate.Server.Tests.Contract;

/// <summary>Reservations of a customer who uses 4 of 8 seats; they leave the usage as it was.</summary>
internal static class ReservationSteps
{
    private const string Ada = "ada@example.com";

    public static async Task ReservationsAsync(Walk walk)
    {
        var held = await ReserveAsync(walk, amount: 3, granted: true);
        await ReserveAsync(walk, amount: 2, granted: false);
        var other = await ReserveAsync(walk, amount: 1, granted: true);
        await walk.DoesAsync("tollgate.reservations.retrieve", [held]);
        await walk.DoesAsync("tollgate.reservations.list", []);
        await walk.DoesAsync("tollgate.reservations.list", [], query: $"customerId={Ada}&featureId=seats&status=HELD,EXPIRED&limit=1");
        await walk.DoesAsync("tollgate.reservations.release", [held]);
        await walk.RefusesAsync("tollgate.reservations.settle", 400, "InvalidArgumentError", [held], new { });
        await walk.DoesAsync(
            "tollgate.reservations.settle", [other], new { amount = 0, dimensions = new { region = "eu", trial = true } });
        await walk.RefusesAsync("tollgate.reservations.settle", 409, "DuplicatedEntityNotAllowed", [other], new { amount = 1 });
        await walk.RefusesAsync("tollgate.reservations.release", 400, "InvalidArgumentError", [other], keepsContract: true);

        await walk.RefusesAsync("tollgate.reservations.retrieve", 400, "BadUserInput", ["no-uuid"], keepsContract: true);
        await walk.RefusesAsync(
            "tollgate.reservations.retrieve", 400, "InvalidArgumentError", [Guid.Empty.ToString()], keepsContract: true);
        await walk.RefusesAsync("tollgate.reservations.list", 400, "BadUserInput", [], query: "status=held");
        await walk.RefusesAsync(
            "tollgate.reservations.create", 404, "CustomerNotFound", [],
            new { customerId = "nobody@example.com", featureId = "seats", amount = 1 }, keepsContract: true);
        await walk.RefusesAsync(
            "tollgate.reservations.create", 400, "BadUserInput", [], new { customerId = Ada, featureId = "seats", amount = 0 });
        await walk.RefusesAsync(
            "tollgate.reservations.create", 400, "BadUserInput", [],
            new { customerId = Ada, featureId = "seats", amount = 1, expiresInSeconds = 86_401 });
        await walk.RefusesAsync(
            "tollgate.reservations.create", 400, "BadUserInput", [], new { customerId = Ada, amount = 1 }, keepsContract: true);
        await walk.RefusesAsync(
            "tollgate.reservations.create", 400, "BadUserInput", [],
            new { customerId = Ada, featureId = "seats", currencyId = "ai", amount = 1 }, keepsContract: true);
        await walk.RefusesAsync(
            "tollgate.reservations.create", 404, "CustomCurrencyNotFound", [],
            new { customerId = Ada, currencyId = "no-such-currency", amount = 1 }, keepsContract: true);
    }

    private static async Task<string> ReserveAsync(Walk walk, int amount, bool granted)
    {
        var answer = await walk.DoesAsync(
            "tollgate.reservations.create", [],
            new { customerId = Ada, featureId = "seats", amount, expiresInSeconds = granted ? 600 : 1 });
        var data = answer.GetProperty("data");
        Assert.True(
            granted == data.GetProperty("isGranted").GetBoolean()
            && granted == (data.GetProperty("reservation").ValueKind == JsonValueKind.Object),
            JsonSerializer.Serialize(data));
        return granted ? data.GetProperty("reservation").GetProperty("id").GetString()! : "";
    }
}
