using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

public sealed class ContractRulesTests
{
    private static readonly Instant Soon = Given.Now + Duration.FromDays(10);
    private static readonly Instant Later = Given.Now + Duration.FromDays(375);

    private static readonly ContractDraft Draft = new(Given.CustomerId) { Name = "Big deal", StartsAt = Soon, EndsAt = Later };

    private static Contract Stored => ContractRules.Create(Draft, Given.Customer(), Given.Uid(70), Given.Now).Value;

    private static Subscription Custom(string id = "sub-1") => Given.Subscription(id) with { PricingType = PricingType.Custom };

    private static ErrorCode? LinkRefusal(Subscription? subscription, Contract? other = null) => ContractRules.CheckLinks(
        Stored, [new("subscriptionIds[0]", new("sub-1"), subscription, other)], Given.Now)?.Code;

    private static Result<Contract> Update(ContractEdit edit, Instant at) => ContractRules.Update(Stored, edit, at);

    [Fact]
    public void State_follows_from_billing_and_dates()
    {
        Assert.Equal(ContractState.Draft, Stored.StateAt(Soon - Duration.FromMilliseconds(1)));
        Assert.Equal(ContractState.Active, Stored.StateAt(Soon));
        Assert.Equal(ContractState.Active, Stored.StateAt(Later - Duration.FromMilliseconds(1)));
        Assert.Equal(ContractState.EndBilling, Stored.StateAt(Later));
        Assert.Equal(ContractState.Active, (Stored with { EndsAt = null }).StateAt(Later));
        Assert.Equal(ContractState.Draft, (Stored with { IsBilled = false }).StateAt(Soon));
        Assert.Equal(ContractState.Canceled, ContractRules.Cancel(Stored, Given.Now).Value.StateAt(Soon));
    }

    [Fact]
    public void Contract_starts_at_once_unless_told_otherwise_and_ends_after_that()
    {
        Result<Contract> Create(ContractDraft draft) =>
            ContractRules.Create(draft, Given.Customer(), Given.Uid(70), Given.Now);

        Assert.Equal(Given.Now, Create(new(Given.CustomerId)).Value.StartsAt);
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Create(Draft with { EndsAt = Soon })));
        Assert.Null(Create(Draft with { EndsAt = Soon + Duration.FromMilliseconds(1) }).Refusal);
        Assert.Equal(ErrorCode.BadUserInput, Given.Code(Create(Draft with { PoNumber = new string('9', 256) })));
        Assert.Equal(ErrorCode.CustomerNotFound,
            Given.Code(ContractRules.Create(Draft, null, Given.Uid(70), Given.Now)));
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(ContractRules.Create(
            Draft, Given.Customer() with { ArchivedAt = Given.Now }, Given.Uid(70), Given.Now)));
    }

    [Fact]
    public void Only_open_custom_subscriptions_of_the_customer_become_part_of_it()
    {
        Assert.Null(LinkRefusal(Custom()));
        Assert.Equal(ErrorCode.SubscriptionNotFound, LinkRefusal(null));
        Assert.Equal(ErrorCode.InvalidArgumentError, LinkRefusal(Custom() with { CustomerId = new("other") }));
        Assert.Equal(ErrorCode.InvalidArgumentError, LinkRefusal(Custom() with { PricingType = PricingType.Paid }));
        Assert.Equal(ErrorCode.SubscriptionAlreadyCanceledOrExpired,
            LinkRefusal(Custom() with { Status = SubscriptionStatus.Canceled }));
        Assert.Equal(ErrorCode.BadUserInput, ContractRules.CheckLinks(
            Stored, [new("a", new("sub-1"), Custom(), null), new("b", new("sub-1"), Custom(), null)], Given.Now)?.Code);
    }

    [Fact]
    public void Subscription_of_a_running_contract_waits_until_that_one_is_over()
    {
        var other = Stored with { Uid = Given.Uid(71), Id = "other" };
        Assert.Equal(ErrorCode.InvalidArgumentError, LinkRefusal(Custom(), other));
        Assert.Null(LinkRefusal(Custom(), other with { CanceledAt = Given.Now }));
        Assert.Null(LinkRefusal(Custom(), other with { StartsAt = Given.Now - Duration.FromDays(9), EndsAt = Given.Now }));
        Assert.Null(LinkRefusal(Custom(), Stored));
    }

    [Fact]
    public void Linking_marks_the_subscriptions_and_announces_each()
    {
        var linked = ContractRules.Link(null, Stored, [Custom("a"), Custom("b")], Given.Now);

        Assert.Equal(["a", "b"], linked.Contract.SubscriptionIds.Select(id => id.Value));
        Assert.All(linked.Linked, s => Assert.Equal(Stored.Id, s.ContractId));
        Assert.Equal(
            [EventType.ContractCreated, EventType.SubscriptionUpdated, EventType.SubscriptionUpdated],
            linked.Events.Select(e => e.Type));
        Assert.True(ContractRules.Link(linked.Contract, linked.Contract, linked.Linked, Later).IsNoChange);
        var more = ContractRules.Link(linked.Contract, linked.Contract, [Custom("c"), linked.Linked[0]], Later);
        Assert.Equal(["a", "b", "c"], more.Contract.SubscriptionIds.Select(id => id.Value));
        Assert.Equal([EventType.ContractUpdated, EventType.SubscriptionUpdated], more.Events.Select(e => e.Type));
    }

    [Fact]
    public void Start_and_billing_are_fixed_once_it_runs()
    {
        var edit = new ContractEdit { StartsAt = Soon + Duration.FromDays(1), IsBilled = false };

        Assert.False(Update(edit, Given.Now).Value.IsBilled);
        var refused = Update(edit, Soon).Refusal!;
        Assert.Equal(ErrorCode.InvalidArgumentError, refused.Code);
        Assert.Equal(["setupBilling", "activationStartDate"], refused.Fields.Select(f => f.Path));
        Assert.Null(Update(new() { StartsAt = Soon, IsBilled = true, EndsAt = Later + Duration.FromDays(1) }, Soon).Refusal);
    }

    [Fact]
    public void Absent_fields_stay_null_clears_and_a_canceled_contract_does_not_change()
    {
        var changed = Update(new() { Name = new(null), PoNumber = "PO-7" }, Given.Now).Value;
        Assert.Equal((null, "PO-7"), (changed.Name, changed.PoNumber));
        Assert.Equal((Soon, (Instant?)Later), (changed.StartsAt, changed.EndsAt));
        Assert.Equal(ErrorCode.InvalidArgumentError, Given.Code(Update(new() { EndsAt = Soon }, Given.Now)));

        var canceled = ContractRules.Cancel(Stored, Given.Now);
        Assert.Equal(EventType.ContractCanceled, Assert.Single(canceled.Events).Type);
        Assert.True(ContractRules.Cancel(canceled.Value, Later).IsNoChange);
        Assert.Equal(ErrorCode.EntityIsArchivedError, Given.Code(ContractRules.Update(canceled.Value, new(), Given.Now)));
    }
}
