using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime;
using Tollgate.Domain.Catalog;
using Tollgate.Modules.Rows;

namespace Tollgate.Modules.Tests.Rows;

/// <summary>Rows written by an earlier release lack the fields added since.</summary>
public sealed class BodyJsonTests
{
    [Fact]
    public void Body_without_a_newer_field_reads_with_its_default()
    {
        var package = new PackageVersion
        {
            Uid = Guid.NewGuid(),
            Kind = PackageKind.Plan,
            Id = new("pro"),
            Version = 1,
            Status = PackageStatus.Draft,
            IsLatest = true,
            ProductId = new("app"),
            DisplayName = "Pro",
            CreatedAt = Instant.FromUnixTimeMilliseconds(0),
            UpdatedAt = Instant.FromUnixTimeMilliseconds(0),
        };
        var body = JsonNode.Parse(BodyJson.Write(package)!)!.AsObject();
        Assert.True(body.Remove(nameof(PackageVersion.Dependencies)));
        Assert.True(body.Remove(nameof(PackageVersion.CompatibleGroups)));

        var read = JsonSerializer.Deserialize(body, BodyJson.Default.PackageVersion)!;

        Assert.Equal([], read.Dependencies);
        Assert.Equal([], read.CompatibleGroups);
    }
}
