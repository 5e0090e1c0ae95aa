using Tollgate.Contracts.Rest.Schemas;

namespace Tollgate.Contracts.Tests.Rest.Schemas;

/// <summary>Each keyword alone: a value that conforms and one that does not.</summary>
public sealed class SchemaKeywordTests
{
    [Theory]
    [InlineData("""{"type":"string"}""", "\"a\"", "5")]
    [InlineData("""{"type":"string"}""", "\"\"", "null")]
    [InlineData("""{"type":["string","null"]}""", "null", "false")]
    [InlineData("""{"type":["string","number","boolean"]}""", "1.5", "{}")]
    [InlineData("""{"type":"boolean"}""", "true", "\"true\"")]
    [InlineData("""{"type":"number"}""", "1.25", "\"1\"")]
    [InlineData("""{"type":"number"}""", "5", "1e400")]
    [InlineData("""{"type":"integer"}""", "5", "5.5")]
    [InlineData("""{"type":"integer"}""", "5.0", "true")]
    [InlineData("""{"type":"integer","format":"int64"}""", "5e2", "9223372036854775808")]
    [InlineData("""{"type":["integer","null"]}""", "null", "0.1")]
    [InlineData("""{"type":"array"}""", "[]", "{}")]
    [InlineData("""{"type":"object"}""", "{}", "[]")]
    [InlineData("""{"type":"null"}""", "null", "0")]
    [InlineData("""{"enum":["A","B"]}""", "\"B\"", "\"b\"")]
    [InlineData("""{"type":["string","null"],"enum":["A",null]}""", "null", "\"N\"")]
    [InlineData("""{"type":["string","null"],"enum":["A"]}""", "\"A\"", "null")]
    [InlineData("""{"type":"integer","enum":[80,90]}""", "90.0", "85")]
    [InlineData("""{"const":"A"}""", "\"A\"", "5")]
    [InlineData("""{"enum":["A",null]}""", "null", "true")]
    [InlineData("""{"const":"A"}""", "\"A\"", "\"AB\"")]
    [InlineData("""{"type":"string","minLength":2}""", "\"ab\"", "\"a\"")]
    [InlineData("""{"type":"string","maxLength":2}""", "\"ab\"", "\"abc\"")]
    [InlineData("""{"type":"string","maxLength":1}""", "\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00b\"")]
    [InlineData("""{"type":"string","pattern":"^[a-z]+$"}""", "\"ab\"", "\"aB\"")]
    [InlineData("""{"type":"string","pattern":"^[a-z]+$"}""", "\"ab\"", "\"ab\\n\"")]
    [InlineData("""{"type":"string","format":"date-time"}""", "\"2025-02-28T23:59:59.9Z\"", "\"2025-02-29T00:00:00Z\"")]
    [InlineData("""{"type":"string","format":"date-time"}""", "\"2025-01-01T00:00:00+02:00\"", "\"2025-01-01\"")]
    [InlineData("""{"type":"string","format":"uuid"}""", "\"0f8fad5b-d9cb-469f-a165-70867728950e\"", "\"0f8fad5b\"")]
    [InlineData("""{"type":"string","format":"email"}""", "\"ana+1@example.com\"", "\"ana@example..com\"")]
    [InlineData("""{"type":"string","format":"email"}""", "\"a@b\"", "\"a b@example.com\"")]
    [InlineData("""{"type":"string","format":"uri"}""", "\"https://example.com/a?b=c\"", "\"/a\"")]
    [InlineData("""{"type":"string","format":"duration"}""", "\"PT15M\"", "\"P0D\"")]
    [InlineData("""{"type":"string","format":"duration"}""", "\"P1M\"", "\"P1M2D\"")]
    [InlineData("""{"type":"string","minLength":3,"x-allows-empty-string":true}""", "\"\"", "\"ab\"")]
    [InlineData("""{"type":"string","pattern":"^x$","x-empty-string-clears":true}""", "\"\"", "\"y\"")]
    [InlineData("""{"type":"number","minimum":1}""", "1", "0.9")]
    [InlineData("""{"type":"number","maximum":1}""", "1.0", "1.1")]
    [InlineData("""{"type":"number","exclusiveMinimum":0}""", "0.0001", "0")]
    [InlineData("""{"type":"array","minItems":1}""", "[1]", "[]")]
    [InlineData("""{"type":"array","maxItems":1}""", "[1]", "[1,2]")]
    [InlineData("""{"type":"array","items":{"type":"string"}}""", """["a"]""", """["a",1]""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}}}""", """{"a":"b"}""", """{"a":1}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}}}""", "{}", """{"b":1}""")]
    [InlineData("""{"type":"object","properties":{"a":{}},"required":["a"]}""", """{"a":null}""", "{}")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"number"}}""", """{"x":1}""", """{"x":"1"}""")]
    [InlineData("""{"type":"object","additionalProperties":true}""", """{"x":[{}]}""", "1")]
    [InlineData("""{"type":"object","properties":{"a":{}},"additionalProperties":true}""",
        """{"x":1}""", """{"a":1,"a":1}""")]
    [InlineData("""{"anyOf":[{"type":"string","maxLength":1},{"type":"null"}]}""", "null", "\"ab\"")]
    [InlineData("""{"anyOf":[{"enum":["A"]},{"enum":["B"]}]}""", "\"B\"", "\"C\"")]
    [InlineData("""{"allOf":[{"type":"string","minLength":1},{"type":"string","maxLength":2}]}""", "\"ab\"", "\"abc\"")]
    public void A_keyword_passes_and_fails(string schema, string good, string bad)
    {
        var compiled = Schema.Compile(schema);
        Assert.Empty(compiled.FaultsOf(good));
        Assert.Single(compiled.FaultsOf(bad));
    }

    [Fact]
    public void Branches_of_allOf_know_the_fields_of_each_other()
    {
        var schema = Schema.Compile("""
            {"allOf":[{"type":"object","properties":{"a":{"type":"string"}}},
                      {"type":"object","properties":{"b":{"type":"string"}},"required":["b"]}]}
            """);
        Assert.Empty(schema.FaultsOf("""{"a":"1","b":"2"}"""));
        Assert.Equal(["Unknown: c is not known here; remove it."], schema.FaultsOf("""{"b":"2","c":"3"}"""));
        Assert.Equal(["Duplicate: b is given twice; keep one."], schema.FaultsOf("""{"b":"2","b":"3"}"""));
        Assert.Empty(schema.FaultsOf("""{"b":"2","c":"3"}""", UnknownFields.Tolerated));
    }

    [Fact]
    public void Schemas_may_refer_to_themselves()
    {
        var schema = Schema.Compile(
            """{"$ref":"#/components/schemas/Tree"}""",
            """
            {"Tree":{"type":"object","properties":{"name":{"type":"string"},
              "children":{"type":"array","items":{"$ref":"#/components/schemas/Tree"}}},"required":["name"]}}
            """);
        Assert.Equal("Tree", schema.Name);
        Assert.Empty(schema.FaultsOf("""{"name":"a","children":[{"name":"b","children":[]}]}"""));
        Assert.Equal(
            ["Missing: children[0].children[1].name is missing; give a string."],
            schema.FaultsOf("""{"name":"a","children":[{"name":"b","children":[{"name":"c"},{}]}]}"""));
    }

    [Fact]
    public void Keywords_beside_a_reference_count()
    {
        var schema = Schema.Compile(
            """{"$ref":"#/components/schemas/Text","maxLength":2}""", """{"Text":{"type":"string"}}""");
        Assert.Empty(schema.FaultsOf("\"ab\""));
        Assert.Single(schema.FaultsOf("\"abc\""));
    }

    [Fact]
    public void Fields_that_exclude_each_other_are_reported_once()
    {
        var schema = Schema.Compile("""
            {"type":"object","properties":{"a":{"type":"string","x-mutually-exclusive-with":["b"]},
             "b":{"type":"string","x-mutually-exclusive-with":["a"]}}}
            """);
        Assert.Empty(schema.FaultsOf("""{"b":"1"}"""));
        Assert.Equal(
            ["Exclusive: a is given together with b; give one of the two."], schema.FaultsOf("""{"a":"1","b":"1"}"""));
    }

    [Theory]
    [InlineData("\"\\ud800\"", "Text: The body is not valid Unicode text; correct it.")]
    [InlineData("\"a\\u0000b\"", "Text: The body holds a NUL character; remove it.")]
    public void Text_that_cannot_be_stored_is_refused(string json, string fault) =>
        Assert.Equal([fault], Schema.Compile("""{"type":"string"}""").FaultsOf(json));

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{}}}""")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"string"}}""")]
    public void A_key_that_is_no_text_is_refused(string schema) => Assert.Equal(
        ["Text: The body has a key that is not valid Unicode text; correct it."],
        Schema.Compile(schema).FaultsOf("""{"\ud800":"x"}"""));
}
