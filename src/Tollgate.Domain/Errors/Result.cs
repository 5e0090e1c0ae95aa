using System.Diagnostics.CodeAnalysis;

namespace Tollgate.Domain.Errors;

/// <summary>
/// The outcome of a rule or a use case: a value, or a <see cref="Errors.Refusal"/> that changed nothing.
/// </summary>
public readonly struct Result<T>
{
    private readonly T? _value;

    private Result(T? value, Refusal? refusal)
    {
        _value = value;
        Refusal = refusal;
    }

    /// <summary>Why the request was refused; null when it succeeded.</summary>
    public Refusal? Refusal { get; }

    /// <summary>The value of a successful outcome; throws when refused, because asking then is a broken call.</summary>
    public T Value => Refusal is null
        ? _value!
        : throw new InvalidOperationException($"The result was refused: {Refusal.Message}");

    public static Result<T> Ok(T value) => new(value, null);

    public static Result<T> Refused(Refusal refusal) => new(default, refusal);

    /// <summary>True with the value when successful, false with the refusal otherwise.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out Refusal? refusal)
    {
        value = _value;
        refusal = Refusal;
        return refusal is null;
    }

    public Result<TOther> Map<TOther>(Func<T, TOther> map) =>
        Refusal is null ? Result<TOther>.Ok(map(_value!)) : Result<TOther>.Refused(Refusal);

    public static implicit operator Result<T>(T value) => Ok(value);

    public static implicit operator Result<T>(Refusal refusal) => Refused(refusal);
}

/// <summary>The value of an operation that answers nothing but success.</summary>
public readonly record struct Done;
