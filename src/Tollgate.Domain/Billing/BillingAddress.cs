namespace Tollgate.Domain.Billing;

/// <summary>Where an invoice is made out to; everything is optional and as it was given.</summary>
public sealed record BillingAddress
{
    /// <summary>Characters of each part.</summary>
    public const int MaxLength = 255;

    public string? Line1 { get; init; }
    public string? Line2 { get; init; }
    public string? City { get; init; }
    public string? State { get; init; }
    public string? PostalCode { get; init; }
    public string? Country { get; init; }

    /// <summary>Adds a finding for each part that is too long.</summary>
    public void Check(Errors.Findings findings, string path)
    {
        foreach (var (name, value) in ((string, string?)[])
            [
                ("line1", Line1), ("line2", Line2), ("city", City), ("state", State), ("postalCode", PostalCode),
                ("country", Country),
            ])
        {
            if (value is { Length: > MaxLength })
            {
                findings.Bad($"{path}.{name}",
                    $"{name} has {value.Length} characters; at most {MaxLength} are allowed.");
            }
        }
    }
}
