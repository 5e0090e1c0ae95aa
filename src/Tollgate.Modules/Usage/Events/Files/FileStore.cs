using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Storage;

namespace Tollgate.Modules.Usage.Events.Files;

/// <summary>Rows of files, their bytes and their faults.</summary>
internal sealed class FileStore
{
    private const string Columns = """
        seq AS Seq, uid AS Uid, name AS Name, format AS Format, is_packed AS IsPacked, backfill_uid AS Backfill,
        task_uid AS Task, byte_count AS Bytes, row_count AS Rows, accepted AS Accepted, duplicates AS Duplicates,
        conflicts AS Conflicts, refused AS Refused, note AS Note, created_at AS CreatedAt
        """;

    public async Task<long> InsertAsync(Session session, EnvironmentId environment, UsageFile file) =>
        await session.Connection.ExecuteScalarAsync<long>(
            """
            INSERT INTO usage_files (uid, environment_id, name, format, is_packed, backfill_uid, byte_count, row_count,
              accepted, duplicates, conflicts, refused, created_at)
            VALUES (@Uid, @environment, @Name, @format, @packed, @BackfillUid, 0, 0, 0, 0, 0, 0, @created) RETURNING seq
            """,
            new
            {
                file.Uid,
                environment = environment.Value,
                file.Name,
                format = (int)file.Format,
                packed = file.IsPacked ? 1 : 0,
                file.BackfillUid,
                created = file.CreatedAt.ToUnixTimeMilliseconds(),
            },
            session.Transaction);

    public Task AddChunkAsync(Session session, long file, int number, byte[] bytes) => session.Connection.ExecuteAsync(
        "INSERT INTO usage_file_chunks (file_seq, number, bytes) VALUES (@file, @number, @bytes)",
        new { file, number, bytes },
        session.Transaction);

    public Task<byte[]?> ChunkAsync(Session session, long file, int number) =>
        session.Connection.QuerySingleOrDefaultAsync<byte[]?>(
            "SELECT bytes FROM usage_file_chunks WHERE file_seq = @file AND number = @number",
            new { file, number },
            session.Transaction);

    public Task CompleteAsync(Session session, long file, long bytes, Guid task) => session.Connection.ExecuteAsync(
        "UPDATE usage_files SET byte_count = @bytes, task_uid = @task WHERE seq = @file",
        new { file, bytes, task },
        session.Transaction);

    public async Task<(long Seq, UsageFile Value)?> FindAsync(Session session, EnvironmentId environment, Guid uid)
    {
        var row = await session.Connection.QuerySingleOrDefaultAsync<Row>(
            $"SELECT {Columns} FROM usage_files WHERE environment_id = @environment AND uid = @uid "
            + "AND task_uid IS NOT NULL",
            new { environment = environment.Value, uid },
            session.Transaction);
        return row is null ? null : (row.Seq, row.ToFile());
    }

    public async Task<IReadOnlyList<UsageFile>> ListAsync(
        Session session, EnvironmentId environment, long before, int take) =>
        [.. (await session.Connection.QueryAsync<Row>(
            $"""
            SELECT {Columns} FROM usage_files WHERE environment_id = @environment AND seq < @before
              AND task_uid IS NOT NULL
            ORDER BY seq DESC LIMIT @take
            """,
            new { environment = environment.Value, before, take },
            session.Transaction)).Select(row => row.ToFile())];

    /// <summary>What one batch of rows came to.</summary>
    public async Task AddAsync(Session session, long file, BatchOutcome outcome)
    {
        await session.Connection.ExecuteAsync(
            """
            UPDATE usage_files SET row_count = row_count + @Rows, accepted = accepted + @Accepted,
              duplicates = duplicates + @Duplicates, conflicts = conflicts + @Conflicts, refused = refused + @Refused
            WHERE seq = @file
            """,
            new { file, outcome.Rows, outcome.Accepted, outcome.Duplicates, outcome.Conflicts, outcome.Refused },
            session.Transaction);
        if (outcome.Faults.Count == 0)
            return;
        var kept = await session.Connection.ExecuteScalarAsync<long>(
            "SELECT count(*) FROM usage_file_faults WHERE file_seq = @file", new { file }, session.Transaction);
        foreach (var fault in outcome.Faults.Take((int)Math.Max(FileRules.MaxFaults - kept, 0)))
        {
            await session.Connection.ExecuteAsync(
                """
                INSERT INTO usage_file_faults (file_seq, row_number, field, value, message)
                VALUES (@file, @Row, @Field, @Value, @Message)
                """,
                new { file, fault.Row, fault.Field, fault.Value, fault.Message },
                session.Transaction);
        }
    }

