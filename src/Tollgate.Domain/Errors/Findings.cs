namespace Tollgate.Domain.Errors;

/// <summary>
/// Collects everything found wrong with a request, so that it is refused once with the whole list. The refusal carries
/// the code and the details of the first finding; rules therefore look in the order in which their codes should win.
/// </summary>
public sealed class Findings
{
    private readonly List<FieldFault> _faults = [];
    private ErrorCode _code;
    private IReadOnlyDictionary<string, string>? _details;

    public bool Any => _faults.Count > 0;

    public void Add(
        ErrorCode code, string path, string message, IReadOnlyDictionary<string, string>? details = null)
    {
        if (_faults.Count == 0)
            (_code, _details) = (code, details);
        _faults.Add(new(path, message));
    }

    public void Bad(string path, string message) => Add(ErrorCode.BadUserInput, path, message);

    /// <summary>Takes over the findings of another rule, if any.</summary>
    public void Include(Refusal? refusal)
    {
        if (refusal is null)
            return;
        if (refusal.Fields.Count == 0)
            Add(refusal.Code, "", refusal.Message, refusal.Details);
        foreach (var fault in refusal.Fields)
            Add(refusal.Code, fault.Path, fault.Message, refusal.Details);
    }

    /// <summary>Null when nothing was found.</summary>
    public Refusal? ToRefusal()
    {
        if (_faults.Count == 0)
            return null;
        var refusal = Refusal.Of(_code, [.. _faults]);
        return _details is null ? refusal : refusal with { Details = _details };
    }
}
