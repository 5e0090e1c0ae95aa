using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.GroupCommit;

namespace Tollgate.Modules.Tests.GroupCommit;

/// <summary>What becomes of the others when one request of a group cannot be written.</summary>
public sealed class GroupQueueTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Request_at_fault_takes_no_other_with_it()
    {
        var tried = new List<string>();
        var requests = await RunAsync(["a", "bad", "b"], group =>
        {
            tried.Add(string.Join("+", group.Select(request => request.Name)));
            return group.Any(request => request.Name == "bad")
                ? throw new GroupFaultException(new OverflowException("too large"))
                : Task.CompletedTask;
        });

        Assert.Equal("ok", await requests[0].Told);
        Assert.Equal("ok", await requests[2].Told);
        var fault = await Assert.ThrowsAsync<OverflowException>(() => requests[1].Told);
        Assert.Equal("too large", fault.Message);
        Assert.Equal(["a+bad+b", "a", "bad", "b"], tried);
        Assert.All(requests, request => Assert.Equal(1, request.Resets));
    }

    [Fact]
    public async Task Failure_that_may_have_been_committed_is_not_repeated()
    {
        var times = 0;
        var requests = await RunAsync(["a", "b"], _ =>
        {
            times++;
            throw new InvalidOperationException("after the commit");
        });

        foreach (var request in requests)
            await Assert.ThrowsAsync<InvalidOperationException>(() => request.Told);
        Assert.Equal(1, times);
    }

    [Fact]
    public async Task Customer_of_several_requests_is_one_of_a_groups_customers()
    {
        var groups = new List<string>();
        await RunAsync(["a:1,2", "b:2,1", "c:1", "d:3", "e:3,4"], group =>
        {
            groups.Add(string.Join("+", group.Select(request => request.Name)));
            return Task.CompletedTask;
        });

        // Two customers a group: 1 and 2 of the first three requests; the fourth would make it three.
        Assert.Equal(["a:1,2+b:2,1+c:1", "d:3+e:3,4"], groups);
    }

    /// <summary>The requests wait together, so that they are one group.</summary>
    private static async Task<IReadOnlyList<Request>> RunAsync(
        IReadOnlyList<string> names, Func<IReadOnlyList<Request>, Task> write)
    {
        var queue = new GroupQueue<Request>(new() { Waiting = 10, Items = 10, Customers = 2 }, NullLogger.Instance);
        var requests = new List<Request>();
        foreach (var name in names)
        {
            requests.Add(new(name));
            await queue.AddAsync(requests[^1], Cancellation);
        }

        using var stopping = new CancellationTokenSource();
        await stopping.CancelAsync();
        await queue.RunAsync(write, stopping.Token);
        return requests;
    }

    /// <param name="name">What it is called, and the customers that it locks: <c>a:1,2</c>.</param>
    private sealed class Request(string name)
        : GroupRequest(new OperationScope(null!, Actor.System, Guid.Empty, default), 1)
    {
        private readonly TaskCompletionSource<string> _told = new();

        public string Name { get; } = name;

        public int Resets { get; private set; }

        public Task<string> Told => _told.Task;

        public override void AddCustomers(HashSet<CustomerKey> customers) =>
            customers.UnionWith(Name.Split([':', ',']).Skip(1).Select(customer => new CustomerKey(default, new(customer))));

        public override void Again() => Resets++;

        public override void Tell() => _told.SetResult("ok");

        public override void Fail(Exception exception) => _told.SetException(exception);
    }
}
