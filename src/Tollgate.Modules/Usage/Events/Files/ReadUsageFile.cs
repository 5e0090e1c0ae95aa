using System.IO.Compression;
using System.Text.Json;
using Tollgate.Domain;
using Tollgate.Domain.Errors;
using Tollgate.Domain.Usage.Events;
using Tollgate.Modules.EventLog;
using Tollgate.Modules.Rows;
using Tollgate.Modules.Tasks;
using Tollgate.Modules.Usage.Events.Backfills;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Files;

/// <summary>
/// Reads an uploaded file batch by batch. Events of a batch are stored before the batch is noted as done; a run that
/// follows a crash between the two sends them again, and they are known by then, so that none counts twice.
/// </summary>
internal sealed class ReadUsageFile(
    Database database, ReportEvents report, BackfillEvents backfills) : ITaskHandler
{
    private const int BatchRows = 1_000;

    private readonly FileStore _store = new();

    public string Kind => UploadFile.TaskKind;

    public async Task RunAsync(TaskRun run, CancellationToken cancellationToken)
    {
        var uid = JsonSerializer.Deserialize(run.Task.Body, BodyJson.Default.FileToRead)!.File;
        var (seq, file) = await database.ReadAsync(
            (session, _) => _store.FindAsync(session, run.Task.EnvironmentId, uid), cancellationToken)
            ?? throw new InvalidOperationException($"The file {uid} is gone.");
        var scope = run.Scope(Actor.Import);
        try
        {
            await ReadAsync(run, seq, file, cancellationToken);
        }
        catch (FileStoppedException stopped)
        {
            await run.DoAsync(
                new("the rest of the file", run.Task.Position + file.Bytes),
                scope,
                [],
                token => StopAsync(seq, stopped.Message, token),
                (_, _) => Task.FromResult<Result<Done>>(new Refusal(ErrorCode.InvalidArgumentError, stopped.Message)),
                cancellationToken);
        }

        await run.FinishAsync(scope, [], work => _store.DeleteChunksAsync(work.Session, seq), cancellationToken);
    }

    private Task StopAsync(long seq, string note, CancellationToken cancellationToken) => database.WriteAsync(
        [],
        async (session, _) =>
        {
            await _store.StopAsync(session, seq, note);
            return true;
        },
        cancellationToken);

    private async Task ReadAsync(TaskRun run, long seq, UsageFile file, CancellationToken cancellationToken)
    {
        await using var stored = new StoredBytes(database, _store, seq);
        await using Stream bytes = file.IsPacked
            ? new BoundedBytes(new GZipStream(stored, CompressionMode.Decompress, leaveOpen: true), file.Bytes)
            : stored;
        var batch = new List<FileRow>(BatchRows);
        FileStoppedException? stopped = null;
        var rows = FileRows.ReadAsync(bytes, file.Format, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (rows.ConfigureAwait(false))
        {
            while (stopped is null)
            {
                try
                {
                    if (!await rows.MoveNextAsync())
                        break;
                }
                catch (FileStoppedException exception)
                {
                    // What came before it is taken.
                    stopped = exception;
                    break;
                }

                // Rows before were done by an earlier run.
                if (rows.Current.Number <= run.Task.Position)
                    continue;
                batch.Add(rows.Current);
                if (batch.Count < BatchRows)
                    continue;
                await DoAsync(run, seq, file, batch, cancellationToken);
                batch.Clear();
            }
        }

        if (batch.Count > 0)
            await DoAsync(run, seq, file, batch, cancellationToken);
        if (stopped is not null)
            throw stopped;
    }

    private async Task DoAsync(
        TaskRun run, long seq, UsageFile file, List<FileRow> batch, CancellationToken cancellationToken)
    {
        var scope = run.Scope(Actor.Import);
        // Before the item, because the writer of events has transactions of its own; a fault of the database ends the
        // run, not the rows.
        var outcome = await TakeAsync(scope, file, batch, cancellationToken);
        await run.DoAsync(
            new($"rows {batch[0].Number} to {batch[^1].Number}", batch[^1].Number),
            scope,
            [],
            _ => Task.CompletedTask,
            async (work, _) =>
            {
                await _store.AddAsync(work.Session, seq, outcome);
                return default(Done);
            },
            cancellationToken);
    }

    private async Task<BatchOutcome> TakeAsync(
        OperationScope scope, UsageFile file, List<FileRow> batch, CancellationToken cancellationToken)
    {
        var gate = file.BackfillUid is { } uid ? await GateAsync(scope, uid, cancellationToken) : null;
        var (events, faults, refused) = (new List<UsageEvent>(batch.Count), new List<RowFault>(), 0);
        var read = batch.ConvertAll(row => (Row: row, Event: row.ToEvent(scope.Now)));
        var horizon = await report.HorizonAsync(
            scope, [.. read.Where(each => each.Event is not null).Select(each => each.Event!)], cancellationToken);
        foreach (var (row, made) in read)
        {
            if (made is { } sent)
            {
                if (AgedUsage.Fault(sent, horizon) is { } aged)
                    row.Fault("timestamp", sent.Timestamp!.Value.ToString(), aged);
                foreach (var fault in gate?.Check(sent)?.Fields ?? [])
                    row.Fault(fault.Path, "", fault.Message);
                if (row.Faults.Count == 0)
                    events.Add(sent);
            }

            faults.AddRange(row.Faults);
            refused += row.Faults.Count > 0 ? 1 : 0;
        }

        if (events.Count == 0)
            return new(batch.Count, 0, 0, 0, refused, faults);
        if (file.BackfillUid is { } backfill)
        {
            if (!(await backfills.ExecuteAsync(scope, backfill, events, cancellationToken))
                .TryGet(out var ingested, out var refusal))
            {
                throw new FileStoppedException(refusal.Message);
            }

            return new(batch.Count, ingested.Accepted, ingested.Duplicates, ingested.Conflicts, refused, faults);
        }

        // Refused where the horizon moved meanwhile: the run is tried again, and then finds which rows are before it.
        if (!(await report.StoreAsync(scope, events, cancellationToken)).TryGet(out var planned, out var late))
            throw new InvalidOperationException(late.Message);
        return new(
            batch.Count,
            planned.Count(e => e.Fate == EventFate.New),
            planned.Count(e => e.Fate == EventFate.Duplicate),
            planned.Count(e => e.Fate == EventFate.Conflict),
            refused,
            faults);
    }

    private async Task<BackfillGate> GateAsync(OperationScope scope, Guid uid, CancellationToken cancellationToken) =>
        (await backfills.GateAsync(scope, uid, cancellationToken)).TryGet(out var gate, out var refusal)
            ? gate
            : throw new FileStoppedException(refusal.Message);
}
