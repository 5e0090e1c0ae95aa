using Tollgate.Server.Rest.Entitlements;

namespace Tollgate.Server.Tests.Rest.Entitlements;

public sealed class CheckQueryTests
{
    [Theory]
    [InlineData("?featureId=seats", null, 0)]
    [InlineData("?featureId=seats&resourceId=site-1&requestedUsage=12", "site-1", 12)]
    [InlineData("?requestedUsage=0&featureId=seats", null, 0)]
    public void Plain_question_is_read(string query, string? resource, int usage)
    {
        Assert.True(CheckQuery.TryReadPlain("customer-1", query, out var question));

        Assert.Equal("customer-1", question.CustomerId);
        Assert.Equal("seats", question.FeatureId);
        Assert.Equal(resource, question.ResourceId);
        Assert.Equal(usage, question.RequestedUsage);
        Assert.Empty(question.RequestedValues);
        Assert.Null(question.CurrencyId);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("?featureId")]
    [InlineData("?featureId=")]
    [InlineData("?resourceId=site-1")]
    [InlineData("?featureId=a&featureId=b")]
    [InlineData("?featureId=a%20b")]
    [InlineData("?featureId=a+b")]
    [InlineData("?featureId=a&currencyId=b")]
    [InlineData("?featureId=a&requestedUsage=-1")]
    [InlineData("?featureId=a&requestedUsage=1.5")]
    [InlineData("?featureId=a&requestedUsage=1234567890123456")]
    [InlineData("?featureId=a&requestedValues=x")]
    [InlineData("?featureId=a&resourceId=")]
    [InlineData("?featureId[x]=a")]
    [InlineData("?featureId=a&&resourceId=b")]
    public void Anything_else_is_left_to_the_contract(string? query) =>
        Assert.False(CheckQuery.TryReadPlain("customer-1", query, out _));

    [Fact]
    public void Customer_ids_of_a_wrong_length_are_left_to_the_contract()
    {
        Assert.False(CheckQuery.TryReadPlain("", "?featureId=a", out _));
        Assert.True(CheckQuery.TryReadPlain(new('c', 255), "?featureId=a", out _));
        Assert.False(CheckQuery.TryReadPlain(new('c', 256), "?featureId=a", out _));
    }
}
