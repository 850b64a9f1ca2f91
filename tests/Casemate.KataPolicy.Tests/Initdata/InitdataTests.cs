using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Casemate.KataPolicy.Initdata;

namespace Casemate.KataPolicy.Tests.Initdata;

public sealed class InitdataTests
{
    [Theory]
    [InlineData("package agent_policy\n\ndefault X := false\n")]
    [InlineData("one line")]
    [InlineData("'''three quotes'''\nin it\n")]
    [InlineData("ends with a quote\n'")]
    [InlineData("carriage\r\nreturn and \u0001 and \t and \\ and \" and \u007f and 😀\n")]
    [InlineData("\nbegins with a line")]
    [InlineData("")]
    public void Gives_BackEveryText(string text)
    {
        var document = InitdataDocument.Create("sha256", [new("policy.rego", text), new("aa.toml", "[x]\ny = 1\n")]);

        Assert.True(InitdataDocument.TryRead(Encoding.UTF8.GetBytes(document.Text), out var read, out var error), error);
        Assert.Equal(text, read.Data["policy.rego"]);
        Assert.Equal(document.Digest, read.Digest);
    }

    [Fact]
    public void Writes_AReadableDocument() => Assert.Equal(
        "algorithm = \"sha384\"\nversion = \"0.1.0\"\n\n[data]\n\"aa.toml\" = \"x\"\n\"policy.rego\" = '''\npackage agent_policy\n'''\n",
        InitdataDocument.Create("sha384", [new("policy.rego", "package agent_policy\n"), new("aa.toml", "x")]).Text);

    [Fact]
    public void Digests_TheExactText_OfSomebodyElsesDocument()
    {
        const string text = "version = '0.1.0'\r\nalgorithm = 'sha512'  # ours\r\n[data]\r\n\"policy.rego\" = \"\"\"\\\r\n  package agent_policy\"\"\"\r\n";

        Assert.True(InitdataDocument.TryRead(Encoding.UTF8.GetBytes(text), out var document, out _));
        Assert.Equal(SHA512.HashData(Encoding.UTF8.GetBytes(text)), document.Digest);
        Assert.Equal("package agent_policy", document.Data["policy.rego"]);
    }

