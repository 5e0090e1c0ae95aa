using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Accounts;
using Tollgate.Modules.Billing.PaymentMethods;
using Tollgate.Modules.EventLog;
using Tollgate.Storage;

namespace Tollgate.Modules.Billing.Checkouts;

/// <summary>What the page of a checkout does: shows it, applies promotion codes, completes the purchase once.</summary>
public sealed class CheckoutSession(
    UnitOfWork unitOfWork,
    AccountDirectory directory,
    PayerProviders payers,
    Invoicing invoicing,
    PaymentMethodWriter paymentMethods,
    IEnumerable<ICheckoutCompletion> completions,
    TimeProvider time)
{
    private readonly CheckoutStore _store = new();
    private readonly ICheckoutCompletion? _completion = completions.FirstOrDefault();

    /// <summary>The checkout behind an address; null when there is none.</summary>
    public async Task<CheckoutView?> FindAsync(string token, CancellationToken cancellationToken)
    {
        var found = await unitOfWork.Database.ReadAsync(
            (session, _) => _store.FindByTokenAsync(session, token), cancellationToken);
        if (found is not { } known)
            return null;
        var environment = directory.Get(known.Environment);
        return new(environment, known.Checkout, environment.Now(time));
    }

    /// <summary>
    /// Shows the price with the code (null takes it away); a code that does not apply changes nothing.
    /// </summary>
    public async Task<CheckoutOutcome> ApplyCodeAsync(
        CheckoutView view, string? code, CancellationToken cancellationToken)
    {
        var refusal = (await WriteAsync(
            view,
            async (work, row, token) => (await RepriceAsync(work, row, code, token)).Map(_ => default(Done)),
            cancellationToken)).Refusal;
        return refusal is null ? CheckoutOutcome.Shown : new(CheckoutResult.Refused, refusal.Message, null);
    }

    /// <summary>
    /// Attaches the method, buys, and marks the checkout as completed: all or nothing. A second call answers what the
    /// first one bought.
    /// </summary>
    public async Task<CheckoutOutcome> CompleteAsync(
        CheckoutView view, CheckoutPayment payment, CancellationToken cancellationToken)
    {
        CheckoutOutcome? outcome = null;
        var result = await WriteAsync(
            view,
            async (work, row, token) =>
            {
                if (row.Value.Status == CheckoutStatus.Completed)
                {
                    outcome = new(CheckoutResult.Completed, null, row.Value);
                    return default(Done);
                }

                var bought = await BuyAsync(work, row.Value, payment, token);
                if (!bought.TryGet(out var completed, out var refusal))
                    return refusal;
                if (FailureOf(row.Value, completed.Invoice, payment) is { } failure)
                {
                    outcome = failure;
                    return new Refusal(ErrorCode.PaymentMethodNotFoundError, failure.Message ?? "");
                }

                var done = row.Value with
                {
                    Status = CheckoutStatus.Completed,
                    SubscriptionId = completed.SubscriptionId,
                    CompletedAt = work.Scope.Now,
                };
                await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, done);
                outcome = new(CheckoutResult.Completed, null, done);
                return default(Done);
            },
            cancellationToken);
        if (outcome is { Result: CheckoutResult.PriceChanged })
            await ApplyCodeAsync(view, view.Checkout.PromotionCode, cancellationToken);
        return outcome ?? new(CheckoutResult.Refused, result.Refusal!.Message, null);
    }

    private async Task<Result<CompletedCheckout>> BuyAsync(
        Work work, Checkout checkout, CheckoutPayment payment, CancellationToken cancellationToken)
    {
        if (_completion is null)
            return new Refusal(ErrorCode.CheckoutIsNotSupported, "This build cannot complete checkouts.");
        var payer = await payers.FindAsync(work.Session, work.Scope.Environment, checkout.CustomerId);
        if (payer.Provider is not { } provider)
        {
            return new Refusal(ErrorCode.CheckoutIsNotSupported,
                "The billing provider of this checkout is not connected.");
        }

        var attached = await paymentMethods.AttachAsync(
            work, provider, checkout.CustomerId, payment.PaymentMethodId, payment.IsConfirmed, cancellationToken);
        if (attached.Refusal is { } refusal)
            return refusal;
        if (payment.Details is { } details)
            await paymentMethods.KeepDetailsAsync(work, checkout.CustomerId, details);
        return await _completion.CompleteAsync(work, checkout, cancellationToken);
    }

    private static CheckoutOutcome? FailureOf(Checkout checkout, Invoice? invoice, CheckoutPayment payment)
    {
        if (invoice is { IsOpen: true })
        {
            return new(
                invoice.RequiresAction ? CheckoutResult.ActionRequired : CheckoutResult.Declined,
                invoice.ErrorMessage ?? "The payment failed.",
                null);
        }

        return invoice is not null && invoice.Amounts.AmountDue != payment.ShownAmountDue
            ? new(CheckoutResult.PriceChanged,
                $"The price has changed since the page was opened ({payment.ShownAmountDue} "
                + $"{checkout.Order.Currency}). Please look at it again.",
                null)
            : null;
    }

    private async Task<Result<Checkout>> RepriceAsync(
        Work work, Rows.Versioned<Checkout> row, string? code, CancellationToken cancellationToken)
    {
        if (_completion is null)
            return row.Value;
        if (!(await _completion.PriceAsync(work, row.Value, code, cancellationToken))
            .TryGet(out var bill, out var refusal))
        {
            return refusal;
        }

        var preview = await invoicing.PreviewAsync(work.Session, work.Scope.EnvironmentId, bill);
        var repriced = row.Value with
        {
            PromotionCode = code,
            Order = OpenCheckout.OrderOf(row.Value.Order.Title, bill, preview),
        };
        await _store.UpdateAsync(work.Session, work.Scope.EnvironmentId, row, repriced);
        return repriced;
    }

    /// <summary>
    /// One transaction with the locks of the purchase, on the checkout as it is then: open, or completed already.
    /// </summary>
    private Task<Result<Done>> WriteAsync(
        CheckoutView view,
        Func<Work, Rows.Versioned<Checkout>, CancellationToken, Task<Result<Done>>> body,
        CancellationToken cancellationToken)
    {
        var environment = view.Environment.Id;
        var scope = new OperationScope(
            view.Environment, Actor.Payer(view.Checkout.CustomerId), Guid.CreateVersion7(), view.Now);
        LockKey[] locks =
        [
            UnitOfWork.CatalogInUse(environment),
            UnitOfWork.CustomerLock(environment, view.Checkout.CustomerId),
            .. _completion?.Locks(environment, view.Checkout) ?? [],
        ];
        return unitOfWork.WriteAsync<Done>(
            scope,
            locks.Distinct().ToArray(),
            async (work, token) =>
            {
                var row = await _store.FindAsync(work.Session, environment, view.Checkout.Uid)
                    ?? throw new InvalidOperationException($"Checkout {view.Checkout.Uid} vanished.");
                return row.Value.Status == CheckoutStatus.Open && row.Value.ExpiresAt <= view.Now
                    ? new Refusal(ErrorCode.InvalidArgumentError, "This checkout has expired. Please start again.")
                    : await body(work, row, token);
            },
            cancellationToken);
    }
}

