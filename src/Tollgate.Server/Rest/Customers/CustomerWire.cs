using System.Text.Json;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain;
using Tollgate.Domain.Customers;
using Tollgate.Modules.Customers;

namespace Tollgate.Server.Rest.Customers;

/// <summary>Customers between their wire shape and the domain.</summary>
internal static class CustomerWire
{
    public static RestCustomer ToRest(Customer customer) => new()
    {
        Id = customer.Id.Value,
        ArchivedAt = Wire.Instant(customer.ArchivedAt),
        CreatedAt = Wire.Instant(customer.CreatedAt),
        UpdatedAt = Wire.Instant(customer.UpdatedAt),
        BillingCurrency = customer.BillingCurrency,
        BillingId = customer.BillingId,
        CouponId = customer.CouponId,
        DefaultPaymentMethod = customer.DefaultPaymentMethod is { } method
            ? new()
            {
                BillingId = method.BillingId,
                CardExpiryMonth = method.CardExpiryMonth,
                CardExpiryYear = method.CardExpiryYear,
                CardLast4Digits = method.CardLast4Digits,
                Type = method.Type,
            }
            : null,
        Email = customer.Email,
        Integrations = [.. customer.Integrations.Select(link => new RestIntegrationRef
        {
            Id = link.Id,
            SyncedEntityId = link.SyncedEntityId,
            VendorIdentifier = link.VendorIdentifier,
        })],
        Language = customer.Language,
        Metadata = customer.Metadata,
        Name = customer.Name,
        Timezone = customer.Timezone,
    };

    public static RestCustomerResource ToRest(CustomerResource resource) => new()
    {
        Id = resource.Id.Value,
        CreatedAt = Wire.Instant(resource.CreatedAt),
        UpdatedAt = Wire.Instant(resource.UpdatedAt),
    };

    /// <summary>
    /// The body of a provisioning or of an update. Data for a billing provider (passthrough) is handed to that provider
    /// and kept by nobody else; without a provider there is nobody to hand it to.
    /// </summary>
    public static CustomerEdit EditFromRest(JsonElement body) => new()
    {
        Name = body.OptionalText("name"),
        Email = body.OptionalText("email"),
        BillingId = body.OptionalText("billingId"),
        BillingCurrency = body.OptionalText("billingCurrency"),
        CouponId = body.OptionalText("couponId"),
        Language = body.OptionalText("language"),
        Timezone = body.OptionalText("timezone"),
        SalesforceId = body.OptionalText("salesforceId"),
        Integrations = body.Optional<IReadOnlyList<IntegrationLink>>(
            "integrations", list => [.. list.EnumerateArray().Select(LinkFromRest)]),
        DefaultPaymentMethod = body.Optional("defaultPaymentMethod", PaymentMethodFromRest),
        Metadata = body.OptionalMetadata(),
        ExcludeFromExperiment = body.FlagOrNull("excludeFromExperiment") ?? false,
    };

    public static CustomerImportRow ImportRowFromRest(JsonElement row) => new(
        new(row.Text("id")),
        EditFromRest(row) with
        {
            DefaultPaymentMethod = row.TextOrNull("paymentMethodId") is { } method
                ? new DefaultPaymentMethod(method, null, null, null, "CARD")
                : default(Optional<DefaultPaymentMethod>),
        },
        row.InstantOrNull("updatedAt"));

    private static IntegrationLink LinkFromRest(JsonElement link) =>
        new(link.Text("id"), link.TextOrNull("syncedEntityId"), link.Text("vendorIdentifier"));

    private static DefaultPaymentMethod PaymentMethodFromRest(JsonElement method) => new(
        method.TextOrNull("billingId"),
        method.NumberOrNull("cardExpiryMonth"),
        method.NumberOrNull("cardExpiryYear"),
        method.TextOrNull("cardLast4Digits"),
        method.Text("type"));
}
