namespace Tollgate.Testing;

/// <summary>
/// A clock that moves only when told. Timers fire on the caller's thread, in order of due time (then of arming), each seeing
/// the clock at exactly its own due time; a timer armed by a callback fires in the same move when it falls within it.
/// Thread-safe, but one driver should move it.
/// </summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now;
    private long _elapsedTicks;
    private long _armings;

    public ManualTimeProvider(DateTimeOffset start) => _now = start.ToUniversalTime();

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that are armed now; lets a test wait until the code under test has armed its timer.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count;
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _elapsedTicks;
        }
    }

    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        SetUtcNow(GetUtcNow() + by);
    }

    /// <exception cref="ArgumentOutOfRangeException">The instant lies before the clock's: it never goes back.</exception>
    public void SetUtcNow(DateTimeOffset instant)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(instant, GetUtcNow());
        while (TakeDue(instant) is { } due)
        {
            due.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    // Moves the clock to the next due time within the limit and returns its timer, or to the limit and returns null.
    private ManualTimer? TakeDue(DateTimeOffset limit)
    {
        lock (_gate)
        {
            var next = _timers.Where(timer => timer.Due <= limit).MinBy(timer => (timer.Due, timer.Arming));
            MoveTo_NeedsLock(next is null ? limit : next.Due);
            if (next is null)
            {
                return null;
            }
            _timers.Remove(next);
            if (next.Period > TimeSpan.Zero)
            {
                Arm_NeedsLock(next, next.Period);
            }
            return next;
        }
    }

    private void MoveTo_NeedsLock(DateTimeOffset instant)
    {
        // A callback may have moved the clock beyond this point.
        if (instant > _now)
        {
            _elapsedTicks += (instant - _now).Ticks;
            _now = instant;
        }
    }

    private void Arm_NeedsLock(ManualTimer timer, TimeSpan dueTime)
    {
        timer.Due = _now + dueTime;
        timer.Arming = ++_armings;
        _timers.Add(timer);
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private bool _disposed;

        public DateTimeOffset Due { get; set; }

        public long Arming { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire() => callback(state);

        // As with the system's timers: due now means at once, without waiting for the clock to move.
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                if (_disposed)
                {
                    return false;
                }
                clock._timers.Remove(this);
                Period = period;
                if (dueTime == Timeout.InfiniteTimeSpan)
                {
                    return true;
                }
                if (dueTime > TimeSpan.Zero)
                {
                    clock.Arm_NeedsLock(this, dueTime);
                    return true;
                }
                if (period > TimeSpan.Zero)
                {
                    clock.Arm_NeedsLock(this, period);
                }
            }
            // Not on the caller's stack: it may not have stored the timer yet.
            ThreadPool.QueueUserWorkItem(static timer => timer.Fire(), this, preferLocal: false);
            return true;
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                _disposed = true;
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