    [Theory]
    [InlineData("", "'algorithm'")]
    [InlineData("algorithm = \"md5\"\nversion = \"0.1.0\"\n[data]\n", "'algorithm'")]
    [InlineData("algorithm = \"sha256\"\n[data]\n", "'version'")]
    [InlineData("algorithm = \"sha256\"\nversion = \"0.1.0\"\n", "[data]")]
    [InlineData("algorithm = \"sha256\"\nversion = \"0.1.0\"\n[data]\npolicy.rego = \"x\"\n", "in quotes")]
    [InlineData("algorithm = \"sha256\"\nalgorithm = \"sha256\"\n", "twice")]
    public void Refuses_WhatIsNoInitdata(string text, string reason)
    {
        Assert.False(InitdataDocument.TryRead(Encoding.UTF8.GetBytes(text), out _, out var error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void InitdataThatEndsEarly_IsNoPolicy_WhereverItEnds()
    {
        var text = InitdataDocument.Create(
            "sha256", [new("aa.toml", "[x]\n"), new("policy.rego", "package agent_policy\n\ndefault CreateContainerRequest := true\n")]).Text;
        var start = text.IndexOf("\n[data]", StringComparison.Ordinal) + 8;
        var end = text.LastIndexOf("'''", StringComparison.Ordinal) + 3;
        for (var length = start; length < end; length++)
        {
            var problem = PolicyFile.TryRead("trunc.toml", Encoding.UTF8.GetBytes(text[..length]), out var policies);

            // Between two entries, and after the first two of three quotes, nothing tells that more is missing: there is no policy then.
            Assert.True(
                problem?.StartsWith("trunc.toml: the initdata is malformed: line ", StringComparison.Ordinal) ?? string.IsNullOrEmpty(Assert.Single(policies).Policy),
                $"{length}: {problem}");
        }
    }

    [Fact]
    public void InitdataThatEndsEarly_NamesTheLine_InWhichTheStringBegins()
    {
        const string text = "# ours\nversion = \"0.1.0\"\nalgorithm = \"sha256\"\n\n[data]\n\"policy.rego\" = '''\npackage agent_policy\n\ndefault X";

        Assert.Equal(
            "trunc.toml: the initdata is malformed: line 6: a string begins that is not closed before the document ends",
            PolicyFile.TryRead("trunc.toml", Encoding.UTF8.GetBytes(text), out var policies));
        Assert.Empty(policies);
    }

    [Theory]
    [InlineData("package agent_policy\n\nx := [\n  [data]\n]\n")]
    [InlineData("# algorithm = \"sha256\"\npackage agent_policy\n\nalgorithm = \"sha256\"\n")]
    public void TheTextOfAPolicy_IsNotInitdata(string text)
    {
        Assert.Null(PolicyFile.TryRead("policy.rego", Encoding.UTF8.GetBytes(text), out var policies));
        Assert.True(Assert.Single(policies).IsAgentPolicy);
    }

    [Fact]
    public void Travels_AsAnnotation_AndOnABlockDevice()
    {
        var document = InitdataDocument.Create("sha256", [new("policy.rego", "package agent_policy\n")]);

        Assert.True(InitdataEncoding.TryFromAnnotation(InitdataEncoding.ToAnnotation(document), out var fromAnnotation, out _));
        var device = InitdataEncoding.ToBlockDevice(document);
        Assert.True(InitdataEncoding.TryFromBlockDevice(device, out var fromDevice, out _));

        Assert.Equal(document.Text, Encoding.UTF8.GetString(fromAnnotation));
        Assert.Equal(fromAnnotation, fromDevice);
        Assert.Equal(0, device.Length % 512);
    }

    [Fact]
    public void Compresses_WithoutTimeNameAndSystem()
    {
        var gzip = Convert.FromBase64String(InitdataEncoding.ToAnnotation(InitdataDocument.Create("sha256", [new("policy.rego", "x")])));

        Assert.Equal([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255], gzip[..10]);
    }

    [Fact]
    public void Refuses_WhatUnpacksToTooMuch()
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(new byte[InitdataDocument.MaxBytes + 1]);
        }

        Assert.False(InitdataEncoding.TryFromAnnotation(Convert.ToBase64String(buffer.ToArray()), out _, out var error));
        Assert.Contains("unpacks", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("bm90IGd6aXA=")]
    [InlineData("H4sIAAAAAAAA")]
    public void Refuses_WhatIsNoAnnotation(string value) => Assert.False(InitdataEncoding.TryFromAnnotation(value, out _, out _));

    [Theory]
    [InlineData(1, "the base64 is cut off")]
    [InlineData(2, "the base64 is cut off")]
    [InlineData(3, "the base64 is cut off")]
    [InlineData(4, "ends too early")]
    [InlineData(8, "ends too early")]
    [InlineData(12, "ends too early")]
    [InlineData(40, "ends too early")]
    public void Refuses_AnAnnotationThatEndsEarly(int missing, string reason) => AssertRefused(Whole[..^missing], reason);

    [Fact]
    public void Refuses_AnAnnotationThatEndsEarly_WhereverItEnds()
    {
        for (var length = 1; length < Whole.Length; length++)
        {
            Assert.False(InitdataEncoding.TryFromAnnotation(Whole[..length], out _, out var error), $"{length}");
            Assert.DoesNotContain("checksum", error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(" ", 20)]
    [InlineData("\n", 76)]
    [InlineData("\r\n", 76)]
    [InlineData("\t", 0)]
    public void Refuses_AnAnnotationWithWhiteSpace(string space, int at) => AssertRefused(Whole.Insert(at, space), "white space");

    [Fact]
    public void Refuses_BytesBehindTheGzip()
    {
        AssertRefused(Convert.ToBase64String([.. Convert.FromBase64String(Whole), 0]), "1 more byte follows the end of the gzip");
        AssertRefused(Convert.ToBase64String([.. Convert.FromBase64String(Whole), .. Convert.FromBase64String(Whole)]), "more bytes follow the end of the gzip");
    }

    [Theory]
    [InlineData(8, "checksum of the gzip is wrong")]
    [InlineData(4, "states another length")]
    public void Refuses_ATrailerThatIsNotOfTheData(int fromEnd, string reason)
    {
        var gzip = Convert.FromBase64String(Whole);
        gzip[^fromEnd] ^= 1;
        AssertRefused(Convert.ToBase64String(gzip), reason);
    }

    [Fact]
    public void Refuses_AChangeAnywhere_ButInWhatTheHeaderSaysOfItsWriter()
    {
        var gzip = Convert.FromBase64String(Whole);
        Assert.True(InitdataEncoding.TryFromAnnotation(Whole, out var document, out _));
        for (var at = 0; at < gzip.Length; at++)
        {
            // The text flag has no meaning for the data; time, level and system have none either.
            for (var bit = at == 3 ? 1 : 0; bit < 8 && at is < 4 or > 9; bit++)
            {
                var changed = gzip.ToArray();
                changed[at] ^= (byte)(1 << bit);

                // The last byte of the data has bits behind its end, which belong to nothing.
                var isRead = InitdataEncoding.TryFromAnnotation(Convert.ToBase64String(changed), out var read, out _);
                Assert.True(!isRead || (at == gzip.Length - 9 && read.AsSpan().SequenceEqual(document)), $"{at}:{bit}");
            }
        }
    }

    // Libraries such as Go's write the bare header; gzip(1) puts the file's name and time into it; others add fields of their own.
    [Theory]
    [InlineData(0x00, "")]
    [InlineData(0x08, "696e69742e746f6d6c00")]
    [InlineData(0x10, "6f75727300")]
    [InlineData(0x1c, "0300616263696e69742e746f6d6c006f75727300")]
    public void Reads_TheHeadersOfOtherWriters(byte flags, string fields)
    {
        var gzip = Convert.FromBase64String(Whole);
        byte[] header = [.. gzip[..3], flags, 1, 2, 3, 4, 0, 3, .. Convert.FromHexString(fields)];

        Assert.True(InitdataEncoding.TryFromAnnotation(Convert.ToBase64String([.. header, .. gzip[10..]]), out var read, out var error), error);
        Assert.StartsWith("algorithm", Encoding.UTF8.GetString(read), StringComparison.Ordinal);
        for (var length = 3; length < header.Length; length++)
        {
            AssertRefused(Convert.ToBase64String(header[..length]), "ends too early");
        }
    }

    [Fact]
    public void Reads_DataInBlocksThatAreNotCompressed()
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.NoCompression, leaveOpen: true))
        {
            for (var i = 0; i < 40_000; i++)
            {
                gzip.Write("version\n"u8);
            }

            gzip.Flush();
        }

        Assert.True(InitdataEncoding.TryFromAnnotation(Convert.ToBase64String(buffer.ToArray()), out var read, out var error), error);
        Assert.Equal(320_000, read.Length);
    }

    [Theory]
    [InlineData("io.katacontainers.config.hypervisor.cc_init_data", 1)]
    [InlineData("io.katacontainers.config.hypervisor.cc_init_data", 3)]
    [InlineData("io.katacontainers.config.hypervisor.cc_init_data", 4)]
    [InlineData("io.katacontainers.config.agent.policy", 1)]
    public void AnAnnotationThatEndsEarly_IsNamedWithItsPlace(string annotation, int missing)
    {
        var yaml = $"apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    {annotation}: {Whole[..^missing]}\n"
            + "spec:\n  containers:\n  - name: web\n    image: a\n";

        var problem = PolicyFile.TryRead("app.yaml", Encoding.UTF8.GetBytes(yaml), out var policies);

        Assert.StartsWith("app.yaml:6:", problem, StringComparison.Ordinal);
        Assert.Contains(annotation, problem, StringComparison.Ordinal);
        Assert.Contains(missing == 4 ? "ends too early" : "the base64 is cut off", problem, StringComparison.Ordinal);
        Assert.Empty(policies);
    }

    [Theory]
    [InlineData(1, "the base64 is cut off")]
    [InlineData(4, "ends too early")]
    public void AValueThatEndsEarly_IsSaidToBeCutOff(int missing, string reason)
    {
        Assert.Contains(
            reason, PolicyFile.TryRead("value.txt", Encoding.UTF8.GetBytes(Whole[..^missing] + "\n"), out _), StringComparison.Ordinal);
    }

    [Fact]
    public void AValueInSeveralLines_IsSaidToBe()
    {
        var value = Whole.Insert(76, "\n");
        Assert.Contains("white space", PolicyFile.TryRead("value.txt", Encoding.UTF8.GetBytes(value), out _), StringComparison.Ordinal);
        Assert.Contains("white space", PolicyFile.TryRead("value.txt", Encoding.UTF8.GetBytes(value[..^1]), out _), StringComparison.Ordinal);
    }

    private static string Whole { get; } = InitdataEncoding.ToAnnotation(InitdataDocument.Create(
        "sha256", [new("policy.rego", "package agent_policy\n\ndefault CreateContainerRequest := false\n"), new("aa.toml", "[x]\ny = 1\n")]));

    private static void AssertRefused(string value, string reason)
    {
        Assert.False(InitdataEncoding.TryFromAnnotation(value, out _, out var error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_ADeviceThatEndsTooEarly()
    {
        var device = InitdataEncoding.ToBlockDevice(InitdataDocument.Create("sha256", [new("policy.rego", "x")]));

        Assert.False(InitdataEncoding.TryFromBlockDevice(device.AsSpan(0, 20), out _, out var error));
        Assert.Contains("states", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Fits_TheDigest_IntoTheFieldOfEachPlatform()
    {
        var digest = SHA256.HashData("x"u8);
        var hex = Convert.ToHexStringLower(digest);

        var fields = BoundField.Of(digest).ToDictionary(field => field.Target, field => field.Hex);

        Assert.Equal(hex, fields["snp"]);
        Assert.Equal(hex + new string('0', 32), fields["tdx"]);
        Assert.Equal(hex + new string('0', 64), fields["cca"]);
        Assert.Equal(hex + new string('0', 64), fields["sgx"]);
        Assert.Equal(hex + new string('0', 448), fields["se"]);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([.. new byte[32], .. digest])), fields["vtpm"]);
    }

    [Fact]
    public void Cuts_LongerDigests_AndLeavesThePcrOut()
    {
        var digest = SHA384.HashData("x"u8);

        var fields = BoundField.Of(digest);

        Assert.Equal(Convert.ToHexStringLower(digest.AsSpan(0, 32)), fields.Single(field => field.Target == "snp").Hex);
        Assert.DoesNotContain(fields, field => field.Target == "vtpm");
    }
}
