using System.Collections.Immutable;
using Casemate.Measurement.Corim;
using Casemate.Measurement.Tests.Tdx;
using Casemate.Testing;
using static Casemate.Testing.CborBytes;

namespace Casemate.Measurement.Tests.Corim;

/// <summary>Manifests: written and read back, and everything that is refused.</summary>
public sealed class CorimDocumentTests
{
    private static readonly byte[] s_digest = [.. Enumerable.Range(1, 48).Select(i => (byte)i)];

    [Fact]
    public void AnyManifest_ReadsAsItWasWritten()
    {
        var random = new Random(31);
        for (var round = 0; round < 300; round++)
        {
            var document = AnyDocument(random);
            var bytes = document.ToBytes();

            Assert.True(CorimDocument.TryRead(bytes, out var read, out var error), error);
            Assert.Equal(document, read);
            Assert.Equal(bytes, read.ToBytes());
        }
    }

    [Theory]
    [InlineData("AMD", "SEV-SNP", "MEASUREMENT", 7, 48)]
    [InlineData("Intel", "TDX", "MRTD", 7, 48)]
    [InlineData("Microsoft", "VBS", "MEASUREMENT", 1, 32)]
    public void LaunchMeasurement_IsEncodedAsTheProfileSays(string vendor, string model, string key, int algorithm, int size)
    {
        var environment = new CorimEnvironment(vendor, model);
        var document = LaunchMeasurementProfile.Create(environment, s_digest.AsMemory(0, size), 5);
        var measurement = Map((Int(0), Text(key)), (Int(1), Map((Int(2), Array(Array(Int(algorithm), Bytes(s_digest.AsSpan(0, size))))))));
        var platform = Map((Int(0), Map((Int(1), Text(vendor)), (Int(2), Text(model)))));
        var module = Map(
            (Int(1), Map((Int(0), Text(LaunchMeasurementProfile.TagIdOf(environment))))),
            (Int(4), Map(
                (Int(0), Array(Array(platform, Array(measurement)))),
                (Int(8), Array(Array(
                    Array(platform, Array()),
                    Array(Array(Array(measurement), Array(Map((Int(1), Map((Int(1), Tag(552, Int(5)))))))))))))));
        var expected = Tag(501, Map(
            (Int(0), Text($"{vendor}/{model}/launch-measurement")), (Int(1), Array(Tag(506, Bytes(module)))),
            (Int(3), Tag(32, Text("tag:microsoft.com,2026:launch-measurement/v1")))));

        Assert.Equal(expected, document.ToBytes());
        Assert.True(LaunchMeasurementProfile.TryRead(document, out var launch, out var error), error);
        Assert.Equal((environment, 5L), (launch.Environment, launch.Svn));
        Assert.Equal(s_digest[..size], launch.Measurement.ToArray());
    }

    // The published identifier of AMD/SEV-SNP: microsoft/igvm, igvm/src/corim/launch_measurement/builder.rs.
    [Fact]
    public void TagId_IsThePublishedOne() =>
        Assert.Equal("77e8061e-4634-5e53-a848-d1d09e996843", LaunchMeasurementProfile.TagIdOf(CorimEnvironment.Snp));

    [Fact]
    public async Task AnIndependentReader_SeesTheSameItems()
    {
        var lines = await IndependentTdx.RunAsync("corim", LaunchMeasurementProfile.Create(CorimEnvironment.Tdx, s_digest, 9).ToBytes());

        Assert.Equal("0 tag 501", lines[0]);
        Assert.Contains(lines, line => line.EndsWith("\"Intel/TDX/launch-measurement\"", StringComparison.Ordinal));
        Assert.Equal(2, lines.Count(line => line.EndsWith($"h'{Convert.ToHexStringLower(s_digest)}'", StringComparison.Ordinal)));
        var svn = System.Array.FindIndex(lines, line => line.EndsWith("tag 552", StringComparison.Ordinal));
        Assert.EndsWith(" 9", lines[svn + 1], StringComparison.Ordinal);
    }

    [Fact]
    public void ProfileUri_IsReadWithAndWithoutItsTag()
    {
        var document = LaunchMeasurementProfile.Create(CorimEnvironment.Snp, s_digest, 1);
        var bytes = document.ToBytes().ToList();
        var at = bytes.Count - LaunchMeasurementProfile.Uri.Length - 4;
        Assert.Equal([0xD8, 0x20], bytes[at..(at + 2)]);
        bytes.RemoveRange(at, 2);

        Assert.True(CorimDocument.TryRead(bytes.ToArray(), out var read, out var error), error);
        Assert.Equal(document, read);
    }

