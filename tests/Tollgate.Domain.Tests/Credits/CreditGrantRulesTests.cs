using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Customers;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;
using Tollgate.Domain.Tests.Subscriptions;

namespace Tollgate.Domain.Tests.Credits;

public sealed class CreditGrantRulesTests
{
    private static readonly CreditGrantDraft Draft = new()
    {
        CustomerId = Given.CustomerId,
        CurrencyId = new("ai"),
        DisplayName = "Welcome",
        Type = CreditGrantType.Promotional,
        Amount = 10,
    };

    private static readonly CreditGrantDraft Sold = Draft with { Type = CreditGrantType.Paid, Cost = new(5, "usd") };

    private static readonly CustomCurrency Currency = new()
    {
        Uid = Given.Uid(30),
        Id = new("ai"),
        DisplayName = "AI credits",
        CreatedAt = Given.Now,
        UpdatedAt = Given.Now,
    };

    private static CreditGrantFacts Facts(Customer? customer = null, bool hasMethod = false) =>
        new(customer ?? Given.Customer(), true, Currency, hasMethod);

    private static Result<CreditGrant> Create(CreditGrantDraft draft, CreditGrantFacts? facts = null) =>
        CreditGrantRules.Create(draft, facts ?? Facts(), new(Given.Uid(31), "cred-grant-1"), Given.Now);

    [Fact]
    public void Defaults_are_now_never_the_highest_priority_and_free()
    {
        var grant = Create(Draft).Value;

        Assert.Equal((Given.Now, (Instant?)null, 0), (grant.EffectiveAt, grant.ExpireAt, grant.Priority));
        Assert.Equal(new Money(0, "usd"), grant.Cost);
        Assert.Equal((CreditGrantStatus.Scheduled, PaymentCollection.NotRequired), (grant.Status, grant.PaymentCollection));
    }

    public static TheoryData<string, ErrorCode, Func<CreditGrantDraft, CreditGrantDraft>> Faults => new()
    {
        { "amount", ErrorCode.InvalidArgumentError, d => d with { Amount = 0 } },
        { "amount", ErrorCode.InvalidArgumentError, d => d with { Amount = -1 } },
        { "amount", ErrorCode.InvalidArgumentError, d => d with { Amount = 1_000_000_000_001 } },
        { "amount", ErrorCode.InvalidArgumentError, d => d with { Amount = 0.1234567890123m } },
        { "grantType", ErrorCode.BadUserInput, d => d with { Type = CreditGrantType.Recurring } },
        { "grantType", ErrorCode.BadUserInput, d => d with { Type = CreditGrantType.Overdraft } },
        { "cost.amount", ErrorCode.InvalidArgumentError, d => d with { Cost = new(1, "usd") } },
        { "cost.amount", ErrorCode.InvalidArgumentError, d => d with { Cost = new(-1, "usd") } },
        { "cost.amount", ErrorCode.AmountTooLarge, d => d with { Type = CreditGrantType.Paid, Cost = new(1_000_000_000_000, "usd") } },
        { "cost.currency", ErrorCode.BadUserInput, d => d with { Cost = new(0, "xxx") } },
        { "expireAt", ErrorCode.ExpireAtMustBeLaterThanEffectiveAtError, d => d with { ExpireAt = Given.Now } },
        { "comment", ErrorCode.BadUserInput, d => d with { Comment = new('x', 201) } },
        { "priority", ErrorCode.BadUserInput, d => d with { Priority = -1 } },
        { "priority", ErrorCode.BadUserInput, d => d with { Priority = 0.5m } },
        { "displayName", ErrorCode.BadUserInput, d => d with { DisplayName = " " } },
        { "displayName", ErrorCode.BadUserInput, d => d with { DisplayName = new('x', 256) } },
        { "billingInformation.invoiceDaysUntilDue", ErrorCode.BadUserInput, d => d with { DaysUntilDue = 366 } },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Wrong_fields_are_named(string path, ErrorCode code, Func<CreditGrantDraft, CreditGrantDraft> change)
    {
        var refusal = Create(change(Draft)).Refusal!;

        Assert.Equal(code, refusal.Code);
        Assert.Contains(path, refusal.Fields.Select(field => field.Path));
    }

    [Fact]
    public void What_is_at_the_edge_is_taken()
    {
        Assert.Null(Create(Draft with { Comment = new('x', 200), Amount = 0.000000000001m }).Refusal);
        Assert.Null(Create(Draft with { Amount = 1_000_000_000_000, ExpireAt = Given.Now + Duration.FromMilliseconds(1) }).Refusal);
    }

    [Fact]
    public void Customer_resource_and_currency_must_exist_and_be_open()
    {
        var archived = Given.Customer() with { ArchivedAt = Given.Now };
        Assert.Equal(ErrorCode.CustomerNotFound, Given.Code(Create(Draft, new(null, true, Currency, false))));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(Create(Draft, Facts(archived))));
        Assert.Equal(ErrorCode.CustomerResourceNotFound, Given.Code(Create(Draft, Facts() with { IsResourceKnown = false })));
        Assert.Equal(ErrorCode.CustomCurrencyNotFound, Given.Code(Create(Draft, Facts() with { Currency = null })));
        Assert.Equal(
            ErrorCode.EntityIsArchivedError,
            Given.Code(Create(Draft, Facts() with { Currency = Currency with { ArchivedAt = Given.Now } })));
    }

