using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Casemate.Measurement.Igvm;
using Casemate.Measurement.Snp;
using Casemate.Measurement.Tests.Snp;
using Casemate.Testing;
using Casemate.Testing.Igvm;

namespace Casemate.Measurement.Tests.Igvm;

public sealed class IgvmMeasurementTests : SnpTestBase
{
    [Fact]
    public async Task AgreesWithTheIndependentCalculation()
    {
        using var directory = new TemporaryDirectory();
        var (requests, expected) = (new List<JsonObject>(), new List<string>());
        for (var seed = 1; seed <= 10; seed++)
        {
            var bytes = IgvmSample.Everything(seed).ToBytes();
            var path = Path.Combine(directory.Path, $"{seed}.igvm");
            await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
            var file = IgvmFile.Parse(bytes);
            foreach (var platform in file.Platforms)
            {
                var mode = platform.Platform switch { IgvmPlatformType.SevSnp => "snp", IgvmPlatformType.Tdx => "tdx", _ => "vbs" };
                requests.Add(new JsonObject { ["mode"] = $"igvm-{mode}", ["file"] = path, ["mask"] = platform.Mask!.Value });
                expected.Add(Hex(IgvmMeasurement.Compute(file, platform).Digest.ToArray()));
            }
        }

        Assert.Equal(expected, await MeasureIndependently(directory, requests));
    }

    [Fact]
    public void Changes_WithMeasuredPages_AndNotWithOthers()
    {
        var bytes = IgvmSample.Everything(4).ToBytes();
        var pages = IgvmFile.Parse(bytes).Headers.Where(header => header.Type is IgvmHeaderType.PageData && header.Data is not null).ToList();
        Assert.Equal(5, pages.Count);
        var before = Digests(bytes);

        foreach (var page in pages)
        {
            var changed = bytes.ToArray();
            changed[(int)BitConverter.ToUInt32(page.Body.Span[12..]) + 1000] ^= 1;
            var after = Digests(changed);

            foreach (var (mask, digest) in before)
            {
                var isMeasured = page.IsFor(mask) && page.Flags is IgvmPageFlags.None;
                Assert.Equal(isMeasured, digest != after[mask]);
            }
        }
    }

    [Fact]
    public void ParameterAreas_AreNotMeasuredWithTheirContents()
    {
        var bytes = IgvmSample.Everything(5).ToBytes();
        var area = IgvmFile.Parse(bytes).Headers.First(header => header.Type is IgvmHeaderType.ParameterArea && header.Data is not null);
        var changed = bytes.ToArray();
        changed[(int)BitConverter.ToUInt32(area.Body.Span[12..])] ^= 1;

        Assert.Equal(Digests(bytes), Digests(changed));
    }

    [Fact]
    public void IdBlock_IsComparedAndVerified()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var plain = IgvmFile.Parse(WithBlock(null).ToBytes());
        var digest = IgvmMeasurement.Compute(plain, plain.Platforms.First()).Digest;
        var block = SnpIdBlock.Create(digest.Span, guestSvn: 3, policy: 0x30000);
        var right = IgvmFile.Parse(WithBlock(Body(block, SnpIdAuthentication.Sign(block, key, key))).ToBytes());
        var other = SnpIdBlock.Create(new byte[48], policy: 0x30000);
        var wrong = IgvmFile.Parse(WithBlock(Body(other, SnpIdAuthentication.Sign(block, key, null))).ToBytes());

        var accepted = IgvmMeasurement.Compute(right, right.Platforms.First());
        var refused = IgvmMeasurement.Compute(wrong, wrong.Platforms.First());

        Assert.Null(IgvmMeasurement.Compute(plain, plain.Platforms.First()).IdBlockMatches);
        Assert.True(accepted.IdBlockMatches);
        Assert.Equal(SnpIdSignature.Valid, accepted.IdBlock!.Signature);
        Assert.NotNull(accepted.IdBlock.Authentication!.AuthorKey);
        Assert.False(refused.IdBlockMatches);
        Assert.Equal(SnpIdSignature.InvalidBlockSignature, refused.IdBlock!.Signature);
    }

    [Fact]
    public void CorimDocument_IsHandedOut()
    {
        var file = IgvmFile.Parse(
            new IgvmSample().Platform(IgvmSample.Tdx, 3).Document(IgvmSample.Tdx, [0xd9, 1, 0xf5]).Page(0x1000, IgvmSample.Tdx, null).ToBytes());

        Assert.Equal([0xd9, 1, 0xf5], IgvmMeasurement.Compute(file, file.Platforms.First()).CorimDocument!.Value.ToArray());
    }

    [Fact]
    public void Refuses_WhatHasNoMeasurement()
    {
        var native = IgvmFile.Parse(new IgvmSample().Platform(1, 0).ToBytes());
        var withoutPolicy = IgvmFile.Parse(new IgvmSample().Platform(2, 2).ToBytes());
        var secrets = IgvmFile.Parse(new IgvmSample().Platform(1, 1).Page(0, 1, null, pageType: 1).ToBytes());
        var shortState = IgvmFile.Parse(
            new IgvmSample().Platform(2, 2).Policy(2, 0).Page(0, 2, new byte[4096]).Context(0, 2, new byte[64], 0).ToBytes());
        var longState = IgvmFile.Parse(new IgvmSample().Platform(1, 1).Context(0, 1, IgvmSample.Numbers(2), 0).ToBytes());

        Assert.Equal(IgvmError.UnmeasuredPlatform, Refusal(native));
        Assert.Equal(IgvmError.NoGuestPolicy, Refusal(withoutPolicy));
        Assert.Equal(IgvmError.UnsupportedPage, Refusal(secrets));
        Assert.Equal(IgvmError.MalformedVpContext, Refusal(shortState));
        Assert.Equal(IgvmError.MalformedVpContext, Refusal(longState));
    }

    private static IgvmError Refusal(IgvmFile file) =>
        Assert.Throws<IgvmException>(() => IgvmMeasurement.Compute(file, file.Platforms.First())).Error;

    private static Dictionary<uint, string> Digests(byte[] bytes)
    {
        var file = IgvmFile.Parse(bytes);
        return file.Platforms.ToDictionary(platform => platform.Mask!.Value, platform => Hex(IgvmMeasurement.Compute(file, platform).Digest.ToArray()));
    }

    private static IgvmSample WithBlock(byte[]? body)
    {
        var sample = new IgvmSample().Platform(IgvmSample.Snp, 2).Policy(IgvmSample.Snp, 0x30000);
        sample.Page(0x1000, IgvmSample.Snp, [.. Enumerable.Repeat((byte)7, 4096)]);
        return body is null ? sample : sample.Header(0x30b, body);
    }

    // The packed form of IGVM_VHS_SNP_ID_BLOCK.
    private static byte[] Body(SnpIdBlock block, SnpIdAuthentication authentication)
    {
        var structure = authentication.Bytes.Span;
        var bytes = block.ToBytes();
        return
        [
            .. IgvmSample.Numbers(IgvmSample.Snp, authentication.AuthorKey is null ? 0u : 1u), .. bytes[..88],
            .. structure[..8], .. structure.Slice(0x40, 144), .. structure.Slice(0x240, 4), 0, 0, 0, 0, .. structure.Slice(0x244, 144),
            .. structure.Slice(0x680, 144), .. structure.Slice(0x880, 4), 0, 0, 0, 0, .. structure.Slice(0x884, 144),
        ];
    }
}
