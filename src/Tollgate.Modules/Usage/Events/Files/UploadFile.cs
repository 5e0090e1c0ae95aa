using System.Text.Json;
using NodaTime;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tasks;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Files;

/// <summary>
/// Takes a file of events and queues the task that reads it. The bytes go into the database as they come, so memory
/// stays flat, any process can read them, and an upload that was answered is there after a crash.
/// </summary>
public sealed class UploadFile(UnitOfWork unitOfWork, TaskStore tasks)
{
    internal const string TaskKind = nameof(TaskType.UsageFile);

    private const int ChunkBytes = 512 * 1024;

    /// <summary>An upload that has not ended in this time never will.</summary>
    private static readonly Duration Abandoned = Duration.FromDays(1);

    private readonly FileStore _store = new();
    private readonly BackfillStore _backfills = new();

    /// <param name="scope">Whose events.</param>
    /// <param name="request">What the file is.</param>
    /// <param name="body">Its bytes, read to the end.</param>
    /// <param name="cancellationToken">Ends the upload; nothing of it stays.</param>
    public async Task<Result<UsageFile>> ExecuteAsync(
        OperationScope scope, FileRequest request, Stream body, CancellationToken cancellationToken)
    {
        if (!FileKind.Of(request).TryGet(out var kind, out var unknown))
            return unknown;
        if (await RefuseAsync(scope, request.BackfillUid, cancellationToken) is { } refusal)
            return refusal;
        await SweepAsync(scope, cancellationToken);
        var file = new UsageFile
        {
            Uid = Guid.CreateVersion7(),
            Name =
                request.Name ?? (kind.Format == FileFormat.Csv ? "upload.csv" : "upload.jsonl")
                    + (kind.IsPacked ? ".gz" : ""),
            Format = kind.Format,
            IsPacked = kind.IsPacked,
            BackfillUid = request.BackfillUid,
            CreatedAt = scope.Now,
        };
        var seq = await WriteAsync(
            session => _store.InsertAsync(session, scope.EnvironmentId, file), cancellationToken);
        var ended = false;
        try
        {
            var bytes = await StoreAsync(seq, body, cancellationToken);
            if (bytes is 0 or > FileRules.MaxBytes)
            {
                return Refusal.Of(ErrorCode.InvalidArgumentError, [new("body", bytes == 0
                    ? "The body is empty; send the bytes of the file."
                    : $"The file is larger than {FileRules.MaxBytes} bytes; pack it with gzip or send it in parts.")]);
            }

            var result = await unitOfWork.WriteAsync<UsageFile>(
                scope,
                [],
                async (work, _) =>
                {
                    var task = await tasks.EnqueueAsync(
                        work.Session, scope, TaskKind,
                        JsonSerializer.Serialize(new(file.Uid), BodyJson.Default.FileToRead), 0);
                    await _store.CompleteAsync(work.Session, seq, bytes, task);
                    return file with { Bytes = bytes, TaskUid = task };
                },
                cancellationToken);
            ended = result.Refusal is null;
            return result;
        }
        finally
        {
            if (!ended)
            {
                await WriteAsync(
                    async session =>
                    {
                        await _store.DeleteAsync(session, seq);
                        return 0L;
                    },
                    CancellationToken.None);
            }
        }
    }

    private async Task<Refusal?> RefuseAsync(OperationScope scope, Guid? backfill, CancellationToken cancellationToken)
    {
        if (backfill is not { } uid)
            return null;
        var found = await unitOfWork.Database.ReadAsync(
            (session, _) => _backfills.FindAsync(session, scope.EnvironmentId, uid), cancellationToken);
        return found is not { Value: var known } ? BackfillSessions.NotFound(uid)
            : known.State == BackfillState.Open ? null
            : BackfillSessions.Refuse(known, "takes no more events; open another one");
    }

    /// <summary>How many bytes there are, or more than there may be.</summary>
    private async Task<long> StoreAsync(long seq, Stream body, CancellationToken cancellationToken)
    {
        var (total, buffer) = (0L, new byte[ChunkBytes]);
        for (var number = 0; ; number++)
        {
            var filled = await body.ReadAtLeastAsync(buffer, ChunkBytes, throwOnEndOfStream: false, cancellationToken);
            total += filled;
            if (filled == 0 || total > FileRules.MaxBytes)
                return total;
            var (chunk, at) = (buffer.AsSpan(0, filled).ToArray(), number);
            await WriteAsync(
                async session =>
                {
                    await _store.AddChunkAsync(session, seq, at, chunk);
                    return 0L;
                },
                cancellationToken);
        }
    }

    /// <summary>
    /// Deletes bytes that nobody will read: of uploads that never ended, and of tasks that were canceled.
    /// </summary>
    private async Task SweepAsync(OperationScope scope, CancellationToken cancellationToken)
    {
        var kept = await unitOfWork.Database.ReadAsync(
            (session, _) => _store.ListKeptAsync(session, scope.EnvironmentId, scope.Now - Abandoned),
            cancellationToken);
        foreach (var (seq, task) in kept)
        {
            await WriteAsync(
                async session =>
                {
                    if (task is null)
                        await _store.DeleteAsync(session, seq);
                    else if (await tasks.FindAsync(session, scope.EnvironmentId, task.Value)
                        is null or { FinishedAt: not null })
                        await _store.DeleteChunksAsync(session, seq);
                    return 0L;
                },
                cancellationToken);
        }
    }

    private async Task<long> WriteAsync(Func<Session, Task<long>> body, CancellationToken cancellationToken)
    {
        var answer = 0L;
        await unitOfWork.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                answer = await body(session);
                return true;
            },
            cancellationToken);
        return answer;
    }
}

/// <summary>What is said about an upload.</summary>
/// <param name="Name">Of the file; decides by its end what it is, before the content type does.</param>
/// <param name="ContentType">Of the request.</param>
/// <param name="BackfillUid">The open session its events go into; null = they are live.</param>
public sealed record FileRequest(string? Name, string? ContentType, Guid? BackfillUid);

/// <summary>Which file a task reads.</summary>
internal sealed record FileToRead(Guid File);
