using Tollgate.Testing;

namespace Tollgate.Testing.Tests;

public sealed class ManualTimeProviderTests
{
    private static readonly DateTimeOffset Start = new(2025, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private readonly ManualTimeProvider _clock = new(Start);
    private readonly List<(string Timer, DateTimeOffset At)> _fired = [];

    [Fact]
    public void Time_stands_still_until_it_is_moved()
    {
        Assert.Equal(Start, _clock.GetUtcNow());
        Assert.Equal(Start, _clock.GetUtcNow());
        _clock.Advance(TimeSpan.FromHours(36));
        Assert.Equal(new DateTimeOffset(2025, 2, 2, 0, 0, 0, TimeSpan.Zero), _clock.GetUtcNow());
    }

    [Fact]
    public void Start_with_an_offset_is_the_same_instant_in_utc()
    {
        var other = new ManualTimeProvider(new DateTimeOffset(2025, 1, 31, 14, 0, 0, TimeSpan.FromHours(2)));
        Assert.Equal(Start, other.GetUtcNow());
        Assert.Equal(TimeSpan.Zero, other.GetUtcNow().Offset);
    }

    [Fact]
    public void Timestamps_measure_the_moved_time()
    {
        var before = _clock.GetTimestamp();
        _clock.SetUtcNow(Start.AddMilliseconds(1500));
        Assert.Equal(TimeSpan.FromMilliseconds(1500), _clock.GetElapsedTime(before));
    }

    [Fact]
    public void The_clock_never_goes_back()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _clock.Advance(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _clock.SetUtcNow(Start.AddTicks(-1)));
        Assert.Equal(Start, _clock.GetUtcNow());
    }

    [Fact]
    public void Timers_fire_in_order_of_due_time_each_at_its_own_instant()
    {
        using var late = Arm("late", 30);
        using var early = Arm("early", 10);
        using var later = Arm("beyond", 31);
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([("early", Start.AddSeconds(10)), ("late", Start.AddSeconds(30))], _fired);
        Assert.Equal(1, _clock.ArmedTimers);
    }

    [Fact]
    public void Timers_due_at_one_instant_fire_in_order_of_arming()
    {
        using var first = Arm("first", 5);
        using var second = Arm("second", 5);
        first.Change(TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["second", "first"], _fired.Select(timer => timer.Timer));
    }

    [Fact]
    public void Periodic_timer_fires_once_per_period()
    {
        using var timer = Arm("tick", 1, periodSeconds: 2);
        _clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal([Start.AddSeconds(1), Start.AddSeconds(3), Start.AddSeconds(5)], _fired.Select(tick => tick.At));
    }

    [Fact]
    public void Timer_armed_by_a_callback_fires_in_the_same_move()
    {
        ITimer? inner = null;
        using var outer = _clock.CreateTimer(_ => inner = Arm("inner", 2), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal([("inner", Start.AddSeconds(3))], _fired);
        inner?.Dispose();
    }

    [Fact]
    public void Disposed_timer_does_not_fire_and_cannot_be_armed_again()
    {
        var timer = Arm("gone", 1);
        timer.Dispose();
        Assert.False(timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(_fired);
    }

    [Fact]
    public void Disarmed_timer_does_not_fire()
    {
        using var timer = Arm("paused", 1);
        Assert.True(timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(_fired);
    }

    [Fact]
    public async Task Timer_due_now_fires_without_a_move()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var timer = _clock.CreateTimer(_ => done.SetResult(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await done.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Task_delay_follows_the_clock()
    {
        var delay = Task.Delay(TimeSpan.FromMinutes(10), _clock, TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.False(delay.IsCompleted);
        _clock.Advance(TimeSpan.FromTicks(1));
        await delay.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    private ITimer Arm(string name, int seconds, int? periodSeconds = null) => _clock.CreateTimer(
        _ => _fired.Add((name, _clock.GetUtcNow())),
        state: null,
        TimeSpan.FromSeconds(seconds),
        periodSeconds is null ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(periodSeconds.Value));
}
