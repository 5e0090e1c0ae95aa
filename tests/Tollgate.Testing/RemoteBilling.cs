using System.Collections.Concurrent;
using System.Text.Json;
using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Billing.Sync;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing;
using Tollgate.Modules.Billing.Providers;

namespace Tollgate.Testing;

/// <summary>
/// A billing provider that is somewhere else: it has a state of its own that no transaction of ours touches, answers late,
/// asks to be called later, fails, and keeps the promises of the port, as Stripe would: one effect per key, one collection
/// per invoice. It notes every promise that we break in <see cref="Violations"/>.
/// </summary>
public sealed class RemoteBilling : IBillingProvider, IProviderSync, IProviderPromotionCodes
{
    public const string Id = "acme-eu";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Payload, SyncAnswer Answer)> _byKey = [];
    private readonly Dictionary<string, string> _ids = [];
    private readonly HashSet<string> _running = [];
    private readonly List<RemoteCall> _calls = [];
    private readonly List<string> _violations = [];

    public string VendorIdentifier => "acme";

    public IProviderSync Sync => this;

    public IProviderWebhooks Webhooks { get; } = new RemoteWebhooks();

    /// <summary>The names of the environments it is connected to.</summary>
    public IReadOnlyCollection<string> Environments { get; set; } = ["development"];

    /// <summary>The integration's id, where a test connects two.</summary>
    public string IntegrationId { get; init; } = Id;

    /// <summary>It wants to know what is used.</summary>
    public bool TakesUsage { get; set; } = true;

    /// <summary>What it can bill.</summary>
    public BillableCharges Charges { get; set; } = BillableCharges.All;

    /// <summary>How many active paid subscriptions it takes a customer; null = any number.</summary>
    public int? MostPaidSubscriptions { get; set; }

    /// <summary>A downgrade to another billing period can wait.</summary>
    public bool SchedulesPeriodDowngrades { get; set; } = true;

    /// <summary>What its promotion codes stand for; null = it has none.</summary>
    public Func<PromotionCodeQuery, CancellationToken, Task<PromotionCodeAnswer>>? Codes { get; set; }

    /// <summary>The ids of its own that a customer may come with; null = any.</summary>
    public IReadOnlyCollection<string>? KnownCustomers { get; set; }

    /// <summary>What a call answers instead of doing anything; null = it works.</summary>
    public Func<RemoteCall, SyncAnswer?> Fault { get; set; } = _ => null;

    /// <summary>How long a call takes: runs before its effect.</summary>
    public Func<RemoteCall, CancellationToken, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Runs after the effect and before the answer.</summary>
    public Func<RemoteCall, CancellationToken, Task> After { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>What collecting an invoice answers when it was not collected before.</summary>
    public Func<Invoice, PaymentAttempt> Charging { get; set; } = _ => PaymentAttempt.Succeeded;

    /// <summary>Runs after an invoice was collected and before the answer.</summary>
    public Action<Invoice> Charged { get; set; } = _ => { };

    /// <summary>Every call that had an effect, in order.</summary>
    public IReadOnlyList<RemoteCall> Calls
    {
        get
        {
            lock (_gate)
                return [.. _calls];
        }
    }

    /// <summary>Amounts collected, by invoice.</summary>
    public ConcurrentDictionary<Guid, decimal> Collected { get; } = new();

    /// <summary>What we must never do: two calls for an entity at once, two payloads under a key, a subscription before its payer.</summary>
    public IReadOnlyList<string> Violations
    {
        get
        {
            lock (_gate)
                return [.. _violations];
        }
    }

    /// <summary>What it calls the entity; throws when it does not know it.</summary>
    public string IdOf(SyncedKind kind, string entity)
    {
        lock (_gate)
            return _ids[$"{kind}/{entity}"];
    }

    /// <summary>It forgets the customer, as if somebody had deleted it there.</summary>
    public string Forget(string customer)
    {
        lock (_gate)
            return _ids.Remove($"{SyncedKind.Customer}/{customer}", out var id) ? id : throw new ArgumentException(customer);
    }

    public bool Serves(AccountEnvironment environment) => Environments.Contains(environment.Name);

    public IProviderPromotionCodes? PromotionCodes => Codes is null ? null : this;

    public ProviderAbilities AbilitiesIn(AccountEnvironment environment) => new(true, false)
    {
        Usage = TakesUsage,
        Charges = Charges,
        MostPaidSubscriptions = MostPaidSubscriptions,
        SchedulesPeriodDowngrades = SchedulesPeriodDowngrades,
    };

    Task<PromotionCodeAnswer> IProviderPromotionCodes.FindAsync(
        PromotionCodeQuery query, CancellationToken cancellationToken) => Codes!(query, cancellationToken);

    public Task<Result<string>> EnsureCustomerAsync(
        ProviderCall call, Customer customer, CancellationToken cancellationToken)
    {
        if (customer.BillingId is { } billingId && KnownCustomers?.Contains(billingId) == false)
        {
            return Task.FromResult<Result<string>>(new Refusal(ErrorCode.FailedToResolveBillingIntegration,
                $"There is no '{billingId}' at {VendorIdentifier}; leave billingId out."));
        }

        lock (_gate)
            return Task.FromResult<Result<string>>(NameOf(SyncedKind.Customer, customer.Id.Value));
    }

    public Task<Result<PaymentMethod>> AttachPaymentMethodAsync(
        ProviderCall call, BillingCustomer customer, string paymentMethodId, CancellationToken cancellationToken) =>
        Task.FromResult(paymentMethodId.StartsWith("card-", StringComparison.Ordinal)
            ? Result<PaymentMethod>.Ok(Card(paymentMethodId) with { AttachedAt = call.Work.Scope.Now })
            : Refusal.Of(ErrorCode.InvalidArgumentError, [new("paymentMethodId", $"'{paymentMethodId}' is no card.")]));

    public Task<Result<Done>> DetachPaymentMethodAsync(
        ProviderCall call, BillingCustomer customer, CancellationToken cancellationToken) =>
        Task.FromResult<Result<Done>>(default(Done));

    public Task<Result<Uri>> OpenCheckoutAsync(
        ProviderCall call, Checkout checkout, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("It has no checkout page.");

    public Task<PaymentAttempt> CollectAsync(
        ProviderCall call, Invoice invoice, PaymentMethod method, CancellationToken cancellationToken)
    {
        if (Collected.ContainsKey(invoice.Uid))
            return Task.FromResult(PaymentAttempt.Succeeded);
        var attempt = Charging(invoice);
        if (attempt.Outcome == PaymentOutcome.Succeeded)
        {
            Collected[invoice.Uid] = invoice.Amounts.AmountDue;
            Charged(invoice);
        }

        return Task.FromResult(attempt);
    }

    public Task<SyncAnswer> CustomerChangedAsync(
        ProviderSend send, ProviderCustomer customer, CancellationToken cancellationToken) =>
        TakeAsync(new(SyncedKind.Customer, customer.Customer.Id.Value, send, customer), cancellationToken);

    public Task<SyncAnswer> SubscriptionChangedAsync(
        ProviderSend send, ProviderSubscription subscription, CancellationToken cancellationToken) =>
        TakeAsync(new(SyncedKind.Subscription, subscription.Id.Value, send, subscription), cancellationToken);

    public Task<SyncAnswer> UsageChargedAsync(
        ProviderSend send, ProviderUsage usage, CancellationToken cancellationToken) =>
        TakeAsync(
            new(SyncedKind.UsageCharge, $"{usage.SubscriptionId}/{usage.PeriodStart}", send, usage), cancellationToken);

    public Task<SyncAnswer> InvoiceChangedAsync(ProviderSend send, Invoice invoice, CancellationToken cancellationToken) =>
        TakeAsync(new(SyncedKind.Invoice, invoice.Uid.ToString(), send, invoice), cancellationToken);

    /// <summary>A payment method as it describes it.</summary>
    public static PaymentMethod Card(string id) => new()
    {
        Id = id,
        Type = "CARD",
        Last4Digits = "4242",
        ExpiryMonth = 12,
        ExpiryYear = 2030,
        AttachedAt = default,
    };

    private async Task<SyncAnswer> TakeAsync(RemoteCall call, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_running.Add(call.Name))
                _violations.Add($"{call.Name} is told twice at once");
        }

        try
        {
            await Before(call, cancellationToken);
            SyncAnswer answer;
            lock (_gate)
                answer = Fault(call) ?? Take(call);
            await After(call, cancellationToken);
            return answer;
        }
        finally
        {
            lock (_gate)
                _running.Remove(call.Name);
        }
    }

    private SyncAnswer Take(RemoteCall call)
    {
        var payload = JsonSerializer.Serialize(call.Payload, call.Payload.GetType());
        if (_byKey.TryGetValue(call.Send.Key, out var known))
        {
            if (known.Payload != payload)
                _violations.Add($"{call.Send.Key} stands for two payloads");
            return known.Answer;
        }

        if (call.Kind != SyncedKind.Customer && (call.Send.CustomerSyncedId is not { } payer || !_ids.ContainsValue(payer)))
            _violations.Add($"{call.Name} comes before its customer");
        if (_ids.TryGetValue(call.Name, out var id) && call.Send.SyncedId is { } told && told != id)
            _violations.Add($"{call.Name} is called {told}, not {id}");
        SyncAnswer answer = new SyncAnswer.Taken(
            NameOf(call.Kind, call.Entity), new Uri($"https://billing.example/{NameOf(call.Kind, call.Entity)}"));
        _byKey[call.Send.Key] = (payload, answer);
        _calls.Add(call);
        return answer;
    }

    private string NameOf(SyncedKind kind, string entity)
    {
        var name = $"{kind}/{entity}";
        if (!_ids.TryGetValue(name, out var id))
            _ids[name] = id = $"{kind.ToString()[..3].ToLowerInvariant()}_{_ids.Count + 1}_{Guid.NewGuid():N}"[..16];
        return id;
    }
}

/// <summary>What the provider was told.</summary>
public sealed record RemoteCall(SyncedKind Kind, string Entity, ProviderSend Send, object Payload)
{
    public string Name => $"{Kind}/{Entity}";

    public T As<T>() => (T)Payload;
}
