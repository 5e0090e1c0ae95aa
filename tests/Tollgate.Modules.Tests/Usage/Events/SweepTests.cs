using Dapper;
using Tollgate.Domain;
using Tollgate.Modules.Billing.Webhooks;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Usage.Events.Files;
using Tollgate.Modules.Usage.Events.Retention;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Usage.Events;

/// <summary>What was only there to be looked at goes after its days. The clock starts on 2025-01-15.</summary>
public sealed class SweepTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Files_and_applied_messages_go_after_90_days_and_the_log_after_its_own(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var january = await FilesAsync(host, "january", faults: 1_001);
        foreach (var status in (string[])["Applied", "Ignored", "Failed", "Pending"])
            await MessageAsync(host, status);
        host.MoveTo("2025-02-01T00:00:00Z");
        await FilesAsync(host, "february", faults: 1);
        await MessageAsync(host, "Applied");
        var log = await host.CountAsync("events");

        // 90 days after January are over at the end of May 1.
        host.MoveTo("2025-05-01T23:59:59Z");
        await host.RunDueAsync();
        Assert.Equal((2, 5), (await host.CountAsync("usage_files"), await host.CountAsync("billing_messages")));
        host.MoveTo("2025-05-02T00:00:00Z");
        await host.RunDueAsync();

        Assert.Equal((1, 1, 1), (
            await host.CountAsync("usage_files"), await host.CountAsync("usage_file_faults"), await host.CountAsync("usage_file_chunks")));
        Assert.Equal(0, await host.CountAsync($"usage_file_faults WHERE file_seq = {january}"));
        Assert.Equal((3, 1), (
            await host.CountAsync("billing_messages"), await host.CountAsync("billing_messages WHERE status = 'Applied'")));
        Assert.Equal(log, await host.CountAsync("events"));
        // 365 days after January: the last of them is 2026-01-31.
        host.MoveTo("2026-01-31T23:59:59Z");
        await host.RunDueAsync();
        Assert.Equal(log, await host.CountAsync("events"));
        host.MoveTo("2026-02-01T00:00:00Z");
        await host.RunDueAsync();
        Assert.Equal(0, await host.CountAsync("events"));
        var report = Accepted(await host.Get<UsageRetention>().ReadAsync(host.Scope(), Cancellation));
        Assert.Equal(At("2026-02-01T00:00:00Z"), report.LogRemovedAt);
        Assert.True(report.LogEvents > 0);
    }

    private static async Task<long> FilesAsync(ModuleHost host, string name, int faults)
    {
        var store = new FileStore();
        var seq = 0L;
        await host.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                seq = await store.InsertAsync(session, host.EnvironmentId, new UsageFile
                {
                    Uid = Guid.CreateVersion7(),
                    Name = name,
                    Format = FileFormat.JsonLines,
                    IsPacked = false,
                    CreatedAt = host.Scope().Now,
                });
                await store.AddChunkAsync(session, seq, 0, [1]);
                await session.Connection.ExecuteAsync(
                    """
                    INSERT INTO usage_file_faults (file_seq, row_number, field, value, message) VALUES (@seq, @row, 'f', 'v', 'm')
                    """,
                    Enumerable.Range(1, faults).Select(row => new { seq, row }),
                    session.Transaction);
                return true;
            },
            Cancellation);
        return seq;
    }

    private static Task MessageAsync(ModuleHost host, string status) => host.Database.WriteAsync(
        [],
        async (session, _) => await session.Connection.ExecuteAsync(
            """
            INSERT INTO billing_messages
              (uid, environment_id, integration_id, message_id, type, status, attempts, occurred_at, received_at, ended_at, body)
            VALUES (@uid, @environment, 'i', @id, 't', @status, 0, @now, @now, @ended, '{}')
            """,
            new
            {
                uid = Guid.CreateVersion7(),
                environment = host.EnvironmentId.Value,
                id = Guid.NewGuid().ToString(),
                status,
                now = host.Scope().Now.ToUnixTimeMilliseconds(),
                ended = status == "Pending" ? (long?)null : host.Scope().Now.ToUnixTimeMilliseconds(),
            },
            session.Transaction) == 1,
        Cancellation);
}
