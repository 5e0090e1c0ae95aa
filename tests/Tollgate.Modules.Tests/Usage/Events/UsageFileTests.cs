using System.IO.Compression;
using System.Text;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Tasks;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Modules.Usage.Events.Files;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>Files of events. The clock starts on 2025-01-15 at 12:00; c has 100,000 for life.</summary>
public sealed class UsageFileTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private const string Json = """
        {"customerId":"c","eventName":"call","idempotencyKey":"a","timestamp":"2025-01-14T10:00:00Z","dimensions":{"tokens":5,"model":"m"}}

        {"customerId":"c","eventName":"call","idempotencyKey":"b","timestamp":"2025-01-14T11:00:00+01:00","dimensions.tokens":2.5,"dimensions.cached":true}
        {"customerId":"c","eventName":"call","idempotencyKey":"a","timestamp":"2025-01-14T10:00:00.000Z","dimensions":{"tokens":5,"model":"m"}}
        {"customerId":"c","eventName":"call","idempotencyKey":"a","timestamp":"2025-01-14T10:00:00Z","dimensions":{"tokens":6}}
        {"customerId":"c","eventName":"call","idempotencyKey":"undated","dimensions":{"tokens":1}}
        """;

    private const string Csv = """
        customerId,eventName,idempotencyKey,timestamp,dimensions.tokens,dimensions.model,resourceId
        c,call,a,2025-01-14T10:00:00Z,5,m,
        c,call,b,2025-01-14T11:00:00+01:00,2.5,"large, ""new""
        model",
        c,call,a,2025-01-14T10:00:00Z,5,m,
        c,call,a,2025-01-14T10:00:00Z,6,m,
        c,call,undated,,1,,
        """;

    [Theory]
    [InlineData(DatabaseKind.Sqlite, "x.jsonl", false)]
    [InlineData(DatabaseKind.Sqlite, "x.csv.gz", true)]
    [InlineData(DatabaseKind.PostgreSql, "x.jsonl.gz", true)]
    [InlineData(DatabaseKind.PostgreSql, "x.CSV", false)]
    public async Task Rows_count_once_each_and_are_told_by_what_became_of_them(DatabaseKind kind, string name, bool isPacked)
    {
        await using var host = await StartAsync(kind);
        var text = name.Contains("json", StringComparison.Ordinal) ? Json : Csv;
        var uploaded = await UploadAsync(host, name, Bytes(text, isPacked));
        Assert.Equal(0, await host.UsageAsync("c", "calls"));
        Assert.Equal(1, await host.RunTasksAsync());
        // 5 + 2.5 + 1; the third row is known, the fourth has another payload.
        Assert.Equal(8.5m, await host.UsageAsync("c", "calls"));
        var (file, state) = await ReadAsync(host, uploaded);
        Assert.Equal(
            (5L, 3L, 1L, 1L, 0L, null, TaskState.Completed),
            (file.Rows, file.Accepted, file.Duplicates, file.Conflicts, file.Refused, file.Note, state));
        Assert.Equal(0, await host.CountAsync("usage_file_chunks"));

        // The same file again brings nothing new.
        var again = await UploadAsync(host, name, Bytes(text, isPacked));
        await host.RunTasksAsync();
        Assert.Equal((0L, 4L, 1L), ((await ReadAsync(host, again)).File.Accepted, (await ReadAsync(host, again)).File.Duplicates, (await ReadAsync(host, again)).File.Conflicts));
        Assert.Equal(8.5m, await host.UsageAsync("c", "calls"));
        var page = Accepted(await host.Get<UsageFiles>().ListAsync(host.Scope(), 1, null, Cancellation));
        Assert.Equal((again, again), (page.Items[0].File.Uid, page.Next!.Value));
        Assert.Equal(uploaded, Assert.Single(Accepted(await host.Get<UsageFiles>().ListAsync(host.Scope(), 1, again, Cancellation)).Items).File.Uid);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Bad_rows_are_refused_alone_and_say_what_to_do(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var file = await UploadAsync(host, "x.jsonl", Bytes($$$"""
            {"customerId":"c","eventName":"call","idempotencyKey":"1","dimensions":{"tokens":1}}
            not json
            [1]
            {"customerId":"c d","eventName":"call","idempotencyKey":"2"}
            {"eventName":"call","timestamp":"yesterday"}
            {"customerId":"c","eventName":"$call","idempotencyKey":"3"}
            {"customerId":"c","eventName":"call","idempotencyKey":"4","timestamp":"2025-01-20T00:00:00Z"}
            {"customerId":"c","eventName":"call","idempotencyKey":"5","dimensions":{"tokens":[1]}}
            {"customerId":"c","eventName":"call","idempotencyKey":"6","tokens":"1"}
            {"customerId":"c","eventName":"call","idempotencyKey":"7","dimensions":{"tokens":1e300}}
            {"customerId":"c","eventName":"call","idempotencyKey":"8","dimensions":{"x":"{{{new string('x', FileRules.MaxRowBytes)}}}"}}
            {"customerId":"c","eventName":"call","idempotencyKey":9,"dimensions":{"tokens":1}}
            {"customerId":"c","eventName":"call","idempotencyKey":"10","dimensions":{"tokens":10}}
            """));
        await host.RunTasksAsync();
        Assert.Equal(11, await host.UsageAsync("c", "calls"));
        var progress = await ReadAsync(host, file);
        Assert.Equal((13L, 2L, 11L, TaskState.Completed), (progress.File.Rows, progress.File.Accepted, progress.File.Refused, progress.State));
        var faults = await FaultsAsync(host, file);
        Assert.Equal(
            [
                "2 ", "3 ", "4 customerId", "5 customerId", "5 idempotencyKey", "5 timestamp", "6 eventName", "7 timestamp",
                "8 dimensions.tokens", "9 tokens", "10 dimensions.tokens", "11 ", "12 idempotencyKey",
            ],
            faults.Select(f => $"{f.Row} {f.Field}"));
        Assert.Equal(("c d", "yesterday", "$call"), (faults[2].Value, faults[5].Value, faults[6].Value));
        Assert.All(faults, f => Assert.True(f.Message.Length > 10 && f.Value.Length <= 200));
    }

    [Theory]
    [InlineData("customerId,tokens\nc,1\n", "The header names the column 'tokens'")]
    [InlineData("customerId,eventName,idempotencyKey\nc,call,1\nc,call,\"2\nc,call,3\n", "after row 1")]
    public async Task Csv_that_cannot_be_read_on_stops_with_what_came_before(string text, string note)
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite);
        var file = await UploadAsync(host, "x.csv", Bytes(text));
        await host.RunTasksAsync();
        Assert.Contains(note, (await ReadAsync(host, file)).File.Note, StringComparison.Ordinal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task File_goes_into_a_session_and_counts_when_that_is_closed(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var session = Accepted(await host.Get<BackfillSessions>().OpenAsync(
            host.Scope(), new("old", "r", new("c"), new("calls")), Cancellation)).Uid;
        var file = await UploadAsync(host, "x.csv", Bytes(
            """
            customerId,eventName,idempotencyKey,timestamp,dimensions.tokens
            c,call,1,2020-01-01T00:00:00Z,7
            c,call,2,,7
            d,call,3,2020-01-01T00:00:00Z,7
            c,login,4,2020-01-01T00:00:00Z,7
            """), session);
        await host.RunTasksAsync();
        Assert.Equal(0, await host.UsageAsync("c", "calls"));
        Assert.Equal(["2 timestamp", "3 customerId", "4 "], (await FaultsAsync(host, file)).Select(f => $"{f.Row} {f.Field}"));
        var late = await UploadAsync(host, "y.csv", Bytes("customerId,eventName,idempotencyKey,timestamp,dimensions.tokens\nc,call,9,2020-01-01T00:00:00Z,1\n"), session);
        await host.CloseAsync(session);
        Assert.Equal(7, await host.UsageAsync("c", "calls"));
        // The session ended before its second file was read.
        await host.RunTasksAsync();
        var progress = await ReadAsync(host, late);
        Assert.Contains("CLOSED", progress.File.Note, StringComparison.Ordinal);
        Assert.Equal(TaskState.Failed, progress.State);
        Assert.Equal(7, await host.UsageAsync("c", "calls"));
        Assert.Equal(ErrorCode.InvalidArgumentError, (await TryUploadAsync(host, "z.csv", Bytes("x"), session)).Refusal!.Code);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Large_file_is_read_in_batches_and_a_run_that_was_cut_off_goes_on_without_doubling(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        var text = new StringBuilder();
        for (var i = 0; i < 3_500; i++)
            text.Append("{\"customerId\":\"c\",\"eventName\":\"call\",\"idempotencyKey\":\"k").Append(i).Append("\",\"dimensions\":{\"tokens\":1}}\n");
        var file = await UploadAsync(host, "x.jsonl.gz", Bytes(text.ToString(), isPacked: true));
        using (var cut = CancellationTokenSource.CreateLinkedTokenSource(Cancellation))
        {
            var running = host.Get<TaskRunner>().RunDueAsync(cut.Token);
            await Eventually.TrueAsync(
                async () => await host.CountAsync("usage_events") >= 1_000, cancellationToken: Cancellation);
            await cut.CancelAsync();
            try
            {
                await running;
            }
            catch (OperationCanceledException)
            {
                // As when the process ends.
            }
        }

        await host.RestartAsync();
        host.Time.Advance(TimeSpan.FromHours(1));
        await host.RunTasksAsync();
        Assert.Equal(3_500, await host.UsageAsync("c", "calls"));
        var progress = await ReadAsync(host, file);
        Assert.Equal((3_500L, 3_500L, 0L), (progress.File.Rows, progress.File.Accepted + progress.File.Duplicates, progress.File.Refused));
        Assert.Equal(TaskState.Completed, progress.State);
    }

    [Fact]
    public async Task Canceled_file_is_read_no_further()
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite);
        var file = await UploadAsync(host, "x.jsonl", Bytes(Json));
        var task = (await ReadAsync(host, file)).File.TaskUid!.Value;
        Accepted(await host.Get<TaskUseCases>().CancelAsync(host.Scope(), task, Cancellation));
        Assert.Equal(0, await host.RunTasksAsync());
        Assert.Equal(TaskState.Canceled, (await ReadAsync(host, file)).State);
        Assert.Equal(0, await host.UsageAsync("c", "calls"));
        // Its bytes go with the first upload a day later.
        Assert.Equal(1, await host.CountAsync("usage_file_chunks"));
        host.Time.Advance(TimeSpan.FromDays(2));
        await UploadAsync(host, "y.jsonl", Bytes(Json));
        Assert.Equal(1, await host.CountAsync("usage_file_chunks"));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_and_leaves_nothing()
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite);
        Assert.Equal(ErrorCode.BadUserInput, (await TryUploadAsync(host, "x.txt", Bytes(Json))).Refusal!.Code);
        Assert.Equal(ErrorCode.BadUserInput, (await TryUploadAsync(host, new string('x', 300) + ".csv", Bytes(Json))).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await TryUploadAsync(host, "x.jsonl", [])).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await TryUploadAsync(host, "x.jsonl", Bytes(Json), Guid.NewGuid())).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.Get<UsageFiles>().RetrieveAsync(host.Scope(), Guid.NewGuid(), Cancellation)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.Get<UsageFiles>().ListAsync(host.Scope(), 1, Guid.NewGuid(), Cancellation)).Refusal!.Code);
        Assert.Equal(ErrorCode.InvalidArgumentError, (await host.Get<UsageFiles>().FaultsAsync(host.Scope(), Guid.NewGuid(), 1, 0, Cancellation)).Refusal!.Code);
        Assert.Equal(0, await host.CountAsync("usage_files"));
        Assert.Equal(0, await host.CountAsync("usage_file_chunks"));
        Assert.Equal(0, await host.CountAsync("tasks"));
    }

    [Fact]
    public async Task Bomb_and_broken_gzip_are_stopped_with_the_reason()
    {
        await using var host = await StartAsync(DatabaseKind.Sqlite);
        // 100 MiB of spaces are some 100 KiB packed: over 64 MiB and over 200 times the size.
        var bomb = await UploadAsync(host, "bomb.jsonl.gz", Bytes(new string(' ', 100 << 20), isPacked: true));
        var broken = await UploadAsync(host, "broken.jsonl.gz", Bytes(Json));
        await host.RunTasksAsync();
        Assert.Contains("200 times", (await ReadAsync(host, bomb)).File.Note, StringComparison.Ordinal);
        Assert.Contains("gzip", (await ReadAsync(host, broken)).File.Note, StringComparison.Ordinal);
    }

    private static byte[] Bytes(string text, bool isPacked = false)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (!isPacked)
            return bytes;
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    private static async Task<Result<UsageFile>> TryUploadAsync(ModuleHost host, string name, byte[] bytes, Guid? session = null)
    {
        using var body = new MemoryStream(bytes);
        return await host.Get<UploadFile>().ExecuteAsync(host.Scope(), new(name, null, session), body, Cancellation);
    }

    private static async Task<Guid> UploadAsync(ModuleHost host, string name, byte[] bytes, Guid? session = null) =>
        Accepted(await TryUploadAsync(host, name, bytes, session)).Uid;

    private static async Task<FileProgress> ReadAsync(ModuleHost host, Guid id) =>
        Accepted(await host.Get<UsageFiles>().RetrieveAsync(host.Scope(), id, Cancellation));

    private static async Task<IReadOnlyList<RowFault>> FaultsAsync(ModuleHost host, Guid id)
    {
        var all = new List<RowFault>();
        long? after = 0;
        while (after is { } position)
        {
            var page = Accepted(await host.Get<UsageFiles>().FaultsAsync(host.Scope(), id, 3, position, Cancellation));
            all.AddRange(page.Items);
            after = page.Next;
        }

        return all;
    }

    private static Task<ModuleHost> StartAsync(DatabaseKind kind) => StartCountingAsync(kind, 100_000);
}
