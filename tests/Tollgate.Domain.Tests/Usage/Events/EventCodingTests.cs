using FsCheck;
using FsCheck.Fluent;
using Tollgate.Domain.Usage.Events;

namespace Tollgate.Domain.Tests.Usage.Events;

/// <summary>What is stored of an event gives back the event: values, keys, addresses.</summary>
public sealed class EventCodingTests
{
    [Fact]
    public void Any_dimensions_survive_their_coding() => Check.QuickThrowOnFailure(
        Prop.ForAll(Dimensions.ToArbitrary(), given =>
        {
            var decoded = DimensionCoding.Decode(given.Names, DimensionCoding.Encode(given));
            var named = DimensionCoding.DecodeNamed(DimensionCoding.EncodeNamed(given));
            return decoded.Equals(given) && named.Equals(given);
        }));

    [Fact]
    public void Typical_values_take_few_bytes()
    {
        // tag + 6 letters, tag + 2 bytes of 1536 (over 127), tag alone: 7 + 3 + 1 = 11.
        var typical = EventDimensions.Of(
            [new("model", DimensionValue.Of("gpt-41")), new("tokens", DimensionValue.Of(1536)), new("x", DimensionValue.Of(true))]);
        Assert.Equal(11, DimensionCoding.Encode(typical).Length);
    }

    [Fact]
    public void Names_in_any_order_are_the_same_dimensions_and_the_last_of_two_counts()
    {
        var one = EventDimensions.Of([new("b", DimensionValue.Of(1)), new("a", DimensionValue.Of("x")), new("b", DimensionValue.Of(2))]);
        var other = EventDimensions.Of([new("a", DimensionValue.Of("x")), new("b", DimensionValue.Of(2.00m))]);
        Assert.Equal(other, one);
        Assert.Equal(["a", "b"], one.Names);
    }

    [Theory]
    [InlineData("0b7f6a3e-5c2d-4f1a-9b8e-7d6c5b4a3928", 16)]
    [InlineData("0B7F6A3E-5C2D-4F1A-9B8E-7D6C5B4A3928", 36)]
    [InlineData("0123456789abcdef", 17)]
    [InlineData("order-17", 8)]
    [InlineData("ключ", 8)]
    public void Keys_survive_their_coding_and_uuids_take_16_bytes(string key, int bytes)
    {
        var encoded = EventKey.Encode(key);
        Assert.Equal(bytes, encoded.Length);
        Assert.Equal(key, EventKey.Decode(encoded));
    }

    [Fact]
    public void Different_keys_have_different_codes() => Check.QuickThrowOnFailure(
        Prop.ForAll(Keys.ToArbitrary(), Keys.ToArbitrary(), (a, b) =>
            a == EventKey.Decode(EventKey.Encode(a))
            && a == b == EventKey.Encode(a).AsSpan().SequenceEqual(EventKey.Encode(b))));

    [Fact]
    public void Name_and_key_are_told_apart_in_the_hash_and_a_salt_moves_it()
    {
        Assert.NotEqual(EventKey.Hash("ab", "c", 0), EventKey.Hash("a", "bc", 0));
        Assert.NotEqual(EventKey.Hash("a", "b", 0), EventKey.Hash("a", "b", 1));
        Assert.Equal(EventKey.Hash("a", "b", 0), EventKey.Hash("a", "b", 0));
    }

    [Fact]
    public void Addresses_survive_as_text() => Check.QuickThrowOnFailure(
        Prop.ForAll<int, long, long>((source, at, hash) =>
            EventAddress.TryParse(new EventAddress(source, at, hash).ToString(), out var address)
            && address == new EventAddress(source, at, hash)));

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAA!")]
    public void Other_texts_are_no_addresses(string text) => Assert.False(EventAddress.TryParse(text, out _));

    [Fact]
    public void Short_values_are_their_own_token_and_long_ones_have_17_bytes()
    {
        Assert.Equal([0, (byte)'a'], UniqueToken.Of("a"));
        Assert.Equal(17, UniqueToken.Of(new string('a', 16)).Length);
        Assert.Equal(17, UniqueToken.Of(new string('a', 17)).Length);
        Assert.NotEqual(UniqueToken.Of(new string('a', 17)), UniqueToken.Of(new string('a', 18)));
    }

    private static Gen<string> Keys => Gen.OneOf(
        Gen.Choose(0, int.MaxValue).Select(n => new Guid(n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).ToString()),
        Gen.Choose(1, 20).SelectMany(n => Gen.Elements("a", "0", "B", "é").ArrayOf(n)).Select(string.Concat));

    private static Gen<EventDimensions> Dimensions =>
        from names in Gen.Elements("a", "b", "region", "tokens", "é").ListOf()
        from values in Values.ListOf(names.Count)
        select EventDimensions.Of([.. names.Zip(values, KeyValuePair.Create)]);

    private static Gen<DimensionValue> Values => Gen.OneOf(
        ArbMap.Default.GeneratorFor<decimal>().Select(DimensionValue.Of),
        Gen.Choose(-300, 300).Select(n => DimensionValue.Of(n)),
        Gen.Elements(decimal.MaxValue, decimal.MinValue, 0m, 1e-28m, -1e-28m, (decimal)long.MaxValue, 9223372036854775808m)
            .Select(DimensionValue.Of),
        Gen.Elements(true, false).Select(DimensionValue.Of),
        Gen.Choose(0, 200).Select(n => DimensionValue.Of(new string('é', n))),
        Gen.Elements("", "x", new string('y', 30), new string('y', 31), new string('y', 32)).Select(DimensionValue.Of));
}
