namespace Tollgate.Contracts.Rest.Responses;

/// <summary>The envelope of a single answer.</summary>
public sealed record RestData<T>(T Data);

/// <summary>The envelope of a list, newest first unless the operation says otherwise.</summary>
public sealed record RestPage<T>(IReadOnlyList<T> Data, RestPagination Pagination);

/// <summary>The cursors of a page; both are always written, null at the ends.</summary>
public sealed record RestPagination(Guid? Next, Guid? Prev)
{
    /// <summary>A page that is the whole list.</summary>
    public static RestPagination Whole { get; } = new(null, null);
}

/// <summary>A list whose cursors are opaque texts.</summary>
public sealed record RestCursorPage<T>(IReadOnlyList<T> Data, RestCursors Pagination);

/// <summary>Opaque cursors; both are always written, null at the ends.</summary>
public sealed record RestCursors(string? Next, string? Prev);

public sealed record RestIdRef(string Id);

public sealed record RestIdQuantity(string Id, long Quantity);

/// <summary>An amount in major units (49 = 49.00) and a lower-case ISO 4217 code.</summary>
public sealed record RestMoney(decimal Amount, string Currency);

/// <summary>A ceiling on pay-as-you-go cost.</summary>
public sealed record RestBudget(bool HasSoftLimit, decimal Limit);

/// <summary>What an entitlement is about, without its configuration; <c>type</c> is FEATURE or CREDIT.</summary>
public sealed record RestEntitlementRef(string Id, string Type);
