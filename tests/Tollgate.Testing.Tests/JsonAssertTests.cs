using System.Text.Json;
using Tollgate.Testing;
using Xunit.Sdk;

namespace Tollgate.Testing.Tests;

public sealed class JsonAssertTests
{
    [Theory]
    [InlineData("""{"a":1,"b":[true,null]}""", """{"b":[true,null],"a":1.0}""")]
    [InlineData("""{"at":"<instant>","id":"<uuid>"}""", """{"at":"2025-01-31T12:00:00.000Z","id":"0192c5b0-7f3a-7000-8000-00000000002a"}""")]
    [InlineData("""["<any>","<string>"]""", """[{"x":1},"y"]""")]
    [InlineData("99999999999999999999999999999999", "99999999999999999999999999999999")]
    public void Equal_values_have_no_difference(string expected, string actual) => JsonAssert.Equal(expected, actual);

    [Theory]
    [InlineData("""{"a":{"b":[1,2]}}""", """{"a":{"b":[1,3]}}""", "$.a.b[1]: expected 2, is 3")]
    [InlineData("""{"a":1}""", """{"a":"1"}""", "$.a: expected 1, is \"1\"")]
    [InlineData("""{"a":null}""", "{}", "$.a: expected null, is absent")]
    [InlineData("{}", """{"a":null}""", "$.a: not expected, is null")]
    [InlineData("[1]", "[1,2]", "$: expected 1 items, has 2")]
    [InlineData("true", "false", "$: expected true, is false")]
    [InlineData("""["<instant>"]""", """["2025-01-31T12:00:00Z"]""", "$[0]: expected \"<instant>\", is \"2025-01-31T12:00:00Z\"")]
    [InlineData("""["<string>"]""", """[""]""", "$[0]: expected \"<string>\", is \"\"")]
    [InlineData("""["<uuid>"]""", "[null]", "$[0]: expected \"<uuid>\", is null")]
    public void First_difference_is_named_by_its_path(string expected, string actual, string difference)
    {
        var failure = Assert.ThrowsAny<XunitException>(() => JsonAssert.Equal(expected, actual));
        Assert.StartsWith(difference + "\n", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Contains_ignores_further_properties_but_not_further_items()
    {
        JsonAssert.Contains("""{"a":[{"b":1}]}""", """{"a":[{"b":1,"c":2}],"d":3}""");
        Assert.ThrowsAny<XunitException>(() => JsonAssert.Contains("""{"a":[{"b":1}]}""", """{"a":[{"b":1},{"b":2}]}"""));
        Assert.ThrowsAny<XunitException>(() => JsonAssert.Contains("""{"a":1}""", """{"b":1}"""));
    }

    [Fact]
    public void Golden_file_matches_by_value_and_reports_the_first_difference()
    {
        using var same = JsonDocument.Parse("""{"name":"Größe","id":"0192c5b0-7f3a-7000-8000-00000000002a","price":49.00}""");
        Golden.Matches(same.RootElement);

        using var other = JsonDocument.Parse("""{"name":"Größe","id":"0192c5b0-7f3a-7000-8000-00000000002a","price":49.01}""");
        var failure = Assert.ThrowsAny<XunitException>(() => Golden.Matches(other.RootElement));
        Assert.Contains("$.price: expected 49, is 49.01", failure.Message, StringComparison.Ordinal);

        // Matching again removes the received file of the failed comparison.
        Golden.Matches(same.RootElement);
        Assert.False(File.Exists(RepositoryRoot.File(
            $"tests/Tollgate.Testing.Tests/JsonAssertTests.{nameof(Golden_file_matches_by_value_and_reports_the_first_difference)}.received.json")));
    }
}
