using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Catalog;

/// <summary>Which trial a plan can offer by default (spec catalog 11).</summary>
internal static class TrialRules
{
    /// <summary>A hundred years, as <see cref="CouponRules.MaxDurationInMonths"/> is in months.</summary>
    private const int MaxDays = 36_500;

    public static void Check(Findings findings, PackageVersion draft)
    {
        const string path = "defaultTrialConfig";
        if (draft.DefaultTrial is not { } trial)
            return;
        if (draft.PricingType == PricingType.Free)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path,
                $"Plan '{draft.Id}' is free and has no trial; remove defaultTrialConfig.");
        }

        CheckLength(findings, path, trial);
        if (trial.Budget is not null && draft.PricingType is { } type && type != PricingType.Paid)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path + ".budget",
                $"Plan '{draft.Id}' is not paid, so its trial has no spend to cap; remove the budget.");
        }

        if (trial.Budget is { Limit: < 0 } budget)
        {
            findings.Add(ErrorCode.InvalidArgumentError, path + ".budget.limit",
                $"The budget limit is {budget.Limit}; give 0 or more.");
        }
    }

    private static void CheckLength(Findings findings, string path, TrialConfiguration trial)
    {
        switch (trial)
        {
            case { Duration: null, Units: null, Budget: null }:
                findings.Add(ErrorCode.InvalidArgumentError, path,
                    "The trial has neither a duration nor a budget, so nothing bounds it; "
                    + "give duration and units, or a budget.");
                break;
            case { Duration: null, Units: { } units }:
                findings.Add(ErrorCode.InvalidArgumentError, path + ".duration",
                    $"The trial's duration is not given, its units are {Word(units)}; give both or neither.");
                break;
            case { Duration: { } lasting, Units: null }:
                findings.Add(ErrorCode.InvalidArgumentError, path + ".units",
                    $"The trial's duration is {lasting}, its units are not given; give DAY or MONTH.");
                break;
            case { Duration: <= 0 and var duration }:
                findings.Add(ErrorCode.InvalidArgumentError, path + ".duration",
                    $"The trial's duration is {duration}; give a number above 0.");
                break;
            case { Duration: { } duration, Units: { } units }
                when (units == TrialUnits.Day ? MaxDays : CouponRules.MaxDurationInMonths) is var longest
                    && duration > longest:
                findings.Add(ErrorCode.InvalidArgumentError, path + ".duration",
                    $"The trial's duration is {duration} {Word(units)}; give {longest} at most, a hundred years.");
                break;
            default:
                break;
        }

        static string Word(TrialUnits units) => units.ToString().ToUpperInvariant();
    }
}