/// <summary>A checkout as its page sees it.</summary>
public sealed record CheckoutView(AccountEnvironment Environment, Checkout Checkout, Instant Now)
{
    public bool IsExpired => Checkout.Status == CheckoutStatus.Open && Checkout.ExpiresAt <= Now;
}

/// <summary>What the payer sent.</summary>
/// <param name="PaymentMethodId">The provider's id of what was typed; never a card's number.</param>
/// <param name="IsConfirmed">The payer confirmed at the bank.</param>
/// <param name="ShownAmountDue">The amount on the page: nobody pays another one.</param>
/// <param name="Details">Whom invoices are made out to; null = not asked for.</param>
public sealed record CheckoutPayment(
    string PaymentMethodId, bool IsConfirmed, decimal ShownAmountDue, BillingDetails? Details);

public enum CheckoutResult
{
    Shown,
    Completed,
    Declined,
    ActionRequired,
    PriceChanged,
    Refused,
}

/// <param name="Result">What happened.</param>
/// <param name="Message">Why it was not completed, for the payer.</param>
/// <param name="Checkout">Completed: as it is now.</param>
public sealed record CheckoutOutcome(CheckoutResult Result, string? Message, Checkout? Checkout)
{
    public static CheckoutOutcome Shown { get; } = new(CheckoutResult.Shown, null, null);
}
