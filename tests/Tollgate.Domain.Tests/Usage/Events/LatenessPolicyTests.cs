using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Domain.Tests.Usage.Events;

public sealed class LatenessPolicyTests
{
    [Theory]
    [InlineData(1_000, 1_000, false)]
    [InlineData(1_000, 4_601_000, true)]
    [InlineData(1_000, 3_601_000, false)]
    [InlineData(1_000, 3_601_001, true)]
    [InlineData(90_000_000, 1_000, false)]
    public void Event_is_late_when_it_is_older_than_the_window(long at, long receivedAt, bool isLate)
    {
        foreach (var action in Enum.GetValues<LateEventAction>())
        {
            var policy = new LatenessPolicy(Duration.FromHours(1), action);
            Assert.Equal(isLate, policy.IsLate(at, receivedAt));
            Assert.Equal(isLate && action == LateEventAction.Quarantine, policy.Holds(at, receivedAt));
        }
    }

    [Fact]
    public void Window_is_between_nothing_and_five_years()
    {
        Assert.Null(new LatenessPolicy(Duration.Zero, LateEventAction.Quarantine).Check());
        Assert.Null(new LatenessPolicy(LatenessPolicy.MaxWindow, LateEventAction.Quarantine).Check());
        foreach (var window in new[] { -Duration.Epsilon, LatenessPolicy.MaxWindow + Duration.Epsilon })
        {
            var refusal = new LatenessPolicy(window, LateEventAction.AdjustNextInvoice).Check()!;
            Assert.Equal(ErrorCode.InvalidArgumentError, refusal.Code);
            Assert.Equal("acceptWindow", Assert.Single(refusal.Fields).Path);
        }
    }
}
