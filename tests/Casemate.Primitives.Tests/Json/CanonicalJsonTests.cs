using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Primitives.Tests.Json;

public class CanonicalJsonTests
{
    private static string Canonical(string json) => Encoding.UTF8.GetString(CanonicalJson.Write(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Writes_TheExampleOfRfc8785()
    {
        const string input = """
            {
              "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """;
        const string expected =
            """{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}""";
        Assert.Equal(expected, Canonical(input));
    }

    [Fact]
    public void Sorts_ByUtf16CodeUnits_AsInRfc8785()
    {
        const string input =
            """{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: """
            + """Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}""";
        using var document = JsonDocument.Parse(Canonical(input));
        Assert.Equal(
            ["Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign", "Emoji: Grinning Face",
                "Hebrew Letter Dalet With Dagesh"],
            document.RootElement.EnumerateObject().Select(m => m.Value.GetString()));
    }

    [Fact]
    public void Hashes_AsTheKeyBrokerProtocolExpects()
    {
        var hash = SHA384.HashData(CanonicalJson.Write("""{"b":1,"a":"test","c":{"d":"e"}}"""u8.ToArray()));
        Assert.Equal(
            "e71ce8e70d814ba6639c3612ebee0ff1f76f650f8dbb5e47157e0f3f525cd22c4597480a186427c813ca941da78870c3",
            Convert.ToHexStringLower(hash));
    }

    [Theory]
    [InlineData(0x0000000000000000, "0")]
    [InlineData(0x8000000000000000, "0")]
    [InlineData(0x0000000000000001, "5e-324")]
    [InlineData(0x8000000000000001, "-5e-324")]
    [InlineData(0x7fefffffffffffff, "1.7976931348623157e+308")]
    [InlineData(0xffefffffffffffff, "-1.7976931348623157e+308")]
    [InlineData(0x4340000000000000, "9007199254740992")]
    [InlineData(0xc340000000000000, "-9007199254740992")]
    [InlineData(0x4430000000000000, "295147905179352830000")]
    [InlineData(0x44b52d02c7e14af5, "9.999999999999997e+22")]
    [InlineData(0x44b52d02c7e14af6, "1e+23")]
    [InlineData(0x44b52d02c7e14af7, "1.0000000000000001e+23")]
    [InlineData(0x444b1ae4d6e2ef4e, "999999999999999700000")]
    [InlineData(0x444b1ae4d6e2ef4f, "999999999999999900000")]
    [InlineData(0x444b1ae4d6e2ef50, "1e+21")]
    [InlineData(0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7")]
    [InlineData(0x3eb0c6f7a0b5ed8d, "0.000001")]
    [InlineData(0x41b3de4355555553, "333333333.3333332")]
    [InlineData(0x41b3de4355555554, "333333333.33333325")]
    [InlineData(0x41b3de4355555555, "333333333.3333333")]
    [InlineData(0x41b3de4355555556, "333333333.3333334")]
    [InlineData(0x41b3de4355555557, "333333333.33333343")]
    [InlineData(0xbecbf647612f3696, "-0.0000033333333333333333")]
    [InlineData(0x43143ff3c1cb0959, "1424953923781206.2")]
    public void Prints_TheNumbersOfRfc8785AppendixB(ulong bits, string expected)
    {
        var text = BitConverter.UInt64BitsToDouble(bits).ToString("E16", CultureInfo.InvariantCulture);
        Assert.Equal(expected, Canonical(text));
    }

    // The expected hash was made by another ECMAScript engine (V8) printing the same numbers: raw bit patterns, decimal fractions
    // and integers, derived from a counter.
    [Fact]
    public void Prints_TwoHundredThousandNumbers_AsAnEcmaScriptEngineDoes()
    {
        double[] powers = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var count = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var seed = SHA256.HashData(Encoding.ASCII.GetBytes($"number {i}"));
            var value = (i % 3) switch
            {
                0 => BinaryPrimitives.ReadDoubleBigEndian(seed),
                1 => BinaryPrimitives.ReadUInt32BigEndian(seed) / powers[seed[8] % 13],
                _ => -(double)(BinaryPrimitives.ReadUInt64BigEndian(seed) >> (seed[8] % 64)),
            };
            if (double.IsFinite(value))
            {
                count++;
                hash.AppendData(CanonicalJson.Write(Encoding.ASCII.GetBytes(value.ToString("R", CultureInfo.InvariantCulture))));
                hash.AppendData("\n"u8);
            }
        }

        Assert.Equal(199_968, count);
        Assert.Equal("f99f8adf4b6f86e4bf0877fd4829dddda0138d9e4990da02308158f862116ad0", Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Fact]
    public void Escapes_OnlyWhatMustBeEscaped()
    {
        var all = string.Concat(Enumerable.Range(0, 0x80).Select(c => (char)c)) + "\u007f\u0080\u2028\u2029\uffff";
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStringValue(all);
        }

        var expected = new StringBuilder("\"");
        foreach (var c in all)
        {
            expected.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\t' => "\\t",
                '\n' => "\\n",
                '\f' => "\\f",
                '\r' => "\\r",
                < ' ' => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }

        Assert.Equal(expected.Append('"').ToString(), Encoding.UTF8.GetString(CanonicalJson.Write(stream.ToArray())));
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":1,"\u0061":2}""")]
    [InlineData("""["\ud800"]""")]
    [InlineData("""{"\udc00x":1}""")]
    [InlineData("1e400")]
    [InlineData("-1e400")]
    [InlineData("{\"a\":1,}")]
    [InlineData("// no\n1")]
    [InlineData("1 2")]
    [InlineData("")]
    [InlineData("NaN")]
    [InlineData("\ufeff1")]
    public void Refuses_WhatHasNoCanonicalForm(string json) =>
        Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Write(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Refuses_InvalidUtf8() =>
        Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Write(new byte[] { 0x22, 0xC3, 0x28, 0x22 }));

    [Fact]
    public void Refuses_DuplicatesThatTheCallersParserLetThrough()
    {
        using var document = JsonDocument.Parse("""{"a":1,"a":2}""");
        var e = Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Write(document.RootElement));
        Assert.Contains("'a' appears twice", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_NestingBeyondTheLimit_AndAcceptsItUpToThere()
    {
        Assert.Equal(new string('[', 64) + new string(']', 64), Canonical(new string('[', 64) + new string(']', 64)));
        Assert.Throws<CanonicalJsonException>(() => Canonical(new string('[', 65) + new string(']', 65)));
        using var document = JsonDocument.Parse(
            new string('[', 500) + new string(']', 500), new JsonDocumentOptions { MaxDepth = 1000 });
        Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Write(document.RootElement));
    }

    [Fact]
    public void Is_AFixedPoint_AndIndependentOfOrderAndSpacing()
    {
        var random = new Random(8785);
        for (var i = 0; i < 2_000; i++)
        {
            var value = RandomValue(random, 0);
            var compact = value(false);
            var shuffled = value(true);
            var canonical = CanonicalJson.Write(Encoding.UTF8.GetBytes(compact));
            Assert.Equal(canonical, CanonicalJson.Write(canonical));
            Assert.Equal(canonical, CanonicalJson.Write(Encoding.UTF8.GetBytes(shuffled)));
        }
    }

    [Fact]
    public void Never_FailsOtherwise_OnRandomBytes()
    {
        var random = new Random(1);
        var seed = Encoding.UTF8.GetBytes("""{"a":[1,2.5e3,"x\u00e9\ud83d\ude00",null,true],"b":{"c":"\n"}}""");
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = (byte[])seed.Clone();
            for (var flips = random.Next(1, 5); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                var canonical = CanonicalJson.Write(bytes.AsMemory(0, random.Next(bytes.Length + 1)));
                Assert.Equal(canonical, CanonicalJson.Write(canonical));
            }
            catch (CanonicalJsonException)
            {
                // The one documented answer.
            }
        }
    }

    // A value as two texts: compact, or with members reversed and white space added.
    private static Func<bool, string> RandomValue(Random random, int depth)
    {
        switch (depth > 4 ? random.Next(4) : random.Next(6))
        {
            case 0:
                return _ => "null";
            case 1:
                var number = random.NextDouble() * Math.Pow(10, random.Next(-30, 30));
                return _ => number.ToString("R", CultureInfo.InvariantCulture);
            case 2:
                var text = JsonSerializer.Serialize(
                    string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => (char)random.Next(1, 0xD7FF))));
                return _ => text;
            case 3:
                return _ => "true";
            case 4:
                var items = Enumerable.Range(0, random.Next(4)).Select(_ => RandomValue(random, depth + 1)).ToArray();
                return spaced => spaced
                    ? "[ " + string.Join(" ,\n", items.Select(v => v(true))) + "\t]"
                    : "[" + string.Join(',', items.Select(v => v(false))) + "]";
            default:
                var members = Enumerable.Range(0, random.Next(5))
                    .Select(n => (Name: $"\"{(char)random.Next('a', 'z')}{(char)random.Next(0xE000, 0xFFFD)}{n}\"",
                        Value: RandomValue(random, depth + 1))).ToArray();
                return spaced => spaced
                    ? "{ " + string.Join(" , ", members.Reverse().Select(m => $"{m.Name} : {m.Value(true)}")) + " }"
                    : "{" + string.Join(',', members.Select(m => $"{m.Name}:{m.Value(false)}")) + "}";
        }
    }
}
