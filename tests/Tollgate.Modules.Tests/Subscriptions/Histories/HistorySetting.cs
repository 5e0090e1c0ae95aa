using System.Globalization;
using NodaTime;

namespace Tollgate.Modules.Tests.Subscriptions.Histories;

/// <summary>The world a history happens in, packed into one number so that it shrinks.</summary>
internal sealed record HistorySetting(int Bits)
{
    /// <summary>Ends of months, a leap day, the end of a year, and the middle of a day.</summary>
    private static readonly Instant[] Starts =
    [
        Instant.FromUtc(2025, 5, 16, 0, 0), Instant.FromUtc(2025, 1, 31, 10, 30), Instant.FromUtc(2028, 1, 31, 0, 0),
        Instant.FromUtc(2028, 2, 29, 12, 0), Instant.FromUtc(2027, 2, 28, 23, 59), Instant.FromUtc(2025, 12, 31, 0, 0),
        Instant.FromUtc(2025, 3, 30, 6, 0) + Duration.FromMilliseconds(250),
    ];

    private static readonly decimal[] Taxes = [0, 0, 8.25m, 19];

    public Instant Start => Starts[Bits % Starts.Length];

    public decimal TaxPercentage => Taxes[Bits / 7 % Taxes.Length];

    public bool FallsBack => Bit(0);

    public bool DowngradesLater => Bit(1);

    public bool? ProductProrates => Bit(2) ? false : null;

    public bool ResetsUsage => !Bit(3);

    public bool OverageAtRenewal => Bit(4);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Start} tax {TaxPercentage}{If(FallsBack, " falls back")}{If(DowngradesLater, " downgrades later")}"
        + $"{If(ProductProrates == false, " no prorate")}{If(!ResetsUsage, " keeps usage")}"
        + $"{If(OverageAtRenewal, " overage at renewal")} #{Bits}");

    private bool Bit(int index) => (Bits / 28 >> index) % 2 == 1;

    private static string If(bool condition, string text) => condition ? text : "";
}
