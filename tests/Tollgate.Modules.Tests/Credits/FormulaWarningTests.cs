using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Tests.Usage;
using Tollgate.Modules.Tests.Usage.Events;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.Events.EventDriver;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Credits;

/// <summary>What a cost formula cannot calculate is in the log, once (spec credits 5.3).</summary>
public sealed class FormulaWarningTests
{
    [Fact]
    public async Task Division_by_zero_costs_nothing_and_is_told_once()
    {
        using var log = new WarningLog();
        await using var host = await ModuleHost.StartAsync(
            DatabaseKind.Sqlite, services => services.AddSingleton<ILoggerProvider>(log));
        await host.CurrencyAsync("ai");
        await host.CustomerAsync("c");
        await host.FeatureAsync("tokens", events: MeterOf(AggregationFunction.Count, null));
        await host.MappedPlanAsync("pro", "product-default", new(1m, new("ai"), "10 / parts"));
        Accepted(await host.ProvisionAsync("c", "pro"));
        await host.GrantAsync(100);

        await host.SendAsync(
            Event("c", key: "a", dimensions: ("parts", 0m)), Event("c", key: "b", dimensions: ("parts", "secret")));
        await host.ReportAsync(Delta("c", "tokens", 1));
        await host.SendAsync(Event("c", key: "d", dimensions: ("parts", 4m)));

        // Only the last has parts: 10 / 4.
        Assert.Equal(97.5m, await host.BalanceAsync());
        var told = Assert.Single(log.Warnings);
        Assert.Contains("tokens", told, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", told, StringComparison.Ordinal);
    }

    private sealed class WarningLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Warnings { get; } = [];

        public ILogger CreateLogger(string categoryName) =>
            categoryName.StartsWith("Tollgate.Modules.Credits", StringComparison.Ordinal) ? this : NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning)
                Warnings.Enqueue(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }
}
