using Tollgate.Domain.Catalog;
using Tollgate.Domain.Entitlements;
using Tollgate.Modules.Catalog.Packages;
using Tollgate.Modules.Entitlements;
using Tollgate.Modules.Subscriptions;
using Tollgate.Modules.Tasks;
using Tollgate.Modules.Tests.Subscriptions;
using Tollgate.Modules.Tests.Usage;
using Tollgate.Storage;
using Tollgate.Testing;
using static Tollgate.Modules.Tests.Usage.MeteringDriver;

namespace Tollgate.Modules.Tests.Entitlements;

/// <summary>Checks over real subscriptions (spec entitlements-and-usage 4). The clock starts on 2025-01-15 at 12:00.</summary>
public sealed class CheckEntitlementTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Denials_come_in_the_order_of_the_table(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.CustomerAsync("gone");
        Accepted(await host.ProvisionAsync("gone", "free"));
        Accepted(await host.Get<ArchiveCustomer>().ExecuteAsync(host.Scope(), new("gone"), Cancellation));
        await host.CustomerAsync("bare");

        Assert.Equal(AccessDeniedReason.CustomerNotFound, await host.ReasonAsync("nobody", "nothing", 0, "nowhere"));
        Assert.Equal(AccessDeniedReason.CustomerIsArchived, await host.ReasonAsync("gone", "nothing", 0, "nowhere"));
        Assert.Equal(AccessDeniedReason.CustomerResourceNotFound, await host.ReasonAsync("bare", "nothing", 0, "nowhere"));
        Assert.Equal(AccessDeniedReason.FeatureNotFound, await host.ReasonAsync("bare", "nothing"));
        Assert.Equal(AccessDeniedReason.NoActiveSubscription, await host.ReasonAsync("bare", "sso"));
        Assert.Equal(AccessDeniedReason.NoFeatureEntitlementInSubscription, await host.ReasonAsync("c", "unsold"));
        Assert.Equal(AccessDeniedReason.FeatureTypeMismatch, await host.ReasonAsync("c", "sso", 1));
        Assert.Equal(AccessDeniedReason.FeatureTypeMismatch, await host.ReasonAsync("c", "sso", 0, null, "eu"));
        Assert.Equal(AccessDeniedReason.FeatureTypeMismatch, await host.ReasonAsync("c", "regions", 1));
        Assert.Equal(AccessDeniedReason.RequestedValuesMismatch, await host.ReasonAsync("c", "regions", 0, null, "eu", "us"));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "calls", 101));
        Assert.Null(await host.ReasonAsync("c", "sso"));
        Assert.Null(await host.ReasonAsync("c", "regions", 0, null, "eu"));
        Assert.Null(await host.ReasonAsync("c", "regions"));
        Assert.Null(await host.ReasonAsync("c", "days", 1_000));
        Assert.Null(await host.ReasonAsync("c", "calls", 100));
        var scope = host.Scope();
        var credits = await host.Get<CheckEntitlement>().CheckAsync(
            scope.Environment, new("c", null, "", 0, []) { CurrencyId = "tokens" }, scope.Now, Cancellation);
        Assert.Equal(AccessDeniedReason.EntitlementNotFound, credits.Outcome.DeniedReason);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Window_that_holds_less_than_nothing_reads_as_nothing(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.CustomerAsync("early");
        // Without a subscription usage counts for life: 9 before the month that the plan will count, -4 inside it.
        await host.ReportAsync(Delta("early", "calls", 9, "2024-12-01T00:00:00Z"), Delta("early", "calls", -4));
        Accepted(await host.ProvisionAsync("early", "free"));
        await host.RestartAsync();

        Assert.Equal(0, await host.UsageAsync("early", "calls"));
        Assert.Null(await host.ReasonAsync("early", "calls", 100));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Limit_holds_to_the_end_of_the_window_and_soft_limits_never_deny(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ReportAsync(Delta("c", "calls", 100), Delta("c", "soft", 20));

        Assert.Null(await host.ReasonAsync("c", "calls"));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "calls", 1));
        Assert.Null(await host.ReasonAsync("c", "soft", 1));
        await host.ReportAsync(Delta("c", "calls", 1));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "calls"));

        host.MoveTo("2025-02-14T23:59:59.999Z");
        Assert.Equal(101, await host.UsageAsync("c", "calls"));
        host.MoveTo("2025-02-15T00:00:00Z");
        Assert.Equal(0, await host.UsageAsync("c", "calls"));
        Assert.Null(await host.ReasonAsync("c", "calls", 100));
        // Never reset: 20 of 10 for life.
        Assert.Equal(20, await host.UsageAsync("c", "soft"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Very_next_check_sees_a_change_of_the_subscription_or_the_catalog(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.PlanAsync("big", Limit("calls", 500, Monthly));
        Assert.Equal(100, (await host.CheckAsync("c", "calls")).Compiled!.Entitlement.UsageLimit);
        Assert.Equal(AccessDeniedReason.FeatureNotFound, await host.ReasonAsync("c", "later"));

        await host.FeatureAsync("later", FeatureType.Boolean);
        Assert.Equal(AccessDeniedReason.NoFeatureEntitlementInSubscription, await host.ReasonAsync("c", "later"));

        Accepted(await host.ProvisionAsync("c", "big"));
        Assert.Equal(500, (await host.CheckAsync("c", "calls")).Compiled!.Entitlement.UsageLimit);
        Assert.Equal(AccessDeniedReason.NoFeatureEntitlementInSubscription, await host.ReasonAsync("c", "sso"));

        Accepted(await host.Get<PlanUseCases>().CreateDraftAsync(host.Scope(), new("big"), Cancellation));
        await host.GrantAsync("big", Grants("later"));
        Assert.NotNull(await host.ReasonAsync("c", "later"));
        await host.PublishAsync("big", MigrationType.AllCustomers);
        await host.Get<TaskRunner>().RunDueAsync(Cancellation);
        Assert.Null(await host.ReasonAsync("c", "later"));

        Accepted(await host.Get<ArchiveCustomer>().ExecuteAsync(host.Scope(), new("c"), Cancellation));
        Assert.Equal(AccessDeniedReason.CustomerIsArchived, await host.ReasonAsync("c", "later"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Check_changes_at_the_instant_it_was_valid_until_before_any_worker_ran(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.CustomerAsync("planned");
        Accepted(await host.ProvisionAsync("planned", "free", r => r with { StartDate = At("2025-01-20T00:00:00Z") }));

        Assert.Equal(AccessDeniedReason.NoActiveSubscription, await host.ReasonAsync("planned", "sso"));
        host.MoveTo("2025-01-19T23:59:59.999Z");
        Assert.Equal(AccessDeniedReason.NoActiveSubscription, await host.ReasonAsync("planned", "sso"));
        host.MoveTo("2025-01-20T00:00:00Z");
        Assert.Null(await host.ReasonAsync("planned", "sso"));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Resource_has_the_best_of_its_own_and_the_global_subscriptions(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ProductAsync("sites", isMultiple: true);
        await host.PlanAsync("site", "sites", Limit("calls", 400, Monthly));
        Accepted(await host.ProvisionAsync("c", "site", r => r with { ResourceId = new("r1") }));
        Accepted(await host.ProvisionAsync("c", "site", r => r with { ResourceId = new("r2") }));

        // The rule of worked example 9: the resource's 400 and the global sso; without a resource 100 and sso.
        Assert.Equal(400, (await host.CheckAsync("c", "calls", 0, "r1")).Compiled!.Entitlement.UsageLimit);
        Assert.Null(await host.ReasonAsync("c", "sso", 0, "r1"));
        Assert.Equal(100, (await host.CheckAsync("c", "calls")).Compiled!.Entitlement.UsageLimit);
        Assert.Null(await host.ReasonAsync("c", "sso"));
        await host.ReportAsync(Delta("c", "calls", 400, resource: "r1"));
        Assert.Equal(AccessDeniedReason.RequestedUsageExceedingLimit, await host.ReasonAsync("c", "calls", 1, "r1"));
        Assert.Null(await host.ReasonAsync("c", "calls", 400, "r2"));
        Assert.Null(await host.ReasonAsync("c", "calls", 100));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Two_products_are_not_added_and_an_override_replaces_field_by_field(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ProductAsync("second", isMultiple: false);
        await host.PlanAsync("extra", "second", Limit("calls", 60, Monthly));
        Accepted(await host.ProvisionAsync("c", "extra"));
        Assert.Equal(100, (await host.CheckAsync("c", "calls")).Compiled!.Entitlement.UsageLimit);

        // Worked example 16: 10 soft, overridden by 25 only: 25 soft.
        await host.CustomerAsync("special");
        Accepted(await host.ProvisionAsync(
            "special", "free", r => r with { Overrides = [new(new("soft")) { UsageLimit = 25 }] }));
        var special = (await host.CheckAsync("special", "soft")).Compiled!.Entitlement;
        Assert.Equal(25, special.UsageLimit);
        Assert.True(special.HasSoftLimit);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task List_holds_everything_granted_without_usage_arithmetic(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.CustomerAsync("bare");
        await host.ReportAsync(Delta("c", "calls", 150));

        var list = await ListAsync("c");
        Assert.Null(list.DeniedReason);
        Assert.Equal(
            ["calls", "days", "regions", "soft", "sso"],
            list.Rows.Select(r => r.Compiled.Entitlement.FeatureId.Value).Order(StringComparer.Ordinal));
        var calls = list.Rows.Single(r => r.Compiled.Entitlement.FeatureId.Value == "calls");
        Assert.Equal(150, calls.Usage);
        Assert.True(calls.Compiled.Entitlement.IsGranted);
        Assert.Equal(AccessDeniedReason.NoActiveSubscription, (await ListAsync("bare")).DeniedReason);
        Assert.Equal(AccessDeniedReason.CustomerNotFound, (await ListAsync("nobody")).DeniedReason);
        Assert.Empty((await ListAsync("nobody")).Rows);
        Assert.Equal(
            Domain.Errors.ErrorCode.CustomerResourceNotFound,
            (await host.Get<ListEntitlements>().ExecuteAsync(host.Scope(), new("c"), new("nowhere"), Cancellation)).Refusal?.Code);

        async Task<EntitlementList> ListAsync(string customer) => Accepted(
            await host.Get<ListEntitlements>().ExecuteAsync(host.Scope(), new(customer), null, Cancellation));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Explanation_names_the_plan_version_the_usage_and_the_window(DatabaseKind kind)
    {
        await using var host = await SubscribedAsync(kind);
        await host.ReportAsync(Delta("c", "calls", 40));

        var why = Accepted(await host.Get<ExplainEntitlement>().ExecuteAsync(
            host.Scope(), new("c"), null, new("calls"), Cancellation));
        var whyNot = Accepted(await host.Get<ExplainEntitlement>().ExecuteAsync(
            host.Scope(), new("c"), null, new("unsold"), Cancellation));

        Assert.True(why.IsGranted);
        Assert.Equal(40, why.CurrentUsage);
        Assert.Equal(("free", 1), (why.Sources[0].PlanId!.Value.Value, why.Sources[0].PlanVersion));
        Assert.Equal(At("2025-02-15T00:00:00Z"), why.Window?.End);
        Assert.False(whyNot.IsGranted);
        Assert.Equal(AccessDeniedReason.NoFeatureEntitlementInSubscription, whyNot.DeniedReason);
    }

    /// <summary>Customer c on a free plan with one feature of every kind; "unsold" is in no plan.</summary>
    private static async Task<ModuleHost> SubscribedAsync(DatabaseKind kind)
    {
        var host = await ModuleHost.StartAsync(kind);
        await host.FeatureAsync("calls");
        await host.FeatureAsync("soft");
        await host.FeatureAsync("unsold");
        await host.FeatureAsync("sso", FeatureType.Boolean);
        await host.FeatureAsync("days", meter: MeterType.None);
        await host.FeatureAsync("regions", FeatureType.Enum, values: [new("eu", "EU"), new("us", "US")]);
        await host.PlanAsync(
            "free",
            Limit("calls", 100, Monthly),
            Limit("soft", 10, soft: true),
            Grants("sso"),
            new(new("days")) { UsageLimit = new(7) },
            new(new("regions")) { EnumValues = new(["eu"]) });
        await host.CustomerAsync("c");
        Accepted(await host.ProvisionAsync("c", "free"));
        return host;
    }
}
