namespace Tollgate.Domain.Errors;

/// <summary>
/// Collects everything found wrong with a request, so that it is refused once with the whole list. The refusal carries
/// the code
/// of the first finding; rules therefore look in the order in which their codes should win.
/// </summary>
public sealed class Findings
{
    private readonly List<FieldFault> _faults = [];
    private ErrorCode _code;

    public bool Any => _faults.Count > 0;

    public void Add(ErrorCode code, string path, string message)
    {
        if (_faults.Count == 0)
            _code = code;
        _faults.Add(new(path, message));
    }

    public void Bad(string path, string message) => Add(ErrorCode.BadUserInput, path, message);

    /// <summary>Takes over the findings of another rule, if any.</summary>
    public void Include(Refusal? refusal)
    {
        if (refusal is null)
            return;
        if (refusal.Fields.Count == 0)
            Add(refusal.Code, "", refusal.Message);
        foreach (var fault in refusal.Fields)
            Add(refusal.Code, fault.Path, fault.Message);
    }

    /// <summary>Null when nothing was found.</summary>
    public Refusal? ToRefusal() => _faults.Count == 0 ? null : Refusal.Of(_code, [.. _faults]);
}
