using System.Diagnostics;
using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Tollgate.Domain.Billing;
using Tollgate.Storage;

namespace Tollgate.Modules.Tests.Subscriptions.Histories;

/// <summary>
/// Random histories of one customer through the real modules. A failure prints the history shrunk, and the seed to replay it
/// with TOLLGATE_REPLAY; TOLLGATE_HISTORIES makes more of them.
/// </summary>
public sealed class BilledHistoryTests
{
    [Theory, InlineData(DatabaseKind.Sqlite, 25), InlineData(DatabaseKind.PostgreSql, 4)]
    public void Bills_are_as_previewed_and_no_second_is_paid_twice(DatabaseKind kind, int histories) =>
        Check(histories, longest: 24, history =>
        {
            var run = HistoryRun.RunAsync(kind, history).GetAwaiter().GetResult();
            HistoryLaws.AssertAll(run, history);
        });

    [Theory, InlineData(DatabaseKind.Sqlite, 10), InlineData(DatabaseKind.PostgreSql, 2)]
    public void Worker_that_comes_late_makes_the_same_bills(DatabaseKind kind, int histories) =>
        Check(histories, longest: 16, history =>
        {
            var onTime = HistoryRun.RunAsync(kind, history).GetAwaiter().GetResult();
            var late = HistoryRun.RunAsync(kind, history, isOnTime: false).GetAwaiter().GetResult();
            Assert.Equal(onTime.Invoices.Select(Summary), late.Invoices.Select(Summary));
        });

    private static string Summary(Invoice invoice) =>
        $"{invoice.Number} {invoice.IssuedAt} {invoice.Amounts} "
        + string.Join("; ", invoice.Lines.Select(l => $"{l.Description} {l.Amount} [{l.PeriodStart}, {l.PeriodEnd})"));

    private static void Check(int histories, int longest, Action<History> law)
    {
        var count = Environment.GetEnvironmentVariable("TOLLGATE_HISTORIES") is { } asked
            ? int.Parse(asked, CultureInfo.InvariantCulture)
            : histories;
        var config = Config.QuickThrowOnFailure.WithMaxTest(count).WithQuietOnSuccess(true);
        if (Environment.GetEnvironmentVariable("TOLLGATE_REPLAY")?.Split(',') is [var seed, var gamma, var size])
        {
            config = config.WithReplay(
                ulong.Parse(seed, CultureInfo.InvariantCulture), ulong.Parse(gamma, CultureInfo.InvariantCulture),
                int.Parse(size, CultureInfo.InvariantCulture));
        }

        // Shrinking runs whole histories again, so it is given a minute.
        Stopwatch? failing = null;
        Prop.ForAll(
            History.Any(longest),
            (History history) =>
            {
                if (failing?.Elapsed > TimeSpan.FromMinutes(1))
                    return;
                try
                {
                    law(history);
                }
                catch (Exception)
                {
                    failing ??= Stopwatch.StartNew();
                    throw;
                }
            }).Check(config);
    }
}
