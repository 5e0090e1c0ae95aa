using NodaTime;
using Tollgate.Domain.Billing;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Credits;

/// <summary>Which grants can be made, changed and voided (spec credits 4.3 to 4.6).</summary>
public static class CreditGrantRules
{
    /// <summary>
    /// The grant, PAYMENT_PENDING when something has to be collected and SCHEDULED otherwise: the pool knows what it is
    /// by now.
    /// </summary>
    public static Result<CreditGrant> Create(CreditGrantDraft draft, CreditGrantFacts facts, GrantIds ids, Instant now)
    {
        var findings = new Findings();
        CheckParties(findings, draft.CustomerId, draft.ResourceId, draft.CurrencyId, facts);
        if (draft.Type is CreditGrantType.Recurring or CreditGrantType.Overdraft)
        {
            findings.Bad("grantType",
                $"grantType is {draft.Type.ToString().ToUpperInvariant()}, which only the platform grants; use PAID or "
                + "PROMOTIONAL.");
        }

        CreditAmounts.Check(findings, "amount", draft.Amount);
        var cost = draft.Cost ?? new(0, Currencies.Default);
        CreditGrantFields.CheckCost(findings, draft.Type, cost);
        var effectiveAt = draft.EffectiveAt ?? now;
        CreditGrantFields.CheckDates(findings, effectiveAt, draft.ExpireAt);
        var priority = CreditGrantFields.CheckPriority(findings, draft.Priority ?? 0);
        CreditGrantFields.CheckTexts(findings, draft.DisplayName, draft.Comment, draft.Metadata);
        var method = MethodOf(draft, facts);
        CheckPayment(findings, draft, facts, method);
        draft.BillingAddress?.Check(findings, "billingInformation.billingAddress");
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        return new CreditGrant
        {
            Uid = ids.Uid,
            Id = ids.Id,
            DisplayName = draft.DisplayName,
            Type = draft.Type,
            Status = method == PaymentCollectionMethod.None
                ? CreditGrantStatus.Scheduled
                : CreditGrantStatus.PaymentPending,
            CustomerId = draft.CustomerId,
            ResourceId = draft.ResourceId,
            CurrencyId = draft.CurrencyId,
            Amount = draft.Amount,
            Cost = cost,
            Priority = priority,
            EffectiveAt = effectiveAt,
            ExpireAt = draft.ExpireAt,
            Comment = draft.Comment is "" ? null : draft.Comment,
            Method = method,
            DaysUntilDue = (int?)draft.DaysUntilDue,
            BillingAddress = draft.BillingAddress,
            ChargeAt = method == PaymentCollectionMethod.Charge && !draft.AwaitsPayment ? now : null,
            PaymentCollection = method == PaymentCollectionMethod.None
                ? PaymentCollection.NotRequired
                : PaymentCollection.Processing,
            Metadata = draft.Metadata ?? Metadata.Empty,
            CreatedAt = now,
            UpdatedAt = now,
        };
    }

    /// <summary>How it is paid for; NONE for what costs nothing.</summary>
    public static PaymentCollectionMethod MethodOf(CreditGrantDraft draft, CreditGrantFacts facts)
    {
        if (draft.Type != CreditGrantType.Paid || draft.Cost is not { Amount: > 0 })
            return PaymentCollectionMethod.None;
        return draft.Method
            ?? (facts.HasPaymentMethod ? PaymentCollectionMethod.Charge : PaymentCollectionMethod.None);
    }

    /// <summary>The customer, the resource and the currency exist and take new credits.</summary>
    public static void CheckParties(
        Findings findings, CustomerId customer, ResourceId? resource, CurrencyId currency, CreditGrantFacts facts)
    {
        switch (facts.Customer)
        {
            case null:
                findings.Add(ErrorCode.CustomerNotFound, "customerId",
                    $"There is no customer with the id '{customer}' in this environment; provision it first.");
                break;
            case { IsArchived: true }:
                findings.Add(ErrorCode.EntityIsArchivedError, "customerId",
                    $"The customer '{customer}' is archived; unarchive it before granting credits.");
                break;
            default:
                if (!facts.IsResourceKnown)
                {
                    findings.Add(ErrorCode.CustomerResourceNotFound, "resourceId",
                        $"The customer '{customer}' has no resource '{resource}'; provision a subscription for it "
                        + "first.");
                }

                break;
        }

        switch (facts.Currency)
        {
            case null:
                findings.Add(ErrorCode.CustomCurrencyNotFound, "currencyId",
                    $"There is no credit currency with the id '{currency}' in this environment; create it first.");
                break;
            case { IsArchived: true }:
                findings.Add(ErrorCode.EntityIsArchivedError, "currencyId",
                    $"The credit currency '{currency}' is archived and takes no new grants; unarchive it first.");
                break;
        }
    }

