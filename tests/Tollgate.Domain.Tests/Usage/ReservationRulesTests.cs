using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage;
using Xunit;

namespace Tollgate.Domain.Tests.Usage;

/// <summary>What may become of a reservation.</summary>
public sealed class ReservationRulesTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 3, 1, 10, 0);

    private static readonly Reservation Held = new()
    {
        Uid = Guid.Empty,
        CustomerId = new("c"),
        FeatureId = new("calls"),
        Amount = 5,
        CreatedAt = Now,
        ExpiresAt = Now + Duration.FromMinutes(5),
    };

    [Fact]
    public void It_expires_at_its_instant_and_not_before()
    {
        Assert.Equal(ReservationStatus.Held, Held.StatusAt(Held.ExpiresAt - Duration.FromMilliseconds(1)));
        Assert.Equal(ReservationStatus.Expired, Held.StatusAt(Held.ExpiresAt));
    }

    [Fact]
    public void What_has_ended_does_not_expire()
    {
        var settled = Held.Settle(3, Now).Value;
        var released = Held.Release(Now).Value;

        Assert.Equal(ReservationStatus.Settled, settled.StatusAt(Held.ExpiresAt));
        Assert.Equal(ReservationStatus.Released, released.StatusAt(Held.ExpiresAt));
    }

    [Fact]
    public void Settling_again_with_the_same_amount_changes_nothing()
    {
        var settled = Held.Settle(3, Now).Value;

        Assert.Same(settled, settled.Settle(3, Now + Duration.FromDays(1)).Value);
        Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, settled.Settle(4, Now).Refusal?.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, settled.Release(Now).Refusal?.Code);
    }

    [Fact]
    public void Releasing_what_holds_nothing_changes_nothing()
    {
        var released = Held.Release(Now).Value;

        Assert.Same(released, released.Release(Now).Value);
        Assert.Same(Held, Held.Release(Held.ExpiresAt).Value);
        Assert.Equal(ErrorCode.InvalidArgumentError, released.Settle(1, Now).Refusal?.Code);
    }
}
