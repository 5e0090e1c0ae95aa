namespace Tollgate.Domain.Credits;

/// <summary>The ids of a grant that a pool makes by itself.</summary>
public readonly record struct GrantIds(Guid Uid, string Id);
