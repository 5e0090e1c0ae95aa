using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;
using Tollgate.Modules.Catalog.Features;
using Tollgate.Storage;
using Tollgate.Testing;

namespace Tollgate.Modules.Tests.Catalog;

public sealed class FeatureUseCasesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.PostgreSql)]
    public async Task Feature_is_read_as_it_was_created_and_stays_in_its_environment(DatabaseKind kind)
    {
        await using var host = await ModuleHost.StartAsync(kind);
        var features = host.Get<FeatureUseCases>();

        var created = (await features.CreateAsync(host.Scope(), Draft("seats"), Cancellation)).Value;
        var read = (await features.RetrieveAsync(host.Scope(), new("seats"), Cancellation)).Value;
        var elsewhere = await features.RetrieveAsync(host.Scope("production"), new("seats"), Cancellation);

        Assert.Equal(created.Uid, read.Uid);
        Assert.Equal("Seats", read.DisplayName);
        Assert.Equal(ModuleHost.Start, read.CreatedAt.ToDateTimeOffset());
        Assert.Equal(ErrorCode.FeatureNotFound, elsewhere.Refusal?.Code);
    }

    private static FeatureDraft Draft(string id) => new()
    {
        Id = new(id),
        DisplayName = "Seats",
        Type = FeatureType.Number,
        MeterType = MeterType.Fluctuating,
    };
}