    public Task StopAsync(Session session, long file, string note) => session.Connection.ExecuteAsync(
        "UPDATE usage_files SET note = @note WHERE seq = @file", new { file, note }, session.Transaction);

    public async Task<IReadOnlyList<(long Seq, RowFault Fault)>> FaultsAsync(
        Session session, long file, long after, int take) =>
        [.. (await session.Connection.QueryAsync<FaultRow>(
            """
            SELECT seq AS Seq, row_number AS Number, field AS Field, value AS Value, message AS Message
            FROM usage_file_faults
            WHERE file_seq = @file AND seq > @after ORDER BY seq LIMIT @take
            """,
            new { file, after, take },
            session.Transaction)).Select(row => (row.Seq,
            new RowFault(row.Number, row.Field, row.Value, row.Message)))];

    /// <summary>The bytes of one file.</summary>
    public Task DeleteChunksAsync(Session session, long file) => session.Connection.ExecuteAsync(
        "DELETE FROM usage_file_chunks WHERE file_seq = @file", new { file }, session.Transaction);

    /// <summary>An upload that did not end.</summary>
    public async Task DeleteAsync(Session session, long file)
    {
        await DeleteChunksAsync(session, file);
        await session.Connection.ExecuteAsync(
            "DELETE FROM usage_files WHERE seq = @file AND task_uid IS NULL", new { file }, session.Transaction);
    }

    /// <summary>
    /// Files that hold bytes although nobody is uploading or reading them, by the newest instant they may be from.
    /// </summary>
    public async Task<IReadOnlyList<(long Seq, Guid? Task)>> ListKeptAsync(
        Session session, EnvironmentId environment, Instant before) =>
        [.. (await session.Connection.QueryAsync<Row>(
            $"""
            SELECT {Columns} FROM usage_files f WHERE environment_id = @environment AND created_at < @before
              AND (task_uid IS NULL OR EXISTS (SELECT 1 FROM usage_file_chunks c WHERE c.file_seq = f.seq))
            ORDER BY seq LIMIT 100
            """,
            new { environment = environment.Value, before = before.ToUnixTimeMilliseconds() },
            session.Transaction)).Select(row => (row.Seq, row.Task))];

    private sealed class FaultRow
    {
        public long Seq { get; set; }
        public long Number { get; set; }
        public string Field { get; set; } = "";
        public string Value { get; set; } = "";
        public string Message { get; set; } = "";
    }

    private sealed class Row
    {
        public long Seq { get; set; }
        public Guid Uid { get; set; }
        public string Name { get; set; } = "";
        public long Format { get; set; }
        public long IsPacked { get; set; }
        public Guid? Backfill { get; set; }
        public Guid? Task { get; set; }
        public long Bytes { get; set; }
        public long Rows { get; set; }
        public long Accepted { get; set; }
        public long Duplicates { get; set; }
        public long Conflicts { get; set; }
        public long Refused { get; set; }
        public string? Note { get; set; }
        public long CreatedAt { get; set; }

        public UsageFile ToFile() => new()
        {
            Uid = Uid,
            Name = Name,
            Format = (FileFormat)Format,
            IsPacked = IsPacked == 1,
            BackfillUid = Backfill,
            TaskUid = Task,
            Bytes = Bytes,
            Rows = Rows,
            Accepted = Accepted,
            Duplicates = Duplicates,
            Conflicts = Conflicts,
            Refused = Refused,
            Note = Note,
            CreatedAt = Instant.FromUnixTimeMilliseconds(CreatedAt),
        };
    }
}

/// <summary>What rows that follow each other came to.</summary>
internal sealed record BatchOutcome(
    long Rows, int Accepted, int Duplicates, int Conflicts, int Refused, IReadOnlyList<RowFault> Faults);
