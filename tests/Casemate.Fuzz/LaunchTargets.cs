using Casemate.Measurement.Igvm;
using Casemate.Measurement.Snp;
using Casemate.Testing.Igvm;
using Casemate.Testing.Snp;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>Firmware and guest images, from whoever built them, and ID blocks.</summary>
public static class LaunchTargets
{
    private static readonly SnpVcpuType s_type = SnpVcpuType.Known[0];

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("ovmf", Firmware,
        [
            new OvmfSample { Pages = 1, Seed = 0 }.ToBytes(),
            new OvmfSample { Pages = 1, Seed = 0, SvsmEntryOffset = 0x10, Sections = [(0x1000, 0x1000, 3), (0x2000, 0x1000, 4)] }.ToBytes(),
        ]),
        new("igvm", Image, [Small(seed: 1), IgvmSample.Everything(1).ToBytes()]),
        new("snp-id-auth", Authentication, [Unsigned(hasAuthor: false), Unsigned(hasAuthor: true)]),
    ];

    private static bool Firmware(ReadOnlySpan<byte> input)
    {
        if (OvmfImage.TryRead(input.ToArray(), out var image) is var error and not SnpError.None)
        {
            Require(image is null, "an image that was refused", input);
            Require(SnpException.Describe(error).Length > 0, "refused without a reason", input);
            return false;
        }

        Require(image!.Sections.Sum(section => (long)section.Size) <= OvmfImage.MaxSectionBytes, "more memory than the limit", input);
        Require(image.Sections.All(section => section.Gpa % 4096 == 0 && section.Size % 4096 == 0), "a section of half a page", input);
        if (image.Sections.Count > 0 && image.Sections.Sum(section => (long)section.Size) < 1 << 20)
        {
            var measurement = SnpMeasurement.Create(new SnpGuest(image));
            var first = measurement.Compute(SnpVmm.Qemu, s_type, 1, 1);
            Require(first.Length == 48 && !measurement.FirmwareDigest.Span.SequenceEqual(first), "a digest without vCPUs", input);
        }

        return true;
    }

    // A changed header has a wrong checksum: it is put right, or nothing behind it would ever be read.
    private static bool Image(ReadOnlySpan<byte> input)
    {
        var bytes = input.ToArray();
        if (bytes.Length >= 24 && BitConverter.ToUInt32(bytes, 8) is var start && BitConverter.ToUInt32(bytes, 12) is var size
            && start >= 24 && start <= bytes.Length && size <= bytes.Length - start)
        {
            IgvmSample.WithChecksum(bytes);
        }

        if (IgvmFile.TryRead(bytes, out var file) is var error and not IgvmError.None)
        {
            Require(file is null && IgvmException.Describe(error).Length > 0, "refused without a reason", input);
            return false;
        }

        Require(file!.Platforms.Any(), "a file for no platform", input);
        var pages = file.Headers.Where(header => header.Type is not IgvmHeaderType.RequiredMemory).Sum(header => (long)(header.Size ?? 0) / 4096);
        foreach (var platform in file.Platforms.Where(_ => pages < 4096))
        {
            try
            {
                var measurement = IgvmMeasurement.Compute(file, platform);
                Require(
                    measurement.Digest.Length == (platform.Platform is IgvmPlatformType.Vbs ? 32 : 48), "a digest of another length", input);
            }
            catch (IgvmException refused)
            {
                Require(refused.Error is not IgvmError.None, "refused without a reason", input);
            }
        }

        return true;
    }

    private static bool Authentication(ReadOnlySpan<byte> input)
    {
        if (SnpIdAuthentication.TryRead(input, out var authentication) is not SnpError.None)
        {
            return false;
        }

        Require(authentication!.Bytes.Span.SequenceEqual(input), "a structure over other bytes", input);
        var verdict = authentication.Verify(SnpIdBlock.Create(new byte[48]));
        Require(verdict is not SnpIdSignature.Valid, "a signature that nobody made", input);
        return true;
    }

    private static byte[] Unsigned(bool hasAuthor)
    {
        var bytes = new byte[SnpIdAuthentication.Size];
        (bytes[0], bytes[0x240]) = (1, 2);
        (bytes[4], bytes[0x880]) = hasAuthor ? ((byte)1, (byte)2) : default;
        return bytes;
    }

    private static byte[] Small(int seed) => new IgvmSample().Platform(IgvmSample.Vbs, 1).Platform(IgvmSample.Snp, 2).Platform(IgvmSample.Tdx, 3)
        .Policy(IgvmSample.Snp, 0x30000).Area(0, 0x1000).Page(0x1000, 7, null).Insert(0x2000, 7, 0)
        .Header(0x30d, IgvmSample.Numbers(0x3000, 0, 1, 0x1000)).Context(0, IgvmSample.Vbs, IgvmSample.Registers(new Random(seed), 2), 0)
        .ToBytes();
}
