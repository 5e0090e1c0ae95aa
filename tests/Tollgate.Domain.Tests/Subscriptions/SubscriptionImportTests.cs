using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Subscriptions;

namespace Tollgate.Domain.Tests.Subscriptions;

/// <summary>What an import refuses and what it passes over (spec subscriptions 19).</summary>
public sealed class SubscriptionImportTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 3, 10, 12, 0);

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(SubscriptionImport.MaxRows, true)]
    [InlineData(SubscriptionImport.MaxRows + 1, false)]
    public void A_call_has_one_to_a_thousand_rows(int count, bool isAccepted)
    {
        var refusal = SubscriptionImport.CheckCall([.. Enumerable.Range(0, count).Select(i => Row($"s{i}"))]);

        Assert.Equal(isAccepted ? null : ErrorCode.ImportSubscriptionsBulkError, refusal?.Code);
    }

    [Fact]
    public void A_subscription_is_listed_once()
    {
        var refusal = SubscriptionImport.CheckCall([Row("a"), Row("b"), Row("a")]);

        Assert.Equal(ErrorCode.ImportSubscriptionsBulkError, refusal?.Code);
        Assert.Equal(["subscriptions[2].id"], refusal!.Fields.Select(f => f.Path));
    }

    [Fact]
    public void An_end_lies_after_the_start()
    {
        var later = Now + Duration.FromMilliseconds(1);

        Assert.Equal(ErrorCode.InvalidArgumentError, Check(Row("s") with { EndDate = Now })?.Code);
        Assert.Null(Check(Row("s") with { EndDate = later }));
        Assert.Equal(ErrorCode.InvalidArgumentError, Check(Row("s") with { StartDate = later, EndDate = later })?.Code);
        Assert.Null(Check(Row("s") with { StartDate = Now - Duration.FromDays(2), EndDate = Now - Duration.FromDays(1) }));

        static Refusal? Check(SubscriptionImportRow row) => SubscriptionImport.CheckRow(row, plan: null, Now);
    }

    private static SubscriptionImportRow Row(string id) => new(new(id), new("c"), new("p"));
}
