using Tollgate.Contracts.Rest.Queries;

namespace Tollgate.Contracts.Tests.Rest.Queries;

public sealed class QueryReaderTests
{
    private const string After = "0f8fad5b-d9cb-469f-a165-70867728950e";

    [Fact]
    public void Nothing_given_means_the_defaults()
    {
        var query = Read("v1.features.listFeatures", null);
        Assert.Empty(query.Faults);
        Assert.Equal(20, query.GetInt("limit"));
        Assert.Null(query.GetUuid("after"));
        Assert.Null(query.GetString("id"));
        Assert.Empty(query.GetSymbols("status"));
        Assert.Equal(InstantRange.Unbounded, query.GetInstantRange("createdAt"));
        Assert.False(query.Has("limit"));
        Assert.Equal(["ACTIVE"], Read("v1.credits.customCurrencies.list", "").GetSymbols("status"));
    }

    [Theory]
    [InlineData("?status=NEW,ACTIVE")]
    [InlineData("status=NEW%2CACTIVE")]
    [InlineData("status=NEW&status=ACTIVE")]
    [InlineData("status=NEW,&unknown=1&&status=ACTIVE")]
    public void Lists_are_joined_or_repeated(string raw)
    {
        var query = Read("v1.features.listFeatures", raw);
        Assert.Empty(query.Faults);
        Assert.Equal(["NEW", "ACTIVE"], query.GetSymbols("status"));
    }

    [Fact]
    public void Ranges_arrive_in_brackets_encoded_or_not()
    {
        var query = Read(
            "v1.customers.list",
            "createdAt%5Bgte%5D=2025-01-01T00%3A00%3A00.000Z&createdAt[lt]=2025-02-01T01:00:00%2B01:00");
        Assert.Empty(query.Faults);
        var range = query.GetInstantRange("createdAt");
        Assert.Equal(new InstantRange(Gt: null, Gte: new(1735689600000), Lt: new(1738368000000), Lte: null), range);
        Assert.True(range.Contains(new(1735689600000)));
        Assert.False(range.Contains(new(1735689599999)));
        Assert.False(range.Contains(new(1738368000000)));
    }

    [Theory]
    [InlineData("after=" + After)]
    [InlineData("starting_after=" + After)]
    public void The_page_cursor_has_an_alias(string raw) =>
        Assert.Equal(Guid.Parse(After), Read("v1.customers.list", raw).GetUuid("after"));

    [Fact]
    public void Values_are_decoded_once()
    {
        Assert.Equal("a+b%2B@x.de", Read("v1.customers.list", "email=a%2Bb%252B%40x.de").GetString("email"));
        Assert.Equal("Ana Müller", Read("v1.customers.list", "name=Ana+M%C3%BCller").GetString("name"));
    }

    [Fact]
    public void An_empty_optional_text_is_an_absent_one()
    {
        Assert.Null(Read("v1.customers.retrieveEntitlements", "resourceId=").GetString("resourceId"));
        Assert.False(Read("v1.usage.history", "startDate=2025-01-01T00:00:00Z&resourceId=").Has("resourceId"));
    }

