using Tollgate.Domain.Catalog;
using Tollgate.Domain.Errors;

namespace Tollgate.Domain.Tests.Catalog;

public sealed class PublicIdTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("9", true)]
    [InlineData("Plan_1|x.y-z", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("_a", false)]
    [InlineData("a b", false)]
    [InlineData("a@b", false)]
    [InlineData("plän", false)]
    [InlineData("a\n", false)]
    public void An_id_has_the_documented_shape(string id, bool valid) => Assert.Equal(valid, PublicId.IsValid(id));

    [Fact]
    public void Length_is_1_to_255_and_customers_may_use_an_at_sign()
    {
        Assert.True(PublicId.IsValid(new string('a', 255)));
        Assert.False(PublicId.IsValid(new string('a', 256)));
        Assert.True(PublicId.IsValidForCustomer("joe@acme.com"));
        Assert.False(PublicId.IsValidForCustomer("@acme"));
    }

    [Fact]
    public void Every_finding_is_kept_and_the_first_one_names_the_code()
    {
        var findings = new Findings();
        PublicId.Check(findings, "id", "-");
        TextLimits.CheckRequired(findings, "displayName", " ");
        TextLimits.Check(findings, "description", new string('d', 256));
        findings.Add(ErrorCode.InvalidArgumentError, "x", "x is wrong.");

        var refusal = findings.ToRefusal()!;

        Assert.Equal(ErrorCode.BadUserInput, refusal.Code);
        Assert.Equal(["id", "displayName", "description", "x"], refusal.Fields.Select(f => f.Path));
    }
}
