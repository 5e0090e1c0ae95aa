using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Catalog.Experiments;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;

namespace Tollgate.Domain.Customers;

/// <summary>The fields of a customer that a request may set; absent = unchanged, null = cleared.</summary>
public sealed record CustomerEdit
{
    public Optional<string> Name { get; init; }
    public Optional<string> Email { get; init; }
    public Optional<string> BillingId { get; init; }

    /// <summary>Lower-case ISO 4217 code.</summary>
    public Optional<string> BillingCurrency { get; init; }

    /// <summary>An empty string clears, like null.</summary>
    public Optional<string> CouponId { get; init; }
    public Optional<string> Language { get; init; }
    public Optional<string> Timezone { get; init; }
    public Optional<string> SalesforceId { get; init; }
    public Optional<IReadOnlyList<IntegrationLink>> Integrations { get; init; }
    public Optional<DefaultPaymentMethod> DefaultPaymentMethod { get; init; }
    public Optional<IReadOnlyDictionary<string, string>> Metadata { get; init; }

    /// <summary>Keeps a new customer out of a running experiment; says nothing about one that exists.</summary>
    public bool ExcludeFromExperiment { get; init; }
}

/// <summary>Creating, changing and archiving customers (spec subscriptions 2).</summary>
public static class CustomerRules
{
    /// <param name="id">Chosen by the caller.</param>
    /// <param name="fields">What it starts with.</param>
    /// <param name="idIsTaken">A customer of that id exists, archived or not.</param>
    /// <param name="coupon">The coupon that the fields name; null when they name none or it does not exist.</param>
    /// <param name="uid">The new row's.</param>
    /// <param name="now">The time of the call.</param>
    /// <param name="experiment">
    /// The experiment that runs; null when none does or the customer is not new, but taken over.
    /// </param>
    public static Result<Change<Customer>> Create(
        CustomerId id, CustomerEdit fields, bool idIsTaken, Coupon? coupon, Guid uid, Instant now,
        Experiment? experiment = null)
    {
        var findings = new Findings();
        PublicId.CheckForCustomer(findings, "id", id.Value);
        var blank = new Customer
        {
            Uid = uid,
            Id = id,
            Experiment = ExperimentAssignment.Of(experiment, id, fields.ExcludeFromExperiment),
            IsExcludedFromExperiments = fields.ExcludeFromExperiment,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var created = Merge(findings, blank, fields, coupon, now);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        if (idIsTaken)
        {
            return new Refusal(ErrorCode.DuplicatedEntityNotAllowed,
                $"Customer '{id}' exists already (archived ones keep their id); update it or choose another id.");
        }

        return Changed(EventType.CustomerCreated, null, created);
    }

    /// <summary>Sending what is stored changes nothing.</summary>
    /// <param name="customer">The customer as stored.</param>
    /// <param name="edit">The change.</param>
    /// <param name="billingIsSynced">Paid subscriptions of the customer exist at its billing provider.</param>
    /// <param name="coupon">The coupon that the change names; null when it names none or it does not exist.</param>
    /// <param name="now">The time of the call.</param>
    public static Result<Change<Customer>> Update(
        Customer customer, CustomerEdit edit, bool billingIsSynced, Coupon? coupon, Instant now)
    {
        if (customer.IsArchived)
        {
            return new Refusal(ErrorCode.EntityIsArchivedError,
                $"Customer '{customer.Id}' is archived; unarchive it before changing it.");
        }

        var findings = new Findings();
        var updated = Merge(findings, customer, edit, coupon, now);
        if (findings.ToRefusal() is { } refusal)
            return refusal;
        if (billingIsSynced && updated.BillingId != customer.BillingId)
        {
            return new Refusal(ErrorCode.CannotChangeBillingIntegration,
                $"Paid subscriptions of customer '{customer.Id}' are billed under '{customer.BillingId}'; "
                + "end them before changing billingId.");
        }

        return Same(customer, updated)
            ? Change<Customer>.None(customer)
            : Changed(EventType.CustomerUpdated, customer, updated with { UpdatedAt = now });
    }

    /// <summary>
    /// Hides the customer and forgets name and e-mail. The caller cancels its subscriptions before, in the same
    /// transaction.
    /// Archiving twice changes nothing.
    /// </summary>
    public static Result<Change<Customer>> Archive(Customer customer, bool paysForOthers, Instant now)
    {
        if (customer.IsArchived)
            return Change<Customer>.None(customer);
        if (paysForOthers)
        {
            return new Refusal(ErrorCode.CannotDeleteCustomerError,
                $"Customer '{customer.Id}' pays for subscriptions of other customers; end or move those first.");
        }

        return Changed(EventType.CustomerDeleted, customer, customer with
        {
            Name = null,
            Email = null,
            ArchivedAt = now,
            UpdatedAt = now,
        });
    }

    /// <summary>Brings the customer back; name, e-mail and subscriptions stay gone.</summary>
    public static Change<Customer> Unarchive(Customer customer, Instant now) => customer.IsArchived
        ? Changed(EventType.CustomerUnarchived, customer, customer with { ArchivedAt = null, UpdatedAt = now })
        : Change<Customer>.None(customer);

    /// <summary>What charges are taken from, as the provider describes it; null = nothing any more.</summary>
    public static Change<Customer> SetPaymentMethod(Customer customer, DefaultPaymentMethod? method, Instant now) =>
        customer.DefaultPaymentMethod == method
            ? Change<Customer>.None(customer)
            : Changed(
                EventType.CustomerUpdated, customer, customer with { DefaultPaymentMethod = method, UpdatedAt = now });

    private static Customer Merge(
        Findings findings, Customer customer, CustomerEdit edit, Coupon? coupon, Instant now)
    {
        var merged = customer with
        {
            Name = edit.Name.Or(customer.Name),
            Email = edit.Email.Or(customer.Email),
            BillingId = edit.BillingId.Or(customer.BillingId),
            BillingCurrency = edit.BillingCurrency.Or(customer.BillingCurrency),
            Language = edit.Language.Or(customer.Language),
            Timezone = edit.Timezone.Or(customer.Timezone),
            SalesforceId = edit.SalesforceId.Or(customer.SalesforceId),
            Integrations = edit.Integrations.Or(customer.Integrations) ?? [],
            DefaultPaymentMethod = edit.DefaultPaymentMethod.Or(customer.DefaultPaymentMethod),
            Metadata = edit.Metadata.Or(customer.Metadata) ?? Metadata.Empty,
        };
        TextLimits.Check(findings, "name", merged.Name);
        TextLimits.Check(findings, "email", merged.Email);
        TextLimits.Check(findings, "billingId", merged.BillingId);
        TextLimits.Check(findings, "language", merged.Language);
        TextLimits.Check(findings, "timezone", merged.Timezone);
        TextLimits.Check(findings, "salesforceId", merged.SalesforceId);
        if (merged.Email is { } email && !IsEmail(email))
            findings.Bad("email", $"'{email}' is not an e-mail address; give name@domain or null.");
        if (merged.BillingCurrency is { } currency && !Currencies.IsKnown(currency))
            findings.Bad("billingCurrency", $"'{currency}' is not a supported currency code.");
        findings.Include(Metadata.Check(merged.Metadata));
        return WithCoupon(findings, merged, edit.CouponId, coupon, now);
    }

    /// <summary>
    /// At most one coupon: another is refused until the one that is held is cleared, the same again keeps its start
    /// (spec catalog 12). Null and an empty id clear.
    /// </summary>
    private static Customer WithCoupon(
        Findings findings, Customer customer, Optional<string> couponId, Coupon? coupon, Instant now)
    {
        if (!couponId.IsGiven || couponId.Value == customer.CouponId)
            return customer;
        if (couponId.Value is not { Length: > 0 } asked)
            return customer with { CouponId = null, CouponAppliedAt = null };
        if (CouponRules.CheckApplicable(asked, coupon, "couponId") is { } refusal)
        {
            findings.Include(refusal);
        }
        else if (customer.CouponId is { } held)
        {
            findings.Add(ErrorCode.CustomerAlreadyHaveCustomerCoupon, "couponId",
                $"Customer '{customer.Id}' holds coupon '{held}'; clear it (couponId null) before giving '{asked}'.");
        }

        return customer with { CouponId = asked, CouponAppliedAt = now };
    }

    /// <summary>One @ with something on both sides and no blanks: enough to catch a slip, too little to refuse a real
    /// one.</summary>
    private static bool IsEmail(string email)
    {
        var at = email.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at == email.LastIndexOf('@') && at < email.Length - 1 && !email.Any(char.IsWhiteSpace);
    }

    private static bool Same(Customer a, Customer b) =>
        a with { Metadata = b.Metadata, Integrations = b.Integrations } == b
        && ContentEquality.Same(a.Metadata, b.Metadata)
        && ContentEquality.Same(a.Integrations, b.Integrations);

    private static Change<Customer> Changed(EventType type, Customer? before, Customer after) =>
        new(after, [new(type, EntityKind.Customer, after.Id.Value, after.Id, before, after)]);
}