    public static TheoryData<string, byte[]> Malformed
    {
        get
        {
            var digests = Map((Int(2), Array(Array(Int(7), Bytes(s_digest)))));
            byte[] Reference(byte[] values, byte[]? environment = null) => Array(Array(
                environment ?? Map((Int(0), Map((Int(1), Text("AMD")), (Int(2), Text("SEV-SNP"))))), Array(Map((Int(0), Text("M")), (Int(1), values)))));
            byte[] Triples(byte[] triples) => Document(Map((Int(1), Map((Int(0), Text("t")))), (Int(4), triples)));
            byte[] Document(byte[] module) => Tag(501, Map((Int(0), Text("i")), (Int(1), Array(Tag(506, Bytes(module))))));
            byte[] Value(byte[] values) => Triples(Map((Int(0), Reference(values))));
            return new()
            {
                { "the tag is not 501", Tag(500, Map((Int(0), Text("i")))) },
                { "the tag is not 501", [] },
                { "bytes follow", [.. Value(digests), 0] },
                { "no id, or no tags", Tag(501, Map((Int(0), Text("i")))) },
                { "member 4, which is not known", Tag(501, Map((Int(0), Text("i")), (Int(4), Map()))) },
                { "not one above", Tag(501, Map((Int(3), Text("p")), (Int(0), Text("i")))) },
                { "not one above", Tag(501, Map((Int(0), Text("i")), (Int(0), Text("i")))) },
                { "is not text", Tag(501, Map((Int(0), Text("")))) },
                { "not a URI", Tag(501, Map((Int(0), Text("i")), (Int(3), Tag(33, Text("a"))))) },
                { "is not a CoMID", Tag(501, Map((Int(0), Text("i")), (Int(1), Array(Tag(505, Bytes([])))))) },
                { "is not an array", Tag(501, Map((Int(0), Text("i")), (Int(1), Array()))) },
                { "no tag-id or no triples", Document(Map((Int(1), Map((Int(0), Text("t")))))) },
                { "not the 16 of a UUID", Document(Map((Int(1), Map((Int(0), Bytes([1])))), (Int(4), Map((Int(0), Reference(digests)))))) },
                { "tag-version is not", Document(Map((Int(1), Map((Int(0), Text("t")), (Int(1), Int(-1)))), (Int(4), Map((Int(0), Reference(digests)))))) },
                { "tag-identity has the member 2", Document(Map((Int(1), Map((Int(0), Text("t")), (Int(2), Int(1)))), (Int(4), Map()))) },
                { "kind 1, which is not known", Triples(Map((Int(1), Reference(digests)))) },
                { "bare numbers are refused", Value(Map((Int(1), Int(3)))) },
                { "minima (tag 553)", Value(Map((Int(1), Tag(553, Int(3))))) },
                { "not a number from 0", Value(Map((Int(1), Tag(552, Int(-1))))) },
                { "is not an array of 1", Value(Map((Int(2), Array()))) },
                { "algorithm 2;", Value(Map((Int(2), Array(Array(Int(2), Bytes(new byte[16])))))) },
                { "its algorithm gives 48", Value(Map((Int(2), Array(Array(Int(7), Bytes(new byte[47])))))) },
                { "two of one algorithm", Value(Map((Int(2), Array(Array(Int(7), Bytes(s_digest)), Array(Int(7), Bytes(s_digest)))))) },
                { "mval has the member 4", Value(Map((Int(4), Bytes([])))) },
                { "has the member 2", Triples(Map((Int(0), Array(Array(
                    Map((Int(0), Map((Int(1), Text("A")), (Int(2), Text("B"))))), Array(Map((Int(1), digests), (Int(2), Array())))))))) },
                { "class has the member 3", Triples(Map((Int(0), Reference(digests, Map((Int(0), Map((Int(1), Text("A")), (Int(3), Text("B"))))))))) },
                { "environment has the member 1", Triples(Map((Int(0), Reference(digests, Map((Int(1), Bytes([]))))))) },
                { "no vendor or no model", Triples(Map((Int(0), Reference(digests, Map((Int(0), Map((Int(1), Text("A"))))))))) },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Refuses_WhatIsMalformedOrNotKnown(string text, byte[] source)
    {
        Assert.False(CorimDocument.TryRead(source, out var document, out var error));
        Assert.Null(document);
        Assert.Contains(text, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_NumbersThatAreNotShort_AndEndlessLengths()
    {
        Assert.False(CorimDocument.TryRead([0xD9, 0x01, 0xF5, 0xBF, 0x00, 0x61, 0x69, 0xFF], out _, out _));
        Assert.False(CorimDocument.TryRead([0xDA, 0, 0, 0x01, 0xF5, 0xA1, 0x00, 0x61, 0x69], out _, out _));
    }

    [Fact]
    public void LaunchProfile_RefusesEveryOtherManifest()
    {
        var good = LaunchMeasurementProfile.Create(CorimEnvironment.Snp, s_digest, 1);
        var module = good.Modules[0];
        var reference = module.References[0];
        var entry = module.Series[0].Entries[0];
        void Refuses(CorimDocument document) => Assert.False(LaunchMeasurementProfile.TryRead(document, out _, out _));
        CorimDocument With(CorimModule other) => good with { Modules = [other] };
        CorimDocument Entry(CorimSeriesEntry other) => With(module with { Series = [module.Series[0] with { Entries = [other] }] });

        Refuses(good with { Profile = null });
        Refuses(good with { Profile = GuestImageProfile.Uri });
        Refuses(good with { Id = "AMD/SEV-SNP" });
        Refuses(good with { Modules = [module, module] });
        Refuses(With(module with { TagId = "77e8061e-4634-5e53-a848-d1d09e996844" }));
        Refuses(With(module with { Series = [] }));
        Refuses(With(module with { References = [reference, reference] }));
        Refuses(With(module with { References = [reference with { Environment = CorimEnvironment.Tdx }] }));
        Refuses(With(module with { References = [reference with { Environment = new CorimEnvironment("AMD", "SEV") }] }));
        Refuses(Entry(entry with { Selection = [entry.Selection[0] with { Key = "OTHER" }] }));
        Refuses(Entry(entry with { Addition = [new CorimMeasurement { Key = "K", Svn = 1 }] }));
        Refuses(Entry(entry with { Addition = [entry.Selection[0]] }));
        Assert.True(LaunchMeasurementProfile.TryRead(With(module with { TagId = module.TagId.ToUpperInvariant() }), out _, out _));
        Assert.Throws<ArgumentException>(() => LaunchMeasurementProfile.Create(CorimEnvironment.Snp, new byte[32], 1));
        Assert.Throws<ArgumentException>(() => LaunchMeasurementProfile.Create(new CorimEnvironment("a", "b"), new byte[48], 1));
    }

    [Fact]
    public void GuestImages_CarryEveryValueThatTheirEvidenceHas()
    {
        (string, ReadOnlyMemory<byte>)[] values = [("MRTD", s_digest), ("RTMR1", s_digest), ("VERITY_ROOT/root", s_digest.AsMemory(0, 32))];
        var document = GuestImageProfile.Create("shop/guest", CorimEnvironment.Tdx, values, 4);

        Assert.True(CorimDocument.TryRead(document.ToBytes(), out var read, out var error), error);
        Assert.True(GuestImageProfile.TryRead(read, out var reference, out error), error);
        Assert.Equal(["MRTD", "RTMR1", "VERITY_ROOT/root"], reference.Measurements.Select(m => m.Key));
        Assert.False(LaunchMeasurementProfile.TryRead(read, out _, out _));
        Assert.Throws<ArgumentException>(() => GuestImageProfile.Create("x", CorimEnvironment.Tdx, [("HOST_DATA", new byte[32])]));
        Assert.Throws<ArgumentException>(() => GuestImageProfile.Create("x", CorimEnvironment.Snp, [("HOST_DATA", new byte[48])]));
        Assert.Throws<ArgumentException>(() => GuestImageProfile.Create("x", CorimEnvironment.Tdx, [("MRTD", s_digest), ("MRTD", s_digest)]));
        Assert.Throws<ArgumentException>(() => GuestImageProfile.Create("x", CorimEnvironment.Tdx, []));
    }

    private static CorimDocument AnyDocument(Random random) => new()
    {
        Id = AnyText(random),
        Profile = random.Next(2) == 0 ? null : AnyText(random),
        Modules =
        [
            .. Enumerable.Range(0, random.Next(1, 4)).Select(_ => new CorimModule
            {
                TagId = AnyText(random),
                TagVersion = random.Next(3),
                References = Some(random, 1, () => new CorimReference(AnyEnvironment(random), Some(random, 1, () => AnyMeasurement(random)))),
                Series = Some(random, 0, () => new CorimSeries(
                    AnyEnvironment(random), Some(random, 0, () => AnyMeasurement(random)),
                    Some(random, 1, () => new CorimSeriesEntry(
                        Some(random, 1, () => AnyMeasurement(random)), Some(random, 1, () => AnyMeasurement(random)))))),
            }),
        ],
    };

    private static CorimEnvironment AnyEnvironment(Random random) => new(AnyText(random), AnyText(random));

    private static CorimMeasurement AnyMeasurement(Random random)
    {
        var digests = Some(random, 0, () => 0).Select((_, i) =>
        {
            var algorithm = ((int[])[1, 7, 8])[i];
            var value = new byte[CorimDigest.SizeOf(algorithm)!.Value];
            random.NextBytes(value);
            return new CorimDigest(algorithm, value);
        }).ToImmutableArray();
        return new CorimMeasurement
        {
            Key = random.Next(3) == 0 ? null : AnyText(random),
            Digests = digests,
            Svn = digests.IsEmpty || random.Next(2) == 0 ? random.NextInt64() : null,
        };
    }

    private static ImmutableArray<T> Some<T>(Random random, int least, Func<T> make) =>
        [.. Enumerable.Range(0, random.Next(least, 4)).Select(_ => make())];

    private static string AnyText(Random random) =>
        new([.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(20) == 0 ? 'é' : (char)random.Next(' ', '~'))]);
}
