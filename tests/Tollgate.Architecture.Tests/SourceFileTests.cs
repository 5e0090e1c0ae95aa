namespace Tollgate.Architecture.Tests;

public sealed class SourceFileTests
{
    [Theory]
    [InlineData("a // b \"c\"\nd", "ad", new string[0])]
    [InlineData("a /* b\n c */ d", "ad", new string[0])]
    [InlineData("a(\"b \\\" // c\") d", "a()d", new[] { "b \\\" // c" })]
    [InlineData("a(@\"b\\\") c", "a(@)c", new[] { "b\\" })]
    [InlineData("a(\"\"\"b \"c\" d\"\"\") e", "a()e", new[] { "b \"c\" d" })]
    [InlineData("a('\"') b", "a()b", new string[0])]
    [InlineData("a(\"\") b", "a()b", new[] { "" })]
    public void Code_and_literals_are_told_apart(string text, string code, string[] literals)
    {
        var file = new SourceFile("src/Tollgate.Modules/Catalog/Sample.cs", text);
        Assert.Equal(code, string.Concat(file.Code.Where(character => !char.IsWhiteSpace(character))));
        Assert.Equal(literals, file.Literals);
        Assert.Equal(text.Count(character => character == '\n'), file.Code.Count(character => character == '\n'));
    }

    [Fact]
    public void Path_tells_project_and_slice()
    {
        Assert.Equal("Catalog", new SourceFile("src/Tollgate.Modules/Catalog/Drafts/Sample.cs", "").Slice);
        Assert.Null(new SourceFile("src/Tollgate.Modules/Scope.cs", "").Slice);
        Assert.Equal("Tollgate.Modules", new SourceFile("src/Tollgate.Modules/Scope.cs", "").Project);
    }
}
