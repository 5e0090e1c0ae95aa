using System.Collections.Frozen;

namespace Tollgate.Domain.Catalog;

/// <summary>The currencies prices can be in, as lower-case ISO 4217 codes (spec catalog 0.4).</summary>
public static class Currencies
{
    /// <summary>The currency of an amount that names none.</summary>
    public const string Default = "usd";

    private static readonly FrozenSet<string> Codes = (
        "usd aed all amd ang aud awg azn bam bbd bdt bgn bif bmd bnd brl bsd bwp byn bzd cad cdf chf clp cny czk djf "
        + "dkk dop dzd egp etb eur fjd gbp gel gip gmd gnf gyd hkd hrk htg idr ils inr isk jmd jpy kes kgs khr kmf "
        + "krw kyd kzt lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mro mvr mwk mxn myr mzn nad ngn nok npr nzd pgk "
        + "php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd sle sll sos szl thb tjs top try ttd tzs uah ugx "
        + "uzs vnd vuv wst xaf xcd xof xpf yer zar zmw").Split(' ').ToFrozenSet();

    private static readonly FrozenSet<string> WithoutMinorUnit =
        "bif clp djf gnf isk jpy kmf krw pyg rwf ugx vnd vuv xaf xof xpf".Split(' ').ToFrozenSet();

    public static bool IsKnown(string code) => Codes.Contains(code);

    /// <summary>Digits after the point that an amount due can have.</summary>
    public static int MinorUnitDigits(string code) => WithoutMinorUnit.Contains(code) ? 0 : 2;

    /// <summary>
    /// An exact amount as it is invoiced: to the currency's minor unit, half away from zero (spec catalog 9.12).
    /// </summary>
    public static decimal Round(decimal exact, string code) =>
        decimal.Round(exact, MinorUnitDigits(code), MidpointRounding.AwayFromZero);
}
