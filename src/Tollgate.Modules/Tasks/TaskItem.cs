namespace Tollgate.Modules.Tasks;

/// <summary>One item of a task.</summary>
/// <param name="Id">What a reader of the task knows it by, such as the id of a subscription.</param>
/// <param name="Position">Where it stands; grows from item to item, so that a later run knows where to go on.</param>
public sealed record TaskItem(string Id, long Position);
