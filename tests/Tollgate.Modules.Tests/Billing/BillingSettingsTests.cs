using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Billing.Settings;
using Tollgate.Modules.EventLog;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

public sealed class BillingSettingsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Settings_are_kept_per_environment_and_every_change_is_logged_once(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var settings = host.Get<BillingSettingsUseCases>();

        await host.SettleAsync(new() { TaxPercentage = 8.25m, RetryAfterDays = [1, 2] });
        await host.SettleAsync(new() { TaxPercentage = 8.25m });
        var changed = (await settings.RetrieveAsync(host.Scope(), Cancellation)).Value;
        var elsewhere = (await settings.RetrieveAsync(host.Scope("production"), Cancellation)).Value;

        Assert.Equal(8.25m, changed.TaxPercentage);
        Assert.Equal([1, 2], changed.Dunning.RetryAfterDays);
        Assert.Equal(30, changed.InvoiceDueDays);
        Assert.Equal(BillingSettings.Default, elsewhere);
        var logged = (await host.Get<ListEvents>().ExecuteAsync(
            host.Scope(), new() { Types = [EventType.BillingSettingsUpdated] }, new(20, null, null), Cancellation)).Value;
        var only = Assert.Single(logged.Items);
        Assert.Equal(changed, EventBody.Read(only.EntityKind, only.After));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Refused_change_changes_nothing(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);

        var refused = await host.Get<BillingSettingsUseCases>().UpdateAsync(
            host.Scope(), new() { InvoiceDueDays = 10, TaxPercentage = 101 }, Cancellation);

        Assert.Equal(ErrorCode.BadUserInput, refused.Refusal?.Code);
        Assert.Equal(BillingSettings.Default, (await host.Get<BillingSettingsUseCases>().RetrieveAsync(
            host.Scope(), Cancellation)).Value);
    }
}
