using Dapper;
using NodaTime;
using Tollgate.Domain;
using Tollgate.Domain.Credits;
using Tollgate.Domain.Entitlements;
using Tollgate.Domain.Errors;
using Tollgate.Domain.EventLog;
using Tollgate.Modules.Billing.Invoices;
using Tollgate.Modules.Credits;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Credits.CreditDriver;

namespace Tollgate.Modules.Tests.Credits;

public sealed class ConsumeCreditsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Consumption_is_seen_by_the_next_check_and_never_refused_for_lack_of_credits(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.GrantAsync(10);
        Assert.Null(await host.CreditReasonAsync(10));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.CreditReasonAsync(11));

        var first = await host.ConsumeAsync(Use(4, "1"));
        Assert.Equal((ConsumptionOutcome.Consumed, 4m, 10m), (first.Outcome, first.CurrentUsage, first.UsageLimit));
        Assert.Null(await host.CreditReasonAsync(6));
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.CreditReasonAsync(7));

        var over = await host.ConsumeAsync(Use(25, "2"));
        Assert.Equal((29m, 10m), (over.CurrentUsage, over.UsageLimit));
        Assert.Equal(-19, await host.BalanceAsync());
        Assert.Equal(AccessDeniedReason.InsufficientCredits, await host.CreditReasonAsync());
        Assert.Equal(
            [
                (CreditEntryKind.Granted, 10m), (CreditEntryKind.Consumed, 4m), (CreditEntryKind.Consumed, 6m),
                (CreditEntryKind.Consumed, 19m),
            ],
            await host.LedgerAsync());
        await host.RestartAsync();
        Assert.Equal(-19, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Key_burns_once_and_another_payload_under_it_is_a_conflict(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.GrantAsync(10);
        var first = await host.ConsumeAsync(Use(4, "k") with { Dimensions = """{"a":1,"b":"x"}""" });
        await host.ConsumeAsync(Use(1, "other"));
        var again = await host.ConsumeAsync(Use(4.0m, "k") with { Dimensions = """{ "b": "x", "a": 1 }""" });
        await host.RestartAsync();
        var later = await host.ConsumeAsync(Use(4, "k") with { Dimensions = """{"a":1,"b":"x"}""" });

        Assert.Equal((ConsumptionOutcome.Repeated, first.CurrentUsage, first.Timestamp), (again.Outcome, again.CurrentUsage, again.Timestamp));
        Assert.Equal((ConsumptionOutcome.Repeated, 4m), (later.Outcome, later.CurrentUsage));
        foreach (var different in (CreditConsumption[])
            [
                Use(5, "k"), Use(4, "k"), Use(4, "k") with { Dimensions = """{"a":2,"b":"x"}""" },
                Use(4, "k") with { Dimensions = """{"a":1,"b":"x"}""", CreatedAt = host.Scope().Now },
            ])
        {
            Assert.Equal(ErrorCode.DuplicatedEntityNotAllowed, (await host.TryConsumeAsync(different)).Refusal?.Code);
        }

        Assert.Equal(5, await host.BalanceAsync());
        // The same key of another customer is another key.
        await host.CustomerAsync("d");
        Assert.Equal(ConsumptionOutcome.Consumed, (await host.ConsumeAsync(Use(5, "k", "d"))).Outcome);
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Many_are_taken_together_and_conflicts_are_recorded(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.CustomerAsync("d");
        await host.GrantAsync(10);

        var accepted = (await host.Get<ConsumeCredits>().ExecuteManyAsync(
            host.Scope(), [Use(1, "a"), Use(2, "b"), Use(1, "a"), Use(3, "a"), Use(5, "a", "d")], Cancellation)).Value;

        Assert.Equal(new ConsumptionsAccepted(3, 1, 1), accepted);
        Assert.Equal((7m, -5m), (await host.BalanceAsync(), await host.BalanceAsync("d")));
        var conflict = Assert.Single((await ConflictsAsync(host)).Items);
        Assert.Equal(("a", 3m, host.Scope().Now), (conflict.IdempotencyKey, conflict.Amount, conflict.At));
        Assert.Contains("of 1 credits", conflict.Message, StringComparison.Ordinal);
        await host.Get<ConsumeCredits>().ExecuteManyAsync(host.Scope(), [Use(7, "b")], Cancellation);
        var newest = await ConflictsAsync(host, limit: 1);
        Assert.Equal("b", Assert.Single(newest.Items).IdempotencyKey);
        Assert.Equal("a", Assert.Single((await ConflictsAsync(host, newest.Next, 1)).Items).IdempotencyKey);
        Assert.Empty((await ConflictsAsync(host, customer: "d")).Items);
        Assert.Equal(ErrorCode.CustomerNotFound, (await TryConflictsAsync(host, customer: "x")).Refusal?.Code);
        Assert.Equal(ErrorCode.BadUserInput, (await TryConflictsAsync(host, "?")).Refusal?.Code);
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Faults_are_named_and_take_nothing(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        async Task<ErrorCode?> CodeAsync(CreditConsumption c) => (await host.TryConsumeAsync(c)).Refusal?.Code;
        var ahead = Duration.FromMinutes(5) + Duration.FromMilliseconds(1);

        Assert.Equal(ErrorCode.CustomerNotFound, await CodeAsync(Use(1, "k", "nobody")));
        Assert.Equal(ErrorCode.CustomCurrencyNotFound, await CodeAsync(Use(1, "k") with { CurrencyId = new("none") }));
        Assert.Equal(ErrorCode.CustomerResourceNotFound, await CodeAsync(Use(1, "k") with { ResourceId = new("r") }));
        Assert.Equal(ErrorCode.InvalidArgumentError, await CodeAsync(Use(0, "k")));
        Assert.Equal(ErrorCode.InvalidArgumentError, await CodeAsync(Use(0.0000000000001m, "k")));
        Assert.Equal(ErrorCode.BadUserInput, await CodeAsync(Use(1, "")));
        Assert.Equal(ErrorCode.InvalidArgumentError, await CodeAsync(Use(1, "k") with { CreatedAt = host.Scope().Now + ahead }));
        Assert.Null(await CodeAsync(Use(1, "edge") with { CreatedAt = host.Scope().Now + Duration.FromMinutes(5) }));
        var many = host.Get<ConsumeCredits>();
        Assert.Equal(ErrorCode.BadUserInput, (await many.ExecuteManyAsync(host.Scope(), [], Cancellation)).Refusal?.Code);
        Assert.Equal(
            ErrorCode.BadUserInput,
            (await many.ExecuteManyAsync(
                host.Scope(), [.. Enumerable.Range(0, 1001).Select(i => Use(1, $"{i}"))], Cancellation)).Refusal?.Code);
        var half = await many.ExecuteManyAsync(host.Scope(), [Use(1, "good"), Use(-1, "bad")], Cancellation);
        Assert.Equal("consumptions[1].amount", half.Refusal!.Fields.Single().Path);
        Assert.Equal(-1, await host.BalanceAsync());
        await host.Get<Tollgate.Modules.Subscriptions.ArchiveCustomer>().ExecuteAsync(host.Scope(), new("c"), Cancellation);
        Assert.Equal(ErrorCode.EntityIsArchivedError, await CodeAsync(Use(1, "k")));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Sixty_four_clients_on_one_wallet_lose_and_double_nothing(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.GrantAsync(1000);
        await host.GrantAsync(Draft(500) with { Priority = 1 });

        // 64 x 50 of 0.5 are 1 600: 1 500 are there, 100 are the deficit. Every tenth call is sent twice.
        await Task.WhenAll(Enumerable.Range(0, 64).Select(client => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                var consumption = Use(0.5m, $"{client}-{i}");
                await host.ConsumeAsync(consumption);
                if (i % 10 == 0)
                    Assert.Equal(ConsumptionOutcome.Repeated, (await host.ConsumeAsync(consumption)).Outcome);
            }
        })));

        Assert.Equal(-100, await host.BalanceAsync());
        var grants = await host.GrantsAsync();
        Assert.Equal([100m, 500m, 1000m], grants.Select(grant => grant.Consumed));
        Assert.Single(grants, grant => grant.IsOverdraft);
        await host.AuditAsync();
        Assert.Single(await host.CreditEventsAsync(), type => type == EventType.CreditBalanceDepleted);
        Assert.Single(await host.CreditEventsAsync(), type => type == EventType.CreditBalanceLow);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Grants_and_consumptions_side_by_side_leave_right_books(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);

        // 200 consumptions of 3 beside 100 grants of 5: 500 - 600 = -100.
        await Task.WhenAll(
            Task.Run(() => Task.WhenAll(Enumerable.Range(0, 200).Select(i => host.ConsumeAsync(Use(3, $"{i}"))))),
            Task.Run(async () =>
            {
                for (var i = 0; i < 100; i++)
                    await host.GrantAsync(5);
            }));

        Assert.Equal(-100, await host.BalanceAsync());
        await host.AuditAsync();
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Audit_finds_what_does_not_follow_from_the_ledger(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.GrantAsync(10);
        await host.ConsumeAsync(Use(4, "k"));
        await host.Database.WriteAsync(
            [],
            async (session, _) =>
            {
                await session.Connection.ExecuteAsync(
                    "DELETE FROM credit_entries WHERE kind = 2", transaction: session.Transaction);
                return true;
            },
            Cancellation);

        var audit = await host.Get<AuditCredits>().ExecuteAsync(host.EnvironmentId, Cancellation);

        // The grant consumed 4 and has 6 left; without the entry the ledger says 0 and 10.
        Assert.Equal((1, 1L, 2L), (audit.Pools, audit.Entries, audit.FaultCount));
        Assert.Contains("consumed 4", audit.Faults[0], StringComparison.Ordinal);
    }

    /// <summary>Of two grants, one of them expiring, the ledger told a balance after each of three transactions.</summary>
    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Audit_names_each_column_that_says_something_else(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.GrantAsync(10);
        await host.GrantAsync(Draft(20) with { ExpireAt = host.Scope().Now + NodaTime.Duration.FromDays(9) });
        await host.ConsumeAsync(Use(4, "k"));
        await host.AuditAsync();
        var nothing = Guid.Empty.ToString();
        (string Table, string Column, string Value)[] damages =
        [
            ("credit_grants", "uid", $"'{nothing}'"), ("credit_grants", "id", "'other'"), ("credit_grants", "customer_id", "'d'"),
            ("credit_grants", "resource_id", "'r'"), ("credit_grants", "currency_id", "'other'"),
            ("credit_grants", "grant_type", "'Paid'"), ("credit_grants", "status", "'Voided'"), ("credit_grants", "amount", "'21'"),
            ("credit_grants", "consumed", "'5'"), ("credit_grants", "due_at", "NULL"), ("credit_grants", "due_at", "1"),
            ("credit_grants", "invoice_uid", $"'{nothing}'"), ("credit_grants", "created_at", "1"), ("credit_grants", "updated_at", "1"),
            ("credit_entries", "total_granted", "'31'"), ("credit_entries", "total_consumed", "'3'"),
        ];
        foreach (var (table, column, value) in damages)
        {
            var row = $"seq = (SELECT max(seq) FROM {table})";
            var (seq, before) = await host.Database.ReadAsync(
                (session, _) => session.Connection.QuerySingleAsync<(long, string?)>(
                    $"SELECT seq, CAST({column} AS TEXT) FROM {table} WHERE {row}"),
                Cancellation);
            await SetAsync(value);

            var audit = await host.Get<AuditCredits>().ExecuteAsync(host.EnvironmentId, Cancellation);

            var said = table == "credit_grants" ? $"column {column} holds" : "entry 3 told a balance of";
            Assert.Contains(audit.Faults, fault => fault.Contains(said, StringComparison.Ordinal));
            await SetAsync(before is null ? "NULL" : $"'{before}'");
            await host.AuditAsync();

            Task SetAsync(string to) => host.Database.WriteAsync(
                [],
                async (session, _) => await session.Connection.ExecuteAsync(
                    $"UPDATE {table} SET {column} = {to} WHERE seq = {seq}", transaction: session.Transaction) == 1,
                Cancellation);
        }
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Usage_burns_once_an_event_and_feature_in_the_callers_transaction(DatabaseKind kind)
    {
        await using var host = await StartAsync(kind);
        await host.GrantAsync(10);
        var scope = host.Scope();
        var pool = new PoolKey(new("c"), null, new("ai"));
        Burn Of(decimal amount, string id, string feature) => new(pool, amount, id, new(feature), scope.Now, null);
        async Task<BurntCredits> BurnAsync(params Burn[] burns)
        {
            BurntCredits? burnt = null;
            await host.Database.WriteAsync(
                [UnitOfWork.CustomerLock(host.EnvironmentId, new("c"))],
                async (session, token) =>
                {
                    burnt = await host.Get<BurnCredits>().ExecuteAsync(session, [.. burns.Select(b => (scope, b))], token);
                    return true;
                },
                Cancellation);
            burnt!.Publish();
            return burnt;
        }

        var first = await BurnAsync(Of(1.5m, "e1", "tokens"), Of(2, "e1", "images"), Of(-3, "e2", "tokens"));
        var second = await BurnAsync(Of(1.5m, "e1", "tokens"), Of(1, "e3", "tokens"));

        Assert.Equal([1.5m, 2m, 0m], first.Answers.Select(answer => answer.Consumed));
        Assert.Equal([0m, 1m], second.Answers.Select(answer => answer.Consumed));
        Assert.Equal((4.5m, 10m), (second.Answers[1].CurrentUsage, second.Answers[1].UsageLimit));
        Assert.Equal(5.5m, await host.BalanceAsync());
        await host.AuditAsync();
    }

    private static async Task<CursorPage<ConsumptionConflict>> ConflictsAsync(
        ModuleHost host, string? after = null, int limit = 20, string customer = "c") =>
        (await TryConflictsAsync(host, after, limit, customer)).Value;

    private static Task<Result<CursorPage<ConsumptionConflict>>> TryConflictsAsync(
        ModuleHost host, string? after = null, int limit = 20, string customer = "c") =>
        host.Get<ReadConflicts>().ExecuteAsync(host.Scope(), new(customer), null, after, limit, Cancellation);
}
