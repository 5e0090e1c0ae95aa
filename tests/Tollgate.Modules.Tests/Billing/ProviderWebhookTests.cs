using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Billing.Webhooks;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Billing;

/// <summary>What providers tell, applied exactly once (spec integrations 2.6 and 2.7).</summary>
public sealed class ProviderWebhookTests
{
    private static readonly PaymentAttempt Declined = new(PaymentOutcome.Declined, "card_declined", "Declined.");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Payment_that_succeeds_later_starts_the_subscription_once(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        remote.Charging = _ => new(PaymentOutcome.ActionRequired, "authentication_required", "Please confirm.");
        var pending = (await host.ProvisionAsync("c", "pro")).Subscription();
        await host.SendAsync();
        var invoice = remote.Calls.Single(call => call.Kind == SyncedKind.Invoice).As<Invoice>();
        // The provider names its own id only.
        var paid = RemoteWebhooks.Message("invoice.paid", synced: remote.IdOf(SyncedKind.Invoice, invoice.Uid.ToString()));

        var first = await host.TellAsync(paid);
        var again = await host.TellAsync(paid);

        Assert.Equal((SubscriptionStatus.PaymentPending, PaymentCollection.ActionRequired),
            (pending.Status, pending.PaymentCollection));
        Assert.Equal(ProviderMessageStatus.Applied, first.Value.Status);
        Assert.Equal(first.Value, again.Value);
        Assert.Equal(SubscriptionStatus.Active, Assert.Single(await host.StoredAsync("c")).Status);
        Assert.Equal(InvoiceStatus.Paid, (await host.ReadAsync(invoice)).Status);
        var told = Assert.Single(await host.EventsOfAsync(EventType.InvoicePaid));
        Assert.Equal("ACME", told.Actor.Type);
        Assert.Single(await host.MessagesAsync());
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Message_that_comes_many_times_at_once_counts_once(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var invoice = await OpenInvoiceAsync(host, remote);
        var failed = RemoteWebhooks.Message("invoice.payment_failed", entity: invoice.Uid.ToString());

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => host.TellAsync(failed)));
        await host.RunDueAsync();

