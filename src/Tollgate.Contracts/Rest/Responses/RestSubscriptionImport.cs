namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>SubscriptionImportResult</c>: the task that takes the rows over.</summary>
public sealed record RestSubscriptionImport(Guid TaskId);
