using Tollgate.Domain.Credits;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Credits;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Tests.Billing;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Credits.CreditDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>Spec credits 10. The clock starts on 2025-01-15 at 12:00.</summary>
public sealed class AutoRechargeTests
{
    private static readonly AutoRechargeEdit TwentyToFifty = new(true) { ThresholdValue = 20, TargetBalance = 50 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Balance_below_the_threshold_is_bought_up_to_the_target(DatabaseKind kind)
    {
        // The example of the specification: threshold 20, target 50; 22 -> 18, buy 32 -> 50. At exactly 20 nothing happens.
        await using var host = await SellingAsync(kind);
        await host.GrantAsync(40);
        await SaveAsync(host, TwentyToFifty);
        await host.ConsumeAsync(Use(20, "to-20"));
        Assert.Equal(0, await host.RunDueAsync());
        await host.GrantAsync(2);
        await host.ConsumeAsync(Use(4, "to-18"));
        Assert.Equal(18, await host.BalanceAsync());

        await host.RunDueAsync();

        Assert.Equal(50, await host.BalanceAsync());
        var bought = (await host.GrantsAsync())[0];
        Assert.Equal(
            (CreditGrantType.Paid, 32m, 32m, "Automatic recharge"), (bought.Type, bought.Amount, bought.Cost.Amount, bought.DisplayName));
        // A year later, the default.
        Assert.Equal("2026-01-15T12:00:00Z", bought.ExpireAt.ToString());
        Assert.NotNull(bought.AutoRechargeUid);
        Assert.Equal(0, await host.RunDueAsync());
        Assert.Contains(EventType.AutomaticRechargeOperationAttempted, await host.CreditEventsAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Saving_below_the_threshold_recharges_at_once_and_settles_a_deficit(DatabaseKind kind)
    {
        await using var host = await SellingAsync(kind);
        await host.ConsumeAsync(Use(5, "deficit"));

        await SaveAsync(host, TwentyToFifty);

        Assert.Equal(50, await host.BalanceAsync());
        // 50 - (-5).
        Assert.Equal(55, (await host.GrantsAsync()).Single(grant => grant.Type == CreditGrantType.Paid).Amount);
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Limit_of_the_month_holds_it_until_the_next_month(DatabaseKind kind)
    {
        // Target 100, limit 100: the first purchase of 90 is 90 %, and the next one of 90 does not fit any more.
        await using var host = await SellingAsync(kind);
        await host.GrantAsync(10);
        await SaveAsync(host, new(true) { ThresholdValue = 20, TargetBalance = 100, MaxSpendLimit = new(100) });
        Assert.Equal(100, await host.BalanceAsync());
        await host.ConsumeAsync(Use(90, "k"));

        await host.RunDueAsync();
        Assert.Equal(10, await host.BalanceAsync());
        Assert.Equal(["80", "90", "100"], await ThresholdsAsync(host));
        Assert.True((await ReadAsync(host)).IsEnabled);
        host.Time.Advance(TimeSpan.FromDays(16));
        await host.RunDueAsync();
        Assert.Equal(10, await host.BalanceAsync());

        // On the first of February.
        host.Time.Advance(TimeSpan.FromDays(1));
        await host.RunDueAsync();
        Assert.Equal(100, await host.BalanceAsync());
        Assert.Equal(90, (await ReadAsync(host)).Spent);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Failed_payment_switches_it_off_and_leaves_nothing_owed(DatabaseKind kind)
    {
        await using var host = await SellingAsync(kind);
        await host.GrantAsync(30);
        await SaveAsync(host, TwentyToFifty);
        await host.AttachAsync("c", "pm_decline");
        await host.ConsumeAsync(Use(20, "k"));

        await host.RunDueAsync();

        Assert.False((await ReadAsync(host)).IsEnabled);
        Assert.Equal(10, await host.BalanceAsync());
        Assert.DoesNotContain(await host.GrantsAsync(), grant => grant.Type == CreditGrantType.Paid);
        var events = await EventsAsync(host, EventType.AutomaticRechargeConfigurationChanged);
        Assert.Equal("SYSTEM", events[0].Facts!["changedBy"]);
        Assert.Equal("FAILURE", (await EventsAsync(host, EventType.AutomaticRechargeOperationAttempted))[0].Facts!["status"]);
        await host.ConsumeAsync(Use(1, "more"));
        Assert.Equal(0, await host.RunDueAsync());
    }

    [Fact]
    public async Task Settings_that_cannot_work_are_refused()
    {
        await using var host = await SellingAsync(DatabaseKind.Sqlite, min: 10, max: 1000);
        async Task<ErrorCode?> CodeAsync(AutoRechargeEdit edit) => (await TrySaveAsync(host, edit)).Refusal?.Code;

        Assert.Equal(ErrorCode.InvalidArgumentError, await CodeAsync(TwentyToFifty with { ThresholdValue = -1 }));
        Assert.Equal(ErrorCode.InvalidArgumentError, await CodeAsync(TwentyToFifty with { TargetBalance = 20 }));
        Assert.Equal(ErrorCode.InvalidArgumentError, await CodeAsync(TwentyToFifty with { TargetBalance = 29 }));
        Assert.Equal(ErrorCode.InvalidArgumentError, await CodeAsync(TwentyToFifty with { TargetBalance = 1021 }));
        Assert.Equal(ErrorCode.InvalidArgumentError, await CodeAsync(TwentyToFifty with { MaxSpendLimit = new(0) }));
        Assert.Null(await CodeAsync(new(false) { ThresholdValue = 50, TargetBalance = 20 }));
        await host.DetachAsync("c");
        Assert.Equal(ErrorCode.PaymentMethodNotFoundError, await CodeAsync(TwentyToFifty));
        var recharges = host.Get<AutoRechargeUseCases>();
        Assert.Equal(
            ErrorCode.CustomerNotFound,
            (await recharges.RetrieveAsync(host.Scope(), new("x"), new("ai"), Cancellation)).Refusal?.Code);
        Assert.Equal(
            ErrorCode.CustomCurrencyNotFound,
            (await recharges.RetrieveAsync(host.Scope(), new("c"), new("x"), Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Without_a_price_it_cannot_be_enabled_and_without_a_row_defaults_are_read()
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite);
        await host.AttachAsync("c", "pm_ok");

        Assert.Equal(ErrorCode.InvalidArgumentError, (await TrySaveAsync(host, TwentyToFifty)).Refusal?.Code);
        var read = (await host.Get<AutoRechargeUseCases>().RetrieveAsync(host.Scope(), new("c"), new("ai"), Cancellation)).Value;
        Assert.False(read.IsSaved);
        Assert.Equal(
            (false, 0m, 0m, (decimal?)null, RechargeExpiration.OneYear),
            (read.Recharge.IsEnabled, read.Recharge.ThresholdValue, read.Recharge.TargetBalance, read.Recharge.MaxSpendLimit,
                read.Recharge.GrantExpiration));
    }

    private static async Task<ModuleHost> SellingAsync(DatabaseKind kind, long? min = null, long? max = null)
    {
        var host = await StartAsync(kind);
        await host.AttachAsync("c", "pm_ok");
        await host.SubscribeAsync(TopUp(1, min, max));
        return host;
    }

    private static Task<Result<SavedRecharge>> TrySaveAsync(ModuleHost host, AutoRechargeEdit edit) =>
        host.Get<AutoRechargeUseCases>().SaveAsync(host.Scope(), new("c"), new("ai"), edit, Cancellation);

    private static async Task SaveAsync(ModuleHost host, AutoRechargeEdit edit) =>
        Assert.Null((await TrySaveAsync(host, edit)).Refusal);

    private static async Task<AutoRecharge> ReadAsync(ModuleHost host) =>
        (await host.Get<AutoRechargeUseCases>().RetrieveAsync(host.Scope(), new("c"), new("ai"), Cancellation)).Value.Recharge;

    private static async Task<IReadOnlyList<EventRecord>> EventsAsync(ModuleHost host, EventType type) =>
        (await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [type] }, new(100, null, null), Cancellation)).Value.Items;

    private static async Task<IEnumerable<string>> ThresholdsAsync(ModuleHost host) =>
        (await EventsAsync(host, EventType.CreditsAutomaticRechargeLimitExceeded)).Reverse().Select(e => e.Facts!["threshold"]);
}
