using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Usage;
using Tollgate.Modules.Entitlements;

namespace Tollgate.Modules.Tests.Entitlements;

/// <summary>What is in memory is current, or in doubt and used only when nothing else can be had.</summary>
public sealed class UsageCellTests
{
    private static readonly Instant Noon = Instant.FromUtc(2025, 1, 15, 12, 0);
    private static readonly UsageWindow Hour = new(Noon, Noon + Duration.FromHours(1));
    private static readonly UsageWindow NextHour = new(Hour.End, Hour.End + Duration.FromHours(1));

    private readonly UsageCell _cell = new(new(new EnvironmentId(1), new("c"), null, new("calls")));

    [Fact]
    public void Publication_that_another_nodes_notice_overtook_is_in_doubt()
    {
        var version = _cell.Version;
        _cell.Doubt();
        _cell.Publish(Counters(Hour, 5), version);

        Assert.False(_cell.TryRead(Hour.Start, Hour.End, out _));
        Assert.False(_cell.IsComplete);
        Assert.True(_cell.TryReadLast(Hour, out var last));
        Assert.Equal(5, last.Value);
    }

    [Fact]
    public void What_was_read_before_a_publication_or_a_doubt_is_not_taken()
    {
        var version = _cell.Version;
        _cell.Publish(Counters(Hour, 5), version);
        _cell.Offer(NextHour, new(1, null, null), version);
        Assert.False(_cell.TryRead(NextHour.Start, NextHour.End, out _));

        version = _cell.Version;
        _cell.Doubt();
        _cell.Offer(Hour, new(4, null, null), version);
        Assert.False(_cell.TryRead(Hour.Start, Hour.End, out _));
    }

    [Fact]
    public void Window_that_began_since_is_known_to_be_empty_and_any_other_unknown_one_is_not()
    {
        _cell.Publish(Counters(Hour, 5), _cell.Version);

        Assert.True(_cell.TryReadLast(NextHour, out var counter));
        Assert.Equal(0, counter.Value);
        Assert.False(_cell.TryReadLast(UsageWindow.Lifetime, out _));
    }

    [Fact]
    public void Windows_that_are_over_do_not_pile_up()
    {
        var window = Hour;
        for (var i = 0; i < 48; i++)
        {
            _cell.Offer(window, default, _cell.Version);
            window = new(window.End, window.End + Duration.FromHours(1));
        }

        Assert.Single(_cell.Windows);
    }

    private static Dictionary<UsageWindow, UsageCounter> Counters(UsageWindow window, decimal value) =>
        new() { [window] = new(value, window.Start, null) };
}
