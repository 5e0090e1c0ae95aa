using Tollgate.Domain.Catalog;
using static Tollgate.Modules.Demo.SheetWords;

namespace Tollgate.Modules.Demo;

/// <summary>
/// A collaboration tool sold by the seat: a free plan, two plans per seat and month or year (the year costs about ten
/// months), and an enterprise plan whose values are agreed with each customer.
/// </summary>
internal static class CollaborationSheet
{
    public const string Seats = "collab-seats";
    public const string Guests = "collab-guests";
    public const string Storage = "collab-storage";
    public const string Sso = "collab-sso";

    /// <summary>Storage is reported in bytes and sold in gigabytes.</summary>
    public const decimal BytesPerGigabyte = 1_000_000_000;

    private const string History = "collab-history";
    private const string AuditLog = "collab-audit-log";
    private const string Support = "collab-support";

    public static CatalogSheet Sheet { get; } = new(
        new("collab", "Team workspace", "Pages, chats and files for teams; sold by the seat."))
    {
        Features =
        [
            Number(Seats, "Members", "member", "members", MeterType.Fluctuating),
            Number(Guests, "Guests", "guest", "guests", MeterType.Fluctuating),
            Number(Storage, "File storage", "byte", "bytes", MeterType.Fluctuating) with
            {
                UnitTransformation = new(BytesPerGigabyte, RoundingDirection.Up, "GB", "GB"),
            },
            Number(History, "Page history", "day", "days"),
            Switch(Sso, "Single sign-on"),
            Switch(AuditLog, "Audit log"),
            Choice(Support, "Support", ("community", "Community"), ("email", "E-mail"), ("priority", "Priority"),
                ("dedicated", "Dedicated manager")),
        ],
        Plans =
        [
            new("collab-free", "Free", Free)
            {
                Entitlements =
                [
                    Limit(Seats, 10), Limit(Guests, 5), Limit(Storage, 5), Limit(History, 7),
                    Values(Support, "community"),
                ],
            },
            new("collab-team", "Team", PerSeat(10, 96, minimum: 2))
            {
                Entitlements =
                [
                    Limit(Guests, 25), Limit(Storage, 100), Limit(History, 30), Values(Support, "community", "email"),
                ],
            },
            new("collab-business", "Business", PerSeat(18, 180, minimum: 5))
            {
                Trial = new(14, TrialUnits.Day, null, TrialEndBehavior.CancelSubscription),
                Entitlements =
                [
                    Limit(Guests, 100), Limit(Storage, 1_000), Limit(History, 90), On(Sso),
                    Values(Support, "community", "email", "priority"),
                ],
            },
            new("collab-enterprise", "Enterprise", Custom)
            {
                Entitlements =
                [
                    Agreed(Seats), Unlimited(Guests), Agreed(Storage), Unlimited(History), On(Sso), On(AuditLog),
                    Values(Support, "community", "email", "priority", "dedicated"),
                ],
            },
        ],
        Settings = new()
        {
            EndSetup = SubscriptionEndSetup.DowngradeToFree,
            DowngradePlanId = new("collab-free"),
            CancellationTime = CancellationTime.EndOfBillingPeriod,
        },
    };

    private static PricingInput PerSeat(decimal month, decimal year, int minimum) => new(PricingType.Paid)
    {
        Models =
        [
            new(BillingModel.PerUnit, [PerMonth(month), PerYear(year)])
            {
                FeatureId = new(Seats),
                MinUnitQuantity = minimum,
            },
        ],
    };
}
