namespace Tollgate.Domain.Catalog;

/// <summary>Compares a draft with what is published (spec catalog 4.3).</summary>
public static class PackageDiff
{
    /// <param name="published">The published version; null before the first one, when everything is added.</param>
    /// <param name="draft">The draft.</param>
    public static PackageChanges Of(PackageVersion? published, PackageVersion draft) => new()
    {
        DisplayName = Value(published?.DisplayName, draft.DisplayName),
        Description = Value(published?.Description, draft.Description),
        BillingId = Value(published?.BillingId, draft.BillingId),
        Metadata = Value(
            NotEmpty(published?.Metadata), NotEmpty(draft.Metadata), static (a, b) => ContentEquality.Same(a, b)),
        HiddenFromWidgets = Value(
            NotEmpty(published?.HiddenFromWidgets), NotEmpty(draft.HiddenFromWidgets),
            static (a, b) => a.ToHashSet().SetEquals(b)),
        PricingType = Value(published?.PricingType, draft.PricingType),
        BasePlan = Value(published?.BasePlan?.Id, draft.BasePlan?.Id),
        CompatibleAddons = Ids(published?.CompatibleAddonIds ?? [], draft.CompatibleAddonIds ?? []),
        CompatibleGroups = Listed(
            published?.CompatibleGroups ?? [], draft.CompatibleGroups, static g => g.GroupId, static (a, b) => a == b),
        Dependencies = Ids(published?.Dependencies ?? [], draft.Dependencies),
        MaxQuantity = Value(published?.MaxQuantity, draft.MaxQuantity),
        DefaultTrial = Value(published?.DefaultTrial, draft.DefaultTrial),
        Entitlements = Entitlements(published?.Entitlements ?? [], draft.Entitlements),
        CreditEntitlements = Credits(published?.CreditEntitlements ?? [], draft.CreditEntitlements),
        Prices = Rows(published?.Charges ?? [], draft.Charges, KeyOf, PackageContent.Same),
        OveragePrices = Rows(published?.OverageCharges ?? [], draft.OverageCharges, KeyOf, PackageContent.Same),
        OverageBillingPeriod = (published?.OverageBillingPeriod ?? default) == draft.OverageBillingPeriod
            ? null
            : new(ChangeType.Modified, published?.OverageBillingPeriod, draft.OverageBillingPeriod),
        MinimumSpend = Rows(
            published?.MinimumSpend ?? [], draft.MinimumSpend, static m => m.BillingPeriod,
            static (a, b) => a.Minimum == b.Minimum),
    };

    private static ContentChange<T>? Value<T>(T? before, T? after, Func<T, T, bool>? same = null)
    {
        if (before is null || after is null)
        {
            return before is null && after is null
                ? null
                : new(before is null ? ChangeType.Added : ChangeType.Deleted, before, after);
        }

        return (same ?? EqualityComparer<T>.Default.Equals)(before, after)
            ? null
            : new(ChangeType.Modified, before, after);
    }

    private static List<ContentChange<PackageEntitlement>> Entitlements(
        IReadOnlyList<PackageEntitlement> before, IReadOnlyList<PackageEntitlement> after) =>
    [
        .. Rows(before, after, static e => e.FeatureId, PackageContent.Same).Select(change =>
            change is { Before: { } was, After: { } now } && PackageContent.Same(was with { Order = now.Order }, now)
                ? change with { Type = ChangeType.Reordered }
                : change),
    ];

    private static List<ContentChange<PackageCreditEntitlement>> Credits(
        IReadOnlyList<PackageCreditEntitlement> before, IReadOnlyList<PackageCreditEntitlement> after) =>
    [
        .. Rows(before, after, static e => e.CurrencyId, PackageContent.Same).Select(change =>
            change is { Before: { } was, After: { } now } && PackageContent.Same(was with { Order = now.Order }, now)
                ? change with { Type = ChangeType.Reordered }
                : change),
    ];

    private static List<ContentChange<PackageId?>> Ids(
        IReadOnlyList<PackageId> before, IReadOnlyList<PackageId> after) =>
        Listed<PackageId?, PackageId?>(
            [.. before], [.. after], static id => id, static (a, b) => a == b);

    /// <summary>Rows whose order means something: those that others overtook are reordered.</summary>
    private static List<ContentChange<T>> Listed<T, TKey>(
        IReadOnlyList<T> before, IReadOnlyList<T> after, Func<T, TKey> key, Func<T, T, bool> same)
    {
        var changes = Rows(before, after, key, same);
        var kept = before.Where(row => after.Any(other => Equals(key(other), key(row)))).ToList();
        var now = after.Where(row => before.Any(other => Equals(key(other), key(row)))).ToList();
        foreach (var (was, row) in kept.Zip(now))
        {
            var changed = changes.Any(c => c.After is { } known && Equals(key(known), key(row)));
            if (!Equals(key(was), key(row)) && !changed)
                changes.Add(new(ChangeType.Reordered, before.First(other => Equals(key(other), key(row))), row));
        }

        return changes;
    }

    private static List<ContentChange<T>> Rows<T, TKey>(
        IReadOnlyList<T> before, IReadOnlyList<T> after, Func<T, TKey> key, Func<T, T, bool> same)
    {
        var changes = new List<ContentChange<T>>();
        foreach (var was in before)
        {
            var index = after.ToList().FindIndex(row => Equals(key(row), key(was)));
            if (index < 0)
                changes.Add(new(ChangeType.Deleted, was, default));
            else if (!same(was, after[index]))
                changes.Add(new(ChangeType.Modified, was, after[index]));
        }

        changes.AddRange(after.Where(row => before.All(was => !Equals(key(was), key(row))))
            .Select(row => new ContentChange<T>(ChangeType.Added, default, row)));
        return changes;
    }

    /// <summary>What makes a charge one charge (spec catalog 9.1).</summary>
    private static object KeyOf(Charge charge) => (
        charge.Model, charge.Cadence, charge.FeatureId, charge.TopUpCurrencyId,
        charge.BillingPeriod, charge.CountryCode);

    private static IReadOnlyDictionary<string, string>? NotEmpty(IReadOnlyDictionary<string, string>? map) =>
        map is { Count: > 0 } ? map : null;

    private static IReadOnlyList<WidgetType>? NotEmpty(IReadOnlyList<WidgetType>? list) =>
        list is { Count: > 0 } ? list : null;
}
