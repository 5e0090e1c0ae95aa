using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Customers;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

public sealed class PaymentMethodTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Attached_method_is_the_customers_default_until_replaced_or_removed(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");

        var first = (await host.AttachAsync("c", "pm_decline")).Value;
        var second = (await host.AttachAsync("c", "pm_ok")).Value;
        var stored = await host.FindCustomerAsync("c");
        var removed = (await host.DetachAsync("c")).Value;

        Assert.Equal(new DefaultPaymentMethod("pm_decline", 12, 2099, "0002", "CARD"), first.DefaultPaymentMethod);
        Assert.Equal(new DefaultPaymentMethod("pm_ok", 12, 2099, "4242", "CARD"), second.DefaultPaymentMethod);
        Assert.Equal(second.DefaultPaymentMethod, stored.DefaultPaymentMethod);
        Assert.Null(removed.DefaultPaymentMethod);
        Assert.Equal(
            ["CustomerCreated", "CustomerUpdated", "CustomerUpdated", "CustomerUpdated"],
            (await host.EventsAsync(4)).Select(e => e.Split(' ')[1]));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Attaching_the_same_method_again_changes_nothing(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        await host.AttachAsync("c", "pm_ok");

        var again = await host.AttachAsync("c", "pm_ok");

        Assert.Null(again.Refusal);
        Assert.Equal(2, (await host.EventsAsync(10)).Count(e => e.EndsWith(" c", StringComparison.Ordinal)));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Attaching_is_refused_with_the_code_of_its_cause(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        await host.CustomerAsync("gone");
        await host.Get<ArchiveCustomer>().ExecuteAsync(host.Scope(), new("gone"), Cancellation);
        await host.Get<ProvisionCustomer>().ExecuteAsync(host.Scope("production"), new("p"), new(), Cancellation);

        Assert.Equal(ErrorCode.CustomerNotFound, (await host.AttachAsync("nobody", "pm_ok")).Refusal?.Code);
        Assert.Equal(ErrorCode.EntityIsArchivedError, (await host.AttachAsync("gone", "pm_ok")).Refusal?.Code);
        Assert.Equal(
            ErrorCode.IntegrationNotFound, (await host.AttachAsync("c", "pm_ok", integration: "stripe")).Refusal?.Code);
        var unknown = (await host.AttachAsync("c", "pm_123")).Refusal;
        Assert.Equal(ErrorCode.InvalidArgumentError, unknown?.Code);
        Assert.Contains("pm_ok, pm_decline, pm_action_required, pm_expired", unknown!.Message, StringComparison.Ordinal);
        var production = (await host.AttachAsync("p", "pm_ok", environment: "production")).Refusal;
        Assert.Equal(ErrorCode.InvalidArgumentError, production?.Code);
        Assert.Contains("production environment", production!.Message, StringComparison.Ordinal);
        Assert.Null((await host.FindCustomerAsync("c")).DefaultPaymentMethod);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Billing_currency_is_fixed_by_the_first_that_names_one(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");

        var fixedTo = await host.AttachAsync("c", "pm_ok", currency: "eur");
        var same = await host.AttachAsync("c", "pm_decline", currency: "eur");
        var other = await host.AttachAsync("c", "pm_ok", currency: "usd");

        Assert.Equal("eur", fixedTo.Value.BillingCurrency);
        Assert.Null(same.Refusal);
        Assert.Equal(ErrorCode.InvalidArgumentError, other.Refusal?.Code);
        Assert.Equal("pm_decline", (await host.FindCustomerAsync("c")).DefaultPaymentMethod?.BillingId);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Detaching_is_refused_with_the_code_of_its_cause(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.CustomerAsync("c");
        var elsewhere = new DefaultPaymentMethod("card_1", 1, 2030, "1111", "CARD");
        await host.Get<ProvisionCustomer>().ExecuteAsync(
            host.Scope(), new("foreign"), new() { DefaultPaymentMethod = elsewhere }, Cancellation);
        await host.CustomerAsync("gone");
        await host.Get<ArchiveCustomer>().ExecuteAsync(host.Scope(), new("gone"), Cancellation);

        Assert.Equal(ErrorCode.CustomerNotFound, (await host.DetachAsync("nobody")).Refusal?.Code);
        Assert.Equal(ErrorCode.EntityIsArchivedError, (await host.DetachAsync("gone")).Refusal?.Code);
        Assert.Equal(ErrorCode.PaymentMethodNotFoundError, (await host.DetachAsync("c")).Refusal?.Code);
        Assert.Equal(ErrorCode.CustomerNoBillingId, (await host.DetachAsync("foreign")).Refusal?.Code);
        await host.AttachAsync("c", "pm_ok");
        Assert.Null((await host.DetachAsync("c")).Refusal);
        Assert.Equal(ErrorCode.PaymentMethodNotFoundError, (await host.DetachAsync("c")).Refusal?.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Method_that_charged_subscriptions_need_stays_where_one_is_required(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        await host.PaidPlanAsync("basic", 5);
        foreach (var customer in (string[])["payer", "user", "invoiced"])
        {
            await host.CustomerAsync(customer);
            await host.AttachAsync(customer, "pm_ok");
        }

        await host.Get<CustomerUseCases>().UpdateAsync(
            host.Scope(), new("invoiced"), new() { Email = "i@example.com" }, Cancellation);
        var subscription = (await host.ProvisionAsync(
            "user", "basic", r => r with { PayingCustomerId = new("payer") })).Subscription();
        await host.ProvisionAsync(
            "invoiced", "basic", r => r with { PaymentCollectionMethod = PaymentCollectionMethod.Invoice });
        await host.SettleAsync(new() { PaymentMethodRequired = true });

        var needed = await host.DetachAsync("payer");
        Assert.Equal(ErrorCode.CannotRemovePaymentMethodFromCustomerError, needed.Refusal?.Code);
        Assert.NotNull((await host.FindCustomerAsync("payer")).DefaultPaymentMethod);
        // The one who is entitled does not pay, and the one who is sent invoices is not charged.
        Assert.Null((await host.DetachAsync("user")).Refusal);
        Assert.Null((await host.DetachAsync("invoiced")).Refusal);
        await host.Get<SubscriptionUseCases>().CancelAsync(
            host.Scope(), subscription.Id, new() { Time = CancellationTime.Immediate }, Cancellation);
        Assert.Null((await host.DetachAsync("payer")).Refusal);
    }
}
