namespace Tollgate.Server.Hosting;

/// <summary>What the start still has to do although requests are served already; readiness waits for it.</summary>
internal sealed class Readiness
{
    private volatile string? _pending = "starts";

    /// <summary>Null once the start is complete.</summary>
    public string? Pending => _pending;

    public void WaitFor(string what) => _pending = what;

    public void Complete() => _pending = null;
}