    [Theory]
    [InlineData("limit=0", "limit is 0; use 1 to 100.")]
    [InlineData("limit=101", "limit is 101; use 1 to 100.")]
    [InlineData("limit=ten", "limit is 'ten'; give a whole number.")]
    [InlineData("limit=1.5", "limit is '1.5'; give a whole number.")]
    [InlineData("limit=", "limit is ''; give a whole number.")]
    [InlineData("limit=1&limit=2", "limit is given twice; keep one.")]
    [InlineData("limit[gt]=1", "limit[gt] is no object; give limit without brackets.")]
    [InlineData("after=x", "after is 'x'; use a UUID such as 0f8fad5b-d9cb-469f-a165-70867728950e.")]
    [InlineData("starting_after=x", "starting_after is 'x'; use a UUID such as 0f8fad5b-d9cb-469f-a165-70867728950e.")]
    [InlineData("after=" + After + "&before=" + After, "after is given together with before; page in one direction.")]
    [InlineData("starting_after=" + After + "&ending_before=" + After,
        "after is given together with before; page in one direction.")]
    [InlineData("status=NEW,OLD", "status is 'OLD'; use one of NEW, SUSPENDED, ACTIVE.")]
    [InlineData("status=new", "status is 'new'; use one of NEW, SUSPENDED, ACTIVE.")]
    [InlineData("createdAt[gte]=yesterday",
        "createdAt[gte] is 'yesterday'; use an ISO 8601 date-time such as 2025-01-31T12:00:00.000Z.")]
    [InlineData("createdAt[from]=2025-01-01T00:00:00Z",
        "createdAt[from] is not known here; use createdAt[gt|gte|lt|lte].")]
    [InlineData("createdAt=2025-01-01T00:00:00Z", "createdAt is not known here; use createdAt[gt|gte|lt|lte].")]
    [InlineData("createdAt[gt]=2025-01-01T00:00:00Z&createdAt[gt]=2025-01-01T00:00:00Z",
        "createdAt[gt] is given twice; keep one.")]
    [InlineData("id=%zz", "id is not percent-encoded UTF-8; encode it.")]
    [InlineData("id=%ff", "id is not percent-encoded UTF-8; encode it.")]
    [InlineData("id=a%00", "id holds a NUL character; remove it.")]
    public void A_bad_parameter_is_named(string raw, string message) =>
        Assert.Equal([message], Read("v1.features.listFeatures", raw).Faults.Select(f => f.Message));

    [Fact]
    public void All_bad_parameters_are_collected() =>
        Assert.Equal(["limit", "after", "featureType"], Read(
            "v1.features.listFeatures", "limit=x&after=y&featureType=z").Faults.Select(f => f.Path));

    [Fact]
    public void A_required_parameter_is_missed_and_a_wrong_one_is_not_missing()
    {
        Assert.Equal(
            ["startDate is missing; give an ISO 8601 date-time such as 2025-01-31T12:00:00.000Z."],
            Read("v1.usage.history", "").Faults.Select(f => f.Message));
        Assert.Single(Read("v1.usage.history", "startDate=x").Faults);
    }

    [Fact]
    public void A_check_asks_about_one_thing()
    {
        Assert.Equal(
            ["currencyId is given together with featureId; give one of the two."],
            Read("v1.customers.checkEntitlement", "featureId=a&currencyId=b").Faults.Select(f => f.Message));
        var query = Read("v1.customers.checkEntitlement", "featureId=a&requestedUsage=-3&requestedValues=x,y");
        Assert.Empty(query.Faults);
        Assert.Equal(-3, query.GetLong("requestedUsage"));
        Assert.Equal(["x", "y"], query.GetSymbols("requestedValues"));
    }

    [Fact]
    public void Free_maps_and_comma_texts_are_read()
    {
        var operation = SharedContract.Instance.Operations
            .Single(o => o.QueryParameters.Any(p => p.Name == "dimensions"));
        var query = QueryReader.Read(operation, "dimensions%5BuserId%5D=u1&dimensions[team]=core");
        Assert.Equal("u1", query.GetMap("dimensions")["userId"]);
        Assert.Equal("core", query.GetMap("dimensions")["team"]);
        Assert.Equal(["a", "b"], Read("v1.credits.getUsage", "groupBy=a,b").GetSymbols("groupBy"));
        Assert.Contains(Read("v1.credits.getUsage", "groupBy=a,b,c,d").Faults, f => f.Path == "groupBy");
    }

    [Fact]
    public void A_parameter_the_operation_lacks_is_a_broken_call() =>
        Assert.Throws<ArgumentException>(() => Read("v1.features.listFeatures", "").GetString("colour"));

    private static QueryValues Read(string operationId, string? raw) =>
        QueryReader.Read(SharedContract.Instance.Operation(operationId), raw);
}
