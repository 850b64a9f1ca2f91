using System.Numerics;
using System.Text;

namespace Casemate.Rego.Tests;

public sealed class RegoValueTests
{
    [Fact]
    public void Order_IsTotal_AndAgreesWithEquality()
    {
        var values = Terms(
            "null", "false", "true", "-1e400", "-2", "-1.5", "0", "0.1", "1", "9223372036854775807", "9223372036854775808", "1e400",
                "\"\"", "\"a\"",
            "\"ab\"", "\"é\"", "\"\uFFFD\"", "\"😀\"", "[]", "[1]", "[1, 0]", "[2]", "{}", "{\"a\": 1}", "{\"a\": 2}", "{\"b\": 0}",
                "set()", "{1}", "{1, 2}", "{2}");

        for (var i = 0; i < values.Length; i++)
        {
            for (var k = 0; k < values.Length; k++)
            {
                Assert.Equal(i.CompareTo(k), Math.Sign(values[i].CompareTo(values[k])));
                Assert.Equal(i == k, values[i].Equals(values[k]));
            }
        }
    }

    [Theory]
    [InlineData("1", "1.0")]
    [InlineData("100", "1e2")]
    [InlineData("0.5", "5e-1")]
    [InlineData("0", "-0")]
    [InlineData("123456789012345678901234567890", "1.2345678901234567890123456789e29")]
    [InlineData("[1, {\"a\": 2}]", "[1.0, {\"a\": 2.0}]")]
    public void EqualValues_HaveEqualHashes(string first, string second)
    {
        var values = Terms(first, second);

        Assert.Equal(values[0], values[1]);
        Assert.Equal(values[0].GetHashCode(), values[1].GetHashCode());
    }

    [Theory]
    [InlineData("{\"a\":[1,2.5,null,true,\"x\\\"\\n\"],\"b\":{}}")]
    [InlineData("[123456789012345678901234567890,-0.001,1e-30]")]
    [InlineData("\"\\u0000é😀\"")]
    public void Json_ComesBack(string json)
    {
        Assert.True(RegoValue.TryReadJson(Encoding.UTF8.GetBytes(json), out var value, out _));
        Assert.True(RegoValue.TryReadJson(Encoding.UTF8.GetBytes(value.ToJson()), out var again, out _));

        Assert.Equal(value, again);
    }

    [Fact]
    public void Json_HasSetsAsArrays_AndKeysAsText()
    {
        var value = Terms("{[1]: {3, 1}, 2: null, \"k\": {}}")[0];

        Assert.Equal("{\"2\":null,\"k\":{},\"[1]\":[1,3]}", value.ToJson());
        Assert.Equal("{2: null, \"k\": {}, [1]: {1, 3}}", value.ToString());
    }

    [Fact]
    public void Arithmetic_IsThatOfRationalNumbers()
    {
        var random = new Random(5);
        for (var i = 0; i < 2000; i++)
        {
            var (a, b) = (Draw(), Draw());
            Assert.Equal(Text(a.Mantissa, b.Mantissa, a.Places, b.Places, (x, y) => x + y), Arithmetic.Add(Number(a), Number(b)));
            Assert.Equal(Text(a.Mantissa, b.Mantissa, a.Places, b.Places, (x, y) => x - y), Arithmetic.Subtract(Number(a), Number(b)));
            Assert.Equal(RegoNumber.Create(a.Mantissa * b.Mantissa, -a.Places - b.Places), Arithmetic.Multiply(Number(a), Number(b)));
            var (x, y) = (a.Mantissa * BigInteger.Pow(10, 5 - a.Places), b.Mantissa * BigInteger.Pow(10, 5 - b.Places));
            Assert.Equal(x.CompareTo(y), Number(a).CompareTo(Number(b)));
        }

        (BigInteger Mantissa, int Places) Draw() => (random.NextInt64() * (BigInteger)random.NextInt64(-1000, 1000), random.Next(0, 5));
        static RegoNumber Number((BigInteger Mantissa, int Places) n) => RegoNumber.Create(n.Mantissa, -n.Places);
        static RegoNumber Text(BigInteger a, BigInteger b, int p, int q, Func<BigInteger, BigInteger, BigInteger> f) =>
            RegoNumber.Create(f(a * BigInteger.Pow(10, 5 - p), b * BigInteger.Pow(10, 5 - q)), -5);
    }

    [Fact]
    public void Collections_OfEverySize_AreFoundAgain()
    {
        foreach (var size in (int[])[1, 8, 9, 16, 17, 64, 65, 500])
        {
            var members = Enumerable.Range(0, size)
                .Select(i => KeyValuePair.Create((RegoValue)RegoValue.From($"k{i}"), (RegoValue)RegoValue.From(i)));
            var map = RegoObject.Create(members);

            Assert.All(Enumerable.Range(0, size), i => Assert.Equal(RegoValue.From(i), map[$"k{i}"]));
            Assert.Null(map["k" + size]);
            Assert.Equal(map.Select(m => m.Key).Order(), map.Select(m => m.Key));
        }
    }

    [Fact]
    public void State_ChangesAltogether_OrNotAtAll()
    {
        var good = Terms("[{\"op\": \"add\", \"path\": \"/pstate/a~1b\", \"value\": 1}]")[0];
        var bad = Terms("[{\"op\": \"add\", \"path\": \"/pstate/x\", \"value\": 1}, {\"op\": \"remove\", \"path\": \"/pstate/none\"}]")[0];

        var next = RegoState.Initial.TryApply(good, out _)!;

        Assert.Equal("{\"pstate\":{\"a/b\":1}}", next.Data.ToJson());
        Assert.Null(next.TryApply(bad, out var error));
        Assert.Contains("remove", error, StringComparison.Ordinal);
    }

    private static RegoValue[] Terms(params string[] terms) =>
        [.. terms.Select(term => Policy.Compile($"package t\nv := {term}").Prepare("data.t.v").Evaluate(null).Value!)];
}
