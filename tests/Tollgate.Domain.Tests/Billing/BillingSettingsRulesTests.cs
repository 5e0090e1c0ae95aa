using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Tests.Billing;

public sealed class BillingSettingsRulesTests
{
    [Fact]
    public void Environment_starts_without_required_methods_or_tax_and_with_three_retries()
    {
        var settings = BillingSettings.Default;

        Assert.False(settings.PaymentMethodRequired);
        Assert.Equal(0, settings.TaxPercentage);
        Assert.Equal(30, settings.InvoiceDueDays);
        Assert.Equal(72, settings.UsageDraftHours);
        Assert.Equal(72, new BillingSettings { UsageDraftHours = null }.UsageDraftHours);
        Assert.Equal([3, 5, 7], settings.Dunning.RetryAfterDays);
        Assert.Equal(DunningFinalAction.Cancel, settings.Dunning.FinalAction);
    }

    [Fact]
    public void Edit_changes_what_it_names_and_keeps_the_rest()
    {
        var edited = BillingSettingsRules.Update(
            BillingSettings.Default, new() { TaxPercentage = 8.25m, FinalAction = DunningFinalAction.Keep }).Value;

        Assert.Equal(8.25m, edited.TaxPercentage);
        Assert.Equal([3, 5, 7], edited.Dunning.RetryAfterDays);
        Assert.Equal(DunningFinalAction.Keep, edited.Dunning.FinalAction);
        Assert.NotEqual(BillingSettings.Default, edited);
        Assert.Equal(edited, edited with { Dunning = new([3, 5, 7], DunningFinalAction.Keep) });
    }

    [Fact]
    public void Every_value_out_of_range_is_named()
    {
        var refusal = BillingSettingsRules.Update(BillingSettings.Default, new()
        {
            TaxPercentage = 100.01m,
            InvoiceDueDays = 366,
            UsageDraftHours = 721,
            RetryAfterDays = [1, 0, 61],
        }).Refusal;

        Assert.Equal(ErrorCode.BadUserInput, refusal?.Code);
        Assert.Equal(
            ["taxPercentage", "invoiceDueDays", "usageDraftHours", "dunning.retryAfterDays[1]", "dunning.retryAfterDays[2]"],
            refusal!.Fields.Select(f => f.Path));
        Assert.Equal("usageDraftHours is 721; give a whole number of hours from 0 to 720.", refusal.Fields[2].Message);
    }

    [Fact]
    public void Bounds_themselves_are_allowed()
    {
        var widest = BillingSettingsRules.Update(BillingSettings.Default, new()
        {
            TaxPercentage = 100,
            InvoiceDueDays = 365,
            UsageDraftHours = 720,
            RetryAfterDays = [1, 60, .. Enumerable.Repeat(2, BillingSettingsRules.MaxRetries - 2)],
        });
        var none = BillingSettingsRules.Update(
            BillingSettings.Default, new() { TaxPercentage = 0, InvoiceDueDays = 0, UsageDraftHours = 0, RetryAfterDays = [] });
        var tooMany = BillingSettingsRules.Update(
            BillingSettings.Default, new() { RetryAfterDays = [.. Enumerable.Repeat(1, BillingSettingsRules.MaxRetries + 1)] });

        Assert.Null(widest.Refusal);
        Assert.Empty(none.Value.Dunning.RetryAfterDays);
        Assert.Equal("dunning.retryAfterDays", Assert.Single(tooMany.Refusal!.Fields).Path);
    }
}