        Assert.All(answers, answer => Assert.Null(answer.Refusal));
        Assert.Equal(ProviderMessageStatus.Applied, Assert.Single(await host.MessagesAsync()).Status);
        // One attempt of ours, one of the provider's own.
        Assert.Equal(2, (await host.ReadAsync(invoice)).AttemptCount);
        Assert.Equal(2, (await host.EventsOfAsync(EventType.CustomerPaymentFailed)).Count);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Failure_that_the_call_answered_already_is_not_counted_again(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var invoice = await OpenInvoiceAsync(host, remote);

        var told = await host.TellAsync(RemoteWebhooks.Message(
            "invoice.payment_failed", entity: invoice.Uid.ToString(), key: $"{invoice.Uid}/collect/0"));

        Assert.Equal(ProviderMessageStatus.Ignored, told.Value.Status);
        Assert.Equal(1, (await host.ReadAsync(invoice)).AttemptCount);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Failure_that_comes_after_the_payment_changes_nothing(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var invoice = await OpenInvoiceAsync(host, remote);

        await host.TellAsync(RemoteWebhooks.Message("invoice.paid", entity: invoice.Uid.ToString(), at: 2));
        var late = await host.TellAsync(RemoteWebhooks.Message(
            "invoice.payment_failed", entity: invoice.Uid.ToString(), at: 1, action: true));
        var twice = await host.TellAsync(RemoteWebhooks.Message("invoice.paid", entity: invoice.Uid.ToString(), at: 3));

        Assert.Equal(ProviderMessageStatus.Ignored, late.Value.Status);
        Assert.Equal(ProviderMessageStatus.Ignored, twice.Value.Status);
        var stored = await host.ReadAsync(invoice);
        Assert.Equal((InvoiceStatus.Paid, false), (stored.Status, stored.RequiresAction));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Invoice_is_voided_or_given_up_as_the_provider_says(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var (voided, lost) = (await OpenInvoiceAsync(host, remote), await OpenInvoiceAsync(host, remote));

        await host.TellAsync(RemoteWebhooks.Message("invoice.voided", entity: voided.Uid.ToString()));
        await host.TellAsync(RemoteWebhooks.Message("invoice.uncollectible", entity: lost.Uid.ToString()));
        var again = await host.TellAsync(RemoteWebhooks.Message("invoice.voided", entity: voided.Uid.ToString()));
        var lostAgain = await host.TellAsync(RemoteWebhooks.Message("invoice.uncollectible", entity: lost.Uid.ToString()));
        // What is void is owed no more: that money came for it has to be looked at.
        var contradiction = await host.TellAsync(RemoteWebhooks.Message("invoice.paid", entity: voided.Uid.ToString()));

        Assert.Equal(InvoiceStatus.Void, (await host.ReadAsync(voided)).Status);
        Assert.Equal(InvoiceStatus.Uncollectible, (await host.ReadAsync(lost)).Status);
        Assert.Equal(ProviderMessageStatus.Ignored, again.Value.Status);
        Assert.Equal(ProviderMessageStatus.Ignored, lostAgain.Value.Status);
        Assert.Equal(ProviderMessageStatus.Failed, contradiction.Value.Status);
        Assert.Contains("is VOID and cannot be paid", contradiction.Value.Error, StringComparison.Ordinal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task What_is_not_signed_is_refused_and_not_kept(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var invoice = await OpenInvoiceAsync(host, remote);
        var body = RemoteWebhooks.Message("invoice.paid", entity: invoice.Uid.ToString());
        var other = RemoteWebhooks.Message("invoice.paid", entity: invoice.Uid.ToString());

        var unsigned = await host.TellAsync(body, "");
        var wrong = await host.TellAsync(body, RemoteWebhooks.Sign(other, host.Real()));
        var old = await host.TellAsync(body, RemoteWebhooks.Sign(body, host.Real() - Duration.FromMinutes(6)));
        var unreadable = await host.TellAsync("[]");
        var unknown = await host.Get<ProviderWebhooks>().ReceiveAsync(
            Guid.NewGuid().ToString(), RemoteBilling.Id, RemoteWebhooks.Request(body, host.Real()), Cancellation);
        var builtIn = await host.Get<ProviderWebhooks>().ReceiveAsync(
            host.Scope().Environment.Uid.ToString(), "builtin", RemoteWebhooks.Request(body, host.Real()), Cancellation);
        var elsewhere = await host.Get<ProviderWebhooks>().ReceiveAsync(
            host.Scope("production").Environment.Uid.ToString(), RemoteBilling.Id, RemoteWebhooks.Request(body, host.Real()),
            Cancellation);

        Assert.All(
            new[] { unsigned, wrong, old, unreadable },
            refused => Assert.Equal(ErrorCode.InvalidArgumentError, refused.Refusal?.Code));
        Assert.Equal(ErrorCode.EnvironmentMissing, unknown.Refusal?.Code);
        Assert.Equal(ErrorCode.IntegrationNotFound, builtIn.Refusal?.Code);
        Assert.Equal(ErrorCode.IntegrationNotFound, elsewhere.Refusal?.Code);
        Assert.Empty(await host.MessagesAsync());
        Assert.Equal(InvoiceStatus.Open, (await host.ReadAsync(invoice)).Status);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Message_of_an_unknown_type_is_kept_and_means_nothing(DatabaseKind kind)
    {
        var (host, _) = await RemoteDriver.StartAsync(kind);
        await using var __ = host;

        var told = await host.TellAsync(RemoteWebhooks.Message("tax_rate.created"));

        Assert.Equal(("tax_rate.created", ProviderMessageStatus.Ignored), (told.Value.Type, told.Value.Status));
        Assert.Single(await host.MessagesAsync());
        Assert.Null(await host.Get<ProviderWebhooks>().NextDueAsync(host.EnvironmentId, Cancellation));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Message_before_the_commit_of_its_object_is_applied_after_it(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        Result<StoredMessage> early = default;
        Task<Result<StoredMessage>>? telling = null;
        remote.Charging = invoice =>
        {
            // The money comes, the answer to us is lost, and the provider's message is faster than our transaction.
            remote.Collected[invoice.Uid] = invoice.Amounts.AmountDue;
            telling = host.TellAsync(RemoteWebhooks.Message("invoice.paid", entity: invoice.Uid.ToString()));
            // SQLite has one writer: there the message waits for our transaction.
            if (kind == DatabaseKind.PostgreSql)
                early = telling.GetAwaiter().GetResult();
            throw new HttpRequestException("connection reset");
        };

        var pending = (await host.ProvisionAsync("c", "pro")).Subscription();
        await telling!;
        host.Time.Advance(TimeSpan.FromSeconds(30));
        await host.RunDueAsync();

        if (kind == DatabaseKind.PostgreSql)
            Assert.Equal((ProviderMessageStatus.Pending, 1), (early.Value.Status, early.Value.Attempts));
        Assert.Equal((SubscriptionStatus.PaymentPending, PaymentCollection.Failed),
            (pending.Status, pending.PaymentCollection));
        Assert.Equal(ProviderMessageStatus.Applied, Assert.Single(await host.MessagesAsync()).Status);
        Assert.Equal(SubscriptionStatus.Active, Assert.Single(await host.StoredAsync("c")).Status);
        Assert.Single(await host.EventsOfAsync(EventType.InvoicePaid));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Lost_answer_of_a_renewal_is_found_by_its_next_attempt_and_charged_once(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        await host.ProvisionAsync("c", "pro");
        remote.Charged = _ => throw new HttpRequestException("connection reset");
        host.Time.Advance(TimeSpan.FromDays(31));
        await host.RunDueAsync();
        var unanswered = Assert.Single(await host.StoredAsync("c"));
        remote.Charged = _ => { };
        // The first retry is 3 days later.
        host.Time.Advance(TimeSpan.FromDays(3));
        await host.RunDueAsync();

        Assert.Equal((SubscriptionStatus.Active, PaymentCollection.Failed),
            (unanswered.Status, unanswered.PaymentCollection));
        Assert.Equal(PaymentCollection.NotRequired, Assert.Single(await host.StoredAsync("c")).PaymentCollection);
        Assert.Equal([90m, 90m], remote.Collected.Values);
        Assert.Equal("provider_unavailable", Assert.Single(
            await host.EventsOfAsync(EventType.CustomerPaymentFailed)).Facts!["code"]);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Message_about_nothing_we_know_is_tried_six_times_and_kept_as_failed(DatabaseKind kind)
    {
        var (host, _) = await RemoteDriver.StartAsync(kind);
        await using var __ = host;
        foreach (var type in new[] { "invoice.paid", "subscription.deleted", "customer.deleted", "method.attached" })
        {
            await host.TellAsync(RemoteWebhooks.Message(type, entity: Guid.Empty.ToString(), id: type, method: "card-2"));
            await host.TellAsync(RemoteWebhooks.Message(type, synced: "unknown", id: $"{type} by theirs", method: "card-2"));
        }

        var pending = await host.MessagesAsync();
        for (var step = 0; step < 6 * 120; step++)
        {
            host.Time.Advance(TimeSpan.FromSeconds(30));
            await host.Get<ProviderWebhooks>().RunDueAsync(host.Scope().Environment, host.Scope().Now, Cancellation);
        }

        Assert.All(pending, message => Assert.Equal((ProviderMessageStatus.Pending, 1), (message.Status, message.Attempts)));
        Assert.All(await host.MessagesAsync(), message =>
        {
            Assert.Equal((ProviderMessageStatus.Failed, 5), (message.Status, message.Attempts));
            Assert.StartsWith("There is no ", message.Error, StringComparison.Ordinal);
            Assert.Equal(host.Scope().Now, message.EndedAt);
        });

        // Sent again by the provider, it has all its attempts again.
        var again = await host.TellAsync(RemoteWebhooks.Message(
            "invoice.paid", entity: Guid.Empty.ToString(), id: "invoice.paid"));
        Assert.Equal((ProviderMessageStatus.Pending, 1), (again.Value.Status, again.Value.Attempts));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Subscription_ended_at_the_provider_ends_here(DatabaseKind kind)
    {
        var (host, remote) = await RemoteDriver.StartAsync(kind);
        await using var _ = host;
        var id = (await host.ProvisionAsync("c", "pro")).Subscription().Id;
        await host.SendAsync();
        var synced = remote.IdOf(SyncedKind.Subscription, id.Value);

        var told = await host.TellAsync(RemoteWebhooks.Message("subscription.deleted", synced: synced));
        var again = await host.TellAsync(RemoteWebhooks.Message("subscription.deleted", synced: synced));

        Assert.Equal(ProviderMessageStatus.Applied, told.Value.Status);
        Assert.Equal(ProviderMessageStatus.Ignored, again.Value.Status);
        var ended = Assert.Single(await host.StoredAsync("c"));
        Assert.Equal((SubscriptionStatus.Canceled, CancelReason.CancelledByBilling), (ended.Status, ended.CancelReason));
        Assert.Equal("ACME", Assert.Single(await host.EventsOfAsync(EventType.SubscriptionCanceled)).Actor.Type);
    }

    private static async Task<Invoice> OpenInvoiceAsync(ModuleHost host, RemoteBilling remote)
    {
        remote.Charging = _ => Declined;
        var invoice = await host.IssueAsync(host.Bill("c", 90));
        Assert.Equal(InvoiceStatus.Open, invoice.Status);
        return invoice;
    }
}
