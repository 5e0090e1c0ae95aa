namespace Tollgate.Domain;

/// <summary>A field of a partial update: absent (leave as it is) or given, where the given value may be null (clear
/// it).</summary>
public readonly record struct Optional<T>
{
    private readonly T? _value;

    public Optional(T? value)
    {
        _value = value;
        IsGiven = true;
    }

    /// <summary>False by default: the field was not in the request.</summary>
    public bool IsGiven { get; }

    /// <summary>The given value; throws when the field is absent, because asking then is a broken call.</summary>
    public T? Value => IsGiven ? _value : throw new InvalidOperationException("The field was not given.");

    /// <summary>The given value, or what is stored when the field is absent.</summary>
    public T? Or(T? stored) => IsGiven ? _value : stored;

    public static implicit operator Optional<T>(T? value) => new(value);

    /// <summary>Printing a request must not throw for the fields that were not sent.</summary>
    public override string ToString() => IsGiven ? $"{_value}" : "(absent)";
}