    /// <summary>The grant with the changes of the edit; itself when nothing changes.</summary>
    public static Result<CreditGrant> Update(CreditGrant grant, CreditGrantEdit edit, Instant now)
    {
        if (grant.IsOverdraft)
        {
            return Of(grant, ErrorCode.BadUserInput,
                $"Grant '{grant.Id}' is the overdraft of its pool, which nobody changes; grant credits to settle it.");
        }

        if (grant.Status == CreditGrantStatus.Expired && edit.ExpireAt is not null)
        {
            return Of(grant, ErrorCode.CannotUpdateExpireAtForExpiredCreditGrantError,
                $"Grant '{grant.Id}' expired at {grant.ExpireAt}; its expiry cannot be moved any more. "
                + "Grant the credits anew.");
        }

        if (grant.IsClosed)
        {
            return Of(grant, ErrorCode.BadUserInput,
                $"Grant '{grant.Id}' is {grant.Status.ToString().ToUpperInvariant()} and final; "
                + "grant the credits anew.");
        }

        var findings = new Findings();
        var updated = grant with
        {
            DisplayName = edit.DisplayName.Or(grant.DisplayName) ?? "",
            Comment = edit.Comment.Or(grant.Comment) is { Length: > 0 } comment ? comment : null,
            Priority = edit.Priority is { } priority
                ? CreditGrantFields.CheckPriority(findings, priority)
                : grant.Priority,
            EffectiveAt = edit.EffectiveAt ?? grant.EffectiveAt,
            ExpireAt = edit.ExpireAt is { } expiry ? expiry.At : grant.ExpireAt,
            Metadata = edit.Metadata.Or(grant.Metadata) ?? Metadata.Empty,
        };
        CreditGrantFields.CheckTexts(findings, updated.DisplayName, updated.Comment, updated.Metadata);
        CreditGrantFields.CheckDates(findings, updated.EffectiveAt, updated.ExpireAt);
        if (grant.Consumed > 0 && updated.EffectiveAt != grant.EffectiveAt)
        {
            findings.Bad("effectiveAt",
                $"{grant.Consumed} credits of grant '{grant.Id}' are consumed already; "
                + "its effectiveAt cannot be moved.");
        }

        if (findings.ToRefusal() is { } refusal)
            return refusal with { Details = DetailsOf(grant) };
        return ContentEquality.Same(grant.Metadata, updated.Metadata)
            && grant == updated with { Metadata = grant.Metadata }
            ? grant
            : updated with { UpdatedAt = now };
    }

    /// <summary>Null when it can be voided.</summary>
    public static Refusal? CheckVoid(CreditGrant grant) => grant switch
    {
        { Status: CreditGrantStatus.Voided } => Of(grant, ErrorCode.CreditGrantAlreadyVoided,
            $"Grant '{grant.Id}' was voided at {grant.VoidedAt} already."),
        { Status: CreditGrantStatus.Expired } => Of(grant, ErrorCode.CreditGrantCannotBeVoided,
            $"Grant '{grant.Id}' expired at {grant.ExpireAt}; nothing is left of it to void."),
        { IsOverdraft: true } => Of(grant, ErrorCode.CreditGrantCannotBeVoided,
            $"Grant '{grant.Id}' is the overdraft of its pool and cannot be voided; grant credits to settle it."),
        { Overage: not null } => Of(grant, ErrorCode.CreditGrantCannotBeVoided,
            $"Grant '{grant.Id}' settled an overage that was billed, and nothing is left of it to void; "
            + "correct the invoice instead."),
        _ => null,
    };

    /// <summary>A refusal about one grant: programs find its id in the details (spec credits 18).</summary>
    private static Refusal Of(CreditGrant grant, ErrorCode code, string message) =>
        new(code, message) { Details = DetailsOf(grant) };

    private static Dictionary<string, string> DetailsOf(CreditGrant grant) => new() { ["grantId"] = grant.Id };

    private static void CheckPayment(
        Findings findings, CreditGrantDraft draft, CreditGrantFacts facts, PaymentCollectionMethod method)
    {
        if (facts.Customer is null)
            return;
        if (method == PaymentCollectionMethod.Charge && !facts.HasPaymentMethod)
        {
            findings.Add(ErrorCode.PaymentMethodNotFoundError, "paymentCollectionMethod",
                $"Customer '{draft.CustomerId}' has no payment method to charge; attach one, or use INVOICE or NONE.");
        }

        if (method == PaymentCollectionMethod.Invoice && string.IsNullOrEmpty(facts.Customer.Email))
        {
            findings.Add(ErrorCode.CustomerHasNoEmailAddress, "paymentCollectionMethod",
                $"Customer '{draft.CustomerId}' has no e-mail address to send invoices to; "
                + "set it first or choose another paymentCollectionMethod.");
        }

        if (draft.DaysUntilDue is { } days && (days is < 0 or > 365 || days != decimal.Truncate(days)))
        {
            findings.Bad("billingInformation.invoiceDaysUntilDue",
                $"invoiceDaysUntilDue is {days}; give a whole number of days from 0 to 365.");
        }
    }
}
