using NodaTime;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Credits;

/// <summary>A direct consumption, of no feature (spec credits 7).</summary>
public sealed record CreditConsumption
{
    /// <summary>Characters of an idempotencyKey.</summary>
    public const int MaxKeyLength = 255;

    /// <summary>How far ahead of the clock it may be dated.</summary>
    public static readonly Duration FutureTolerance = Duration.FromMinutes(5);

    public required CustomerId CustomerId { get; init; }
    public ResourceId? ResourceId { get; init; }
    public required CurrencyId CurrencyId { get; init; }
    public required decimal Amount { get; init; }
    public required string IdempotencyKey { get; init; }

    /// <summary>When it happened; null = now.</summary>
    public Instant? CreatedAt { get; init; }

    /// <summary>A flat JSON object in canonical form; null without.</summary>
    public string? Dimensions { get; init; }

    /// <summary>Everything wrong with it by itself.</summary>
    /// <param name="findings">Where to say so.</param>
    /// <param name="prefix">Of the fields in the request.</param>
    /// <param name="now">The time of the call.</param>
    public void Check(Findings findings, string prefix, Instant now)
    {
        CreditAmounts.Check(findings, $"{prefix}amount", Amount);
        if (IdempotencyKey.Length is 0 or > MaxKeyLength || IdempotencyKey.Any(char.IsControl))
        {
            findings.Bad($"{prefix}idempotencyKey",
                $"idempotencyKey has {IdempotencyKey.Length} characters; use 1 to {MaxKeyLength} and no control "
                + "characters.");
        }

        if (CreatedAt is { } at && at > now + FutureTolerance)
        {
            findings.Add(ErrorCode.InvalidArgumentError, $"{prefix}createdAt",
                $"createdAt is {at}, more than 5 minutes after the current instant {now}; "
                + "consume when it has happened.");
        }
    }
}
