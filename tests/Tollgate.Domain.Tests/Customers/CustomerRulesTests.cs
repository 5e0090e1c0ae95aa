using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Customers;

public sealed class CustomerRulesTests
{
    private static readonly Customer Stored = Given.Customer() with
    {
        Name = "Acme",
        Email = "joe@acme.com",
        CouponId = "WELCOME",
        CouponAppliedAt = Given.Now,
        BillingId = "cus_1",
        Metadata = new Dictionary<string, string> { ["tier"] = "gold" },
    };

    private static Customer After(CustomerEdit edit) =>
        CustomerRules.Update(Stored, edit, billingIsSynced: false, coupon: null, Given.Now).Value.Value;

    private static ErrorCode? Refused(CustomerEdit edit) =>
        Given.Code(CustomerRules.Update(Stored, edit, billingIsSynced: false, coupon: null, Given.Now));

    [Fact]
    public void A_customer_needs_only_a_well_formed_unused_id()
    {
        Result<Change<Customer>> Create(string id, bool taken = false) =>
            CustomerRules.Create(new(id), new(), taken, coupon: null, Given.Uid(1), Given.Now);

        Assert.Equal(EventType.CustomerCreated, Create("joe@acme.com").Value.Events[0].Type);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, Given.Code(Create("acme", taken: true)));
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create("a b")));
    }

    [Fact]
    public void Absent_fields_stay_null_clears_and_a_map_replaces()
    {
        Assert.Equal("Acme", After(new()).Name);
        Assert.Null(After(new() { Name = new(null) }).Name);
        Assert.Empty(After(new() { Metadata = new(null) }).Metadata);
        Assert.Equal(["a"], After(new() { Metadata = new(new Dictionary<string, string> { ["a"] = "1" }) }).Metadata.Keys);
    }

    [Fact]
    public void An_empty_coupon_clears_and_an_empty_name_is_a_name()
    {
        Assert.Null(After(new() { CouponId = new("") }).CouponId);
        Assert.Equal("", After(new() { Name = new("") }).Name);
    }

    [Fact]
    public void Sending_what_is_stored_changes_nothing() => Assert.True(CustomerRules.Update(Stored, new()
    {
        Name = new("Acme"),
        Metadata = new(new Dictionary<string, string> { ["tier"] = "gold" }),
    }, billingIsSynced: true, coupon: null, Given.Now).Value.IsNoChange);

    [Fact]
    public void Wrong_fields_are_refused_together()
    {
        Assert.Equal(ErrorCode.BadUserInput, Refused(new() { Email = new("nobody") }));
        Assert.Equal(ErrorCode.BadUserInput, Refused(new() { BillingCurrency = new("xxx") }));
        Assert.Equal(ErrorCode.InvalidMetadataError,
            Refused(new() { Metadata = new(new Dictionary<string, string> { [new('k', 41)] = "" }) }));
        Assert.Equal(2, CustomerRules.Update(Stored, new() { Name = new(new string('n', 256)), Email = new("@") },
            billingIsSynced: false, coupon: null, Given.Now).Refusal!.Fields.Count);
        Assert.Equal(ErrorCode.CannotChangeBillingIntegration, Given.Code(
            CustomerRules.Update(Stored, new() { BillingId = new("cus_2") }, billingIsSynced: true, coupon: null, Given.Now)));
    }

    [Fact]
    public void Archiving_forgets_name_and_email_and_unarchiving_does_not_bring_them_back()
    {
        var archived = CustomerRules.Archive(Stored, paysForOthers: false, Given.Now).Value;

        Assert.Equal(EventType.CustomerDeleted, Assert.Single(archived.Events).Type);
        Assert.Null(archived.Value.Name);
        Assert.Null(archived.Value.Email);
        Assert.True(archived.Value.IsArchived);
        Assert.True(CustomerRules.Archive(archived.Value, paysForOthers: false, Given.Now).Value.IsNoChange);
        Assert.Equal(ErrorCode.EntityIsArchivedError,
            Given.Code(CustomerRules.Update(archived.Value, new(), billingIsSynced: false, coupon: null, Given.Now)));
        Assert.Equal(ErrorCode.CannotDeleteCustomerError,
            Given.Code(CustomerRules.Archive(Stored, paysForOthers: true, Given.Now)));
        var back = CustomerRules.Unarchive(archived.Value, Given.Now);
        Assert.False(back.Value.IsArchived);
        Assert.Null(back.Value.Name);
        Assert.True(CustomerRules.Unarchive(Stored, Given.Now).IsNoChange);
    }
}
