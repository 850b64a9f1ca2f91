using System.Security.Cryptography;
using Casemate.Measurement.Corim;
using Casemate.Measurement.Firmware;
using Casemate.Measurement.Tdx;
using Casemate.Primitives.Cose;
using Casemate.Testing;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>Firmware, EFI programs, partition tables and manifests, from whoever hands them over to be measured.</summary>
public static class TdxTargets
{
    private static readonly string s_key = NewKey();

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("tdvf", Firmware, [new TdvfSample().ToBytes(), new TdvfSample { Size = 0x1000, Sections = [new(0, 0x1000, 0xFFFF_F000, 0x1000, 0, 1)] }.ToBytes()]),
        new("pe", Image,
        [
            new PeSample().ToBytes(),
            new PeSample { Certificates = new byte[24], Trailing = [7, 7, 7, 7, 7, 7, 7, 7], HeadersReversed = true }.ToBytes(),
            Unified(),
        ]),
        new("uki", UnifiedImage, [Unified()]),
        new("gpt", PartitionTable, [Disk()]),
        new("corim", Manifest,
        [
            LaunchMeasurementProfile.Create(CorimEnvironment.Snp, new byte[48], 3).ToBytes(),
            GuestImage().ToBytes(),
        ]),
        new("corim-signed", SignedManifest, [Signed()]),
    ];

    private static bool Firmware(ReadOnlySpan<byte> input)
    {
        if (!Tdvf.TryRead(input.ToArray(), out var tdvf, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        var pages = tdvf.Sections.Where(s => s.IsAdded).Sum(s => (long)s.Pages);
        Require(pages <= Tdvf.MaxPages, "more pages than the limit", input);
        if (pages > 256)
        {
            return true;
        }

        foreach (var profile in Enum.GetValues<MrtdProfile>())
        {
            try
            {
                Require(tdvf.ComputeMrtd(profile, new byte[64]).Length == MrtdAccumulator.Size, "a measurement of another size", input);
            }
            catch (TdxMeasurementException)
            {
                Require(tdvf.Sections.Any(s => s.IsFilledByVmm), "refused although the content is known", input);
            }
        }

        return true;
    }

    private static bool Image(ReadOnlySpan<byte> input)
    {
        var bytes = input.ToArray();
        if (!PeImage.TryRead(bytes, out var image, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(image.Sections.All(s => s.Content.Length <= s.VirtualSize && s.Raw.Length <= bytes.Length), "a section larger than it is", input);
        Require(image.HashAuthenticode(HashAlgorithmName.SHA256).Length == 32, "a digest of another size", input);
        return true;
    }

    private static bool UnifiedImage(ReadOnlySpan<byte> input)
    {
        if (!PeImage.TryRead(input.ToArray(), out var image, out _) || image.Sections.Sum(s => (long)s.VirtualSize) > 1 << 20)
        {
            return false;
        }

        try
        {
            var events = new UnifiedKernelBoot { Image = input.ToArray() }.Predict();
            Require(events.All(e => e.Rtmr is 1 or 2 && e.Digest.Length == 48), "an event of another register or size", input);
            return true;
        }
        catch (TdxMeasurementException failure)
        {
            Require(failure.Message.Length > 0, "refused without a reason", input);
            return false;
        }
    }

    private static bool PartitionTable(ReadOnlySpan<byte> input)
    {
        if (!PartitionTableEvent.TryRead(input, out var data, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(data.Length >= 100 && data.AsSpan(0, 92).SequenceEqual(input.Slice(512, 92)), "another header than the disk's", input);
        return true;
    }

    private static bool Manifest(ReadOnlySpan<byte> input)
    {
        if (!CorimDocument.TryRead(input, out var document, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        var written = document.ToBytes();
        Require(CorimDocument.TryRead(written, out var again, out _) && again == document, "a manifest that writes another one", input);
        Require(again!.ToBytes().AsSpan().SequenceEqual(written), "two encodings of one manifest", input);
        Require(!CorimDocument.TryRead(input[..^1], out _, out _), "a manifest that lost its last byte is accepted", input);
        if (LaunchMeasurementProfile.TryRead(document, out var launch, out _))
        {
            Require(
                LaunchMeasurementProfile.Create(launch.Environment, launch.Measurement, launch.Svn).ToBytes().Length == written.Length,
                "a manifest of the profile that is not the profile's", input);
        }

        return true;
    }

    private static bool SignedManifest(ReadOnlySpan<byte> input)
    {
        if (!SignedCorim.TryRead(input, out var signed, out var error))
        {
            Require(error.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(signed.Document.Modules.Length > 0, "a manifest without modules", input);
        return true;
    }

    private static CorimDocument GuestImage() => GuestImageProfile.Create(
        "example/guest", CorimEnvironment.Tdx, [("MRTD", new byte[48]), ("RTMR1", new byte[48]), ("VERITY_ROOT/root", new byte[32])], 7);

    private static byte[] Signed()
    {
        CoseSigningKey.TryRead(s_key, out var key, out _);
        using (key)
        {
            return SignedCorim.Sign(GuestImage(), "Example", [], key!);
        }
    }

    private static string NewKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKeyPem();
    }

    private static byte[] Unified() => new PeSample
    {
        Sections =
        [
            (".linux", new PeSample().ToBytes()), (".osrel", "ID=x\n"u8.ToArray()), (".cmdline", "console=hvc0 quiet\n"u8.ToArray()),
            (".initrd", [1, 2, 3, 4]), (".uname", "6.12"u8.ToArray()),
        ],
    }.ToBytes();

    private static byte[] Disk()
    {
        var disk = new byte[4096];
        "EFI PART"u8.CopyTo(disk.AsSpan(512));
        disk[512 + 72] = 2;
        disk[512 + 80] = 4;
        disk[512 + 84] = 128;
        disk[1024] = 1;
        disk[1024 + 256] = 2;
        return disk;
    }
}