    [Fact]
    public void Paid_credits_are_charged_when_there_is_a_method_and_not_collected_otherwise()
    {
        Assert.Equal(CreditGrantStatus.PaymentPending, Create(Sold, Facts(hasMethod: true)).Value.Status);
        Assert.Equal(CreditGrantStatus.Scheduled, Create(Sold).Value.Status);
        Assert.Equal(
            CreditGrantStatus.Scheduled,
            Create(Sold with { Method = PaymentCollectionMethod.None }, Facts(hasMethod: true)).Value.Status);
        // Nothing is due for what costs nothing, whatever was asked for.
        Assert.Equal(
            CreditGrantStatus.Scheduled, Create(Draft with { Method = PaymentCollectionMethod.Charge }).Value.Status);
    }

    [Fact]
    public void Charging_needs_a_method_and_an_invoice_an_address()
    {
        Assert.Equal(
            ErrorCode.PaymentMethodNotFoundError, Given.Code(Create(Sold with { Method = PaymentCollectionMethod.Charge })));
        Assert.Equal(
            ErrorCode.CustomerHasNoEmailAddress, Given.Code(Create(Sold with { Method = PaymentCollectionMethod.Invoice })));
        Assert.Null(Create(
            Sold with { Method = PaymentCollectionMethod.Invoice }, Facts(Given.Customer() with { Email = "a@b.c" })).Refusal);
    }

    [Fact]
    public void Only_open_grants_are_voided()
    {
        var grant = Create(Draft).Value with { Status = CreditGrantStatus.Active };
        Assert.Null(CreditGrantRules.CheckVoid(grant));
        var voided = CreditGrantRules.CheckVoid(grant with { Status = CreditGrantStatus.Voided })!;
        Assert.Equal((ErrorCode.CreditGrantAlreadyVoided, "cred-grant-1"), (voided.Code, voided.Details["grantId"]));
        Assert.Equal(
            ErrorCode.CreditGrantCannotBeVoided,
            CreditGrantRules.CheckVoid(grant with { Status = CreditGrantStatus.Expired })!.Code);
        Assert.Equal(
            ErrorCode.CreditGrantCannotBeVoided, CreditGrantRules.CheckVoid(grant with { Type = CreditGrantType.Overdraft })!.Code);
    }

    [Fact]
    public void Update_changes_texts_dates_and_priority_of_open_grants()
    {
        var grant = Create(Draft).Value with { Status = CreditGrantStatus.Active };
        var later = Given.Now + Duration.FromDays(1);
        var updated = CreditGrantRules.Update(
            grant,
            new() { DisplayName = "New", Comment = "why", Priority = 3, ExpireAt = new(later) },
            Given.Now).Value;

        Assert.Equal(("New", "why", 3, (Instant?)later), (updated.DisplayName, updated.Comment, updated.Priority, updated.ExpireAt));
        Assert.Null(CreditGrantRules.Update(updated, new() { ExpireAt = new(null), Comment = "" }, Given.Now).Value.ExpireAt);
        Assert.Same(grant, CreditGrantRules.Update(grant, new() { DisplayName = "Welcome" }, later).Value);
    }

    [Fact]
    public void Update_refuses_what_is_final_consumed_or_an_overdraft()
    {
        var grant = Create(Draft).Value with { Status = CreditGrantStatus.Active };
        ErrorCode Code(CreditGrant changed, CreditGrantEdit edit) => Given.Code(CreditGrantRules.Update(changed, edit, Given.Now))!.Value;

        Assert.Equal(
            ErrorCode.CannotUpdateExpireAtForExpiredCreditGrantError,
            Code(grant with { Status = CreditGrantStatus.Expired }, new() { ExpireAt = new(null) }));
        Assert.Equal(ErrorCode.BadUserInput, Code(grant with { Status = CreditGrantStatus.Voided }, new() { DisplayName = "x" }));
        Assert.Equal(ErrorCode.BadUserInput, Code(grant with { Type = CreditGrantType.Overdraft }, new() { DisplayName = "x" }));
        Assert.Equal(
            ErrorCode.BadUserInput, Code(grant with { Consumed = 1 }, new() { EffectiveAt = Given.Now + Duration.FromDays(1) }));
        Assert.Equal(ErrorCode.ExpireAtMustBeLaterThanEffectiveAtError, Code(grant, new() { ExpireAt = new(Given.Now) }));
        Assert.Equal(ErrorCode.BadUserInput, Code(grant, new() { Priority = -1 }));
    }
}
