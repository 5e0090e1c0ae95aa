namespace Tollgate.Contracts.Rest.Responses;

/// <summary>Schema <c>EmptyDataResponse</c>, its data: an object that says nothing but that all is well.</summary>
public sealed record RestEmpty;
