using Tollgate.Contracts;
using Tollgate.Contracts.Rest.Queries;
using Tollgate.Contracts.Rest.Responses;
using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Subscriptions;
using Tollgate.Modules.Rows;

namespace Tollgate.Server.Rest;

/// <summary>How domain values are spelled on REST: symbols, instants, pages.</summary>
internal static class Wire
{
    /// <summary>
    /// The symbols of an enum; <see cref="Special"/> holds those that are not plain upper snake case.
    /// </summary>
    private static class Of<TEnum>
        where TEnum : struct, Enum
    {
        public static readonly Symbols<TEnum> Symbols = (Symbols<TEnum>?)Special.GetValueOrDefault(typeof(TEnum))
            ?? new();
    }

    private static Dictionary<Type, object> Special { get; } = new()
    {
        [typeof(MeterType)] = new Symbols<MeterType>(
            overrides: new Dictionary<MeterType, string> { [MeterType.None] = "None" }),
        [typeof(EntitlementBehavior)] = new Symbols<EntitlementBehavior>(SymbolStyle.Pascal),
        [typeof(ResetAnchor)] = new Symbols<ResetAnchor>(SymbolStyle.Pascal),
        [typeof(AccessDeniedReason)] = new Symbols<AccessDeniedReason>(SymbolStyle.Pascal),
        [typeof(PromotionStatus)] = new Symbols<PromotionStatus>(SymbolStyle.Pascal),
        [typeof(PromotionPeriod)] = new Symbols<PromotionPeriod>(
            overrides: new Dictionary<PromotionPeriod, string>
            {
                [PromotionPeriod.OneWeek] = "1 week",
                [PromotionPeriod.OneMonth] = "1 month",
                [PromotionPeriod.SixMonths] = "6 month",
                [PromotionPeriod.OneYear] = "1 year",
                [PromotionPeriod.Lifetime] = "lifetime",
                [PromotionPeriod.Custom] = "custom",
            }),
        [typeof(CancelReason)] = new Symbols<CancelReason>(
            overrides: new Dictionary<CancelReason, string>
            {
                [CancelReason.Immediate] = "Immediate",
                [CancelReason.ScheduledCancellation] = "ScheduledCancellation",
                [CancelReason.CustomerArchived] = "CustomerArchived",
                [CancelReason.AutoCancellationRule] = "AutoCancellationRule",
            }),
    };

    public static string Symbol<TEnum>(TEnum member)
        where TEnum : struct, Enum => Of<TEnum>.Symbols.ToSymbol(member);

    public static string? Symbol<TEnum>(TEnum? member)
        where TEnum : struct, Enum => member is { } given ? Symbol(given) : null;

    /// <summary>The member of a symbol that the contract has checked already.</summary>
    public static TEnum Member<TEnum>(string symbol)
        where TEnum : struct, Enum => Of<TEnum>.Symbols.TryParse(symbol, out var member)
        ? member
        : throw new ArgumentException($"{symbol} is no symbol of {typeof(TEnum).Name}.", nameof(symbol));

    /// <summary>False when <paramref name="symbol"/> is no symbol of the enum.</summary>
    public static bool TryMember<TEnum>(string symbol, out TEnum member)
        where TEnum : struct, Enum => Of<TEnum>.Symbols.TryParse(symbol, out member);

    /// <summary>The members a list parameter names; null when it is absent.</summary>
    public static IReadOnlyCollection<TEnum>? Members<TEnum>(this QueryValues query, string name)
        where TEnum : struct, Enum =>
        query.GetSymbols(name) is { Count: > 0 } symbols ? [.. symbols.Select(Member<TEnum>)] : null;

    public static WireInstant Instant(NodaTime.Instant instant) => new(instant.ToUnixTimeMilliseconds());

    public static WireInstant? Instant(NodaTime.Instant? instant) => instant is { } given ? Instant(given) : null;

    public static NodaTime.Instant Instant(WireInstant instant) =>
        NodaTime.Instant.FromUnixTimeMilliseconds(instant.UnixMilliseconds);

    public static PageRequest Page(this QueryValues query) => new(
        query.GetInt("limit") ?? PageRequest.DefaultLimit, query.GetUuid("after"), query.GetUuid("before"));

    public static CreatedRange CreatedRange(this QueryValues query)
    {
        var range = query.GetInstantRange("createdAt");
        return new(Of(range.Gt), Of(range.Gte), Of(range.Lt), Of(range.Lte));

        static NodaTime.Instant? Of(WireInstant? bound) => bound is { } given ? Instant(given) : null;
    }

    public static RestPage<TWire> Page<T, TWire>(Page<T> page, Func<T, TWire> toWire) =>
        new([.. page.Items.Select(toWire)], new(page.Next, page.Previous));
}
