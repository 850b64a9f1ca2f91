using System.Text.Json.Nodes;
using Casemate.Measurement.Snp;
using Casemate.Testing;
using Casemate.Testing.Snp;

namespace Casemate.Measurement.Tests.Snp;

public sealed class SnpMeasurementTests : SnpTestBase
{
    [Fact]
    public async Task AgreesWithTheIndependentCalculation_OnRandomGuests()
    {
        using var directory = new TemporaryDirectory();
        var random = new Random(20261121);
        var (requests, expected) = (new List<JsonObject>(), new List<string>());
        for (var i = 0; i < 120; i++)
        {
            AddRandomGuest(directory, random, i, requests, expected);
        }

        Assert.Equal(expected, await MeasureIndependently(directory, requests));
    }

    [Fact]
    public async Task AgreesWithTheIndependentCalculation_OnOlderGuests()
    {
        using var directory = new TemporaryDirectory();
        var file = Write(directory, "firmware", new OvmfSample { Pages = 9 }.ToBytes());
        var kernel = Write(directory, "kernel", [1, 2, 3]);
        var (image, hashes) = (OvmfImage.Parse(File.ReadAllBytes(file)), Kernel([1, 2, 3], commandLine: "quiet"));

        var actual = await MeasureIndependently(directory,
        [
            Request("sev", file, 1, Milan, "qemu", 0), Request("sev", file, 1, Milan, "qemu", 0, kernel, append: "quiet"),
            Request("seves", file, 5, Milan, "qemu", 0), Request("seves", file, 2, Epyc, "ec2", 0, kernel, append: "quiet"),
        ]);

        Assert.Equal(
            [
                Hex(SevLegacyMeasurement.Sev(image, null)), Hex(SevLegacyMeasurement.Sev(image, hashes)),
                Hex(SevLegacyMeasurement.SevEs(image, null, SnpVmm.Qemu, Milan, 5)),
                Hex(SevLegacyMeasurement.SevEs(image, hashes, SnpVmm.Ec2, Epyc, 2)),
            ],
            actual);
    }

    [Fact]
    public async Task AgreesWithTheIndependentCalculation_OnAnSvsm()
    {
        using var directory = new TemporaryDirectory();
        var firmware = OvmfImage.Parse(new OvmfSample { Pages = 40, Sections = null }.ToBytes());
        var bytes = new OvmfSample { Pages = 70, Seed = 5, SvsmEntryOffset = 0x2010, Sections = [(0x1000, 0x1000, 3), (0x2000, 0x1000, 2), (0x3000, 0x1000, 4)] }.ToBytes();
        var svsm = OvmfImage.Parse(bytes, firmware.Gpa - 0x8_4000);
        var request = Request("snp", Write(directory, "firmware", firmware.Bytes.ToArray()), 3, Milan, "qemu", 0x21);
        (request["svsm"], request["vars"]) = (Write(directory, "svsm", bytes), 0x8_4000);

        var digest = SnpMeasurement.Create(new SnpGuest(firmware) { Svsm = svsm }).Compute(SnpVmm.Qemu, Milan, 0x21, 3);

        Assert.Equal([Hex(digest)], await MeasureIndependently(directory, [request]));
    }

    [Fact]
    public void Changes_WithOneByteOfAnyMeasuredPage()
    {
        var bytes = new OvmfSample { Pages = 80 }.ToBytes();
        var before = Measure(bytes, Kernel([1]));
        var random = new Random(3);

        foreach (var page in Enumerable.Range(0, 79))
        {
            var changed = bytes.ToArray();
            changed[(page * 4096) + random.Next(4096)] ^= (byte)(1 << random.Next(8));

            Assert.NotEqual(before, Measure(changed, Kernel([1])));
        }

        // The end of the last page is the table itself; the bytes before the metadata are only measured.
        var last = bytes.ToArray();
        last[^0xf00] ^= 1;
        Assert.NotEqual(before, Measure(last, Kernel([1])));
    }

    [Fact]
    public void Changes_WithKernelInitrdAndCommandLine()
    {
        var bytes = new OvmfSample().ToBytes();
        string[] digests =
        [
            Measure(bytes, null), Measure(bytes, Kernel([1])), Measure(bytes, Kernel([2])), Measure(bytes, Kernel([1], [1])),
            Measure(bytes, Kernel([1], [1], "a")), Measure(bytes, Kernel([1], [1], "b")),
        ];

        Assert.Equal(digests.Length, digests.Distinct().Count());
        Assert.Equal(Measure(bytes, Kernel([1])), Measure(bytes, Kernel([1], [], "")));
    }

    [Fact]
    public void DoesNotChange_WithWhatTheHostPutsIntoPagesOfWhichOnlyTheAddressCounts()
    {
        // Such pages have no contents to flip: moving one page changes the digest, and that is all that can.
        var here = Measure(new OvmfSample { Sections = [(0x1000, 0x1000, 2)], MetadataOffset = 0x800 }.ToBytes(), null);
        var there = Measure(new OvmfSample { Sections = [(0x2000, 0x1000, 2)], MetadataOffset = 0x800 }.ToBytes(), null);

        Assert.NotEqual(here, there);
    }

    [Fact]
    public void Matrix_IsWhatSingleComputationsGive()
    {
        var measurement = SnpMeasurement.Create(new SnpGuest(Image()) { Kernel = Kernel([7]) });
        var matrix = new SnpMatrix(
            [SnpVmm.Qemu, SnpVmm.Ec2, SnpVmm.Ec2ZeroRdx, SnpVmm.Gce], [Milan, Type("EPYC-Genoa"), Epyc], [1, 0x21], [4, 1, 64, 2]);

        var rows = measurement.Compute(matrix);

        Assert.Equal(matrix.Rows, rows.Count);
        Assert.Equal(8 * 4 * 2, rows.Count);
        Assert.All(rows, row => Assert.Equal(
            Hex(measurement.Compute(row.Vmm, row.VcpuType, row.Features, row.Vcpus)), Hex(row.Measurement.ToArray())));
        Assert.Equal(rows.Count, rows.Select(row => Hex(row.Measurement.ToArray())).Distinct().Count() + 8); // Google: Milan and Naples alike
    }

    [Fact]
    public void Google_CountsTheWidthOfAddressesOnly()
    {
        var measurement = SnpMeasurement.Create(new SnpGuest(Image()));

        Assert.Equal(measurement.Compute(SnpVmm.Gce, Milan, 1, 2), measurement.Compute(SnpVmm.Gce, Epyc, 1, 2));
        Assert.NotEqual(measurement.Compute(SnpVmm.Gce, Milan, 1, 2), measurement.Compute(SnpVmm.Gce, Type("EPYC-Genoa"), 1, 2));
    }

    [Fact]
    public void FirmwareDigest_StandsForTheFirmware()
    {
        var first = SnpMeasurement.Create(new SnpGuest(Image()));
        var again = SnpMeasurement.Create(new SnpGuest(Image(new OvmfSample { Seed = 99 })) { TrustedFirmwareDigest = first.FirmwareDigest });

        Assert.Equal(first.Compute(SnpVmm.Qemu, Milan, 1, 2), again.Compute(SnpVmm.Qemu, Milan, 1, 2));
    }

    [Fact]
    public void Refuses_AKernelThatTheFirmwareDoesNotMeasure()
    {
        var plain = Image(new OvmfSample { Sections = OvmfSample.PlainSections });
        var withoutPlace = Image(new OvmfSample { HashTableGpa = null });
        var acrossPages = Image(new OvmfSample { HashTableGpa = 0x80_ffff });
        var twoPages = Image(new OvmfSample { Sections = [(0x80_f000, 0x2000, 0x10)] });

        Assert.Equal(SnpError.NoKernelHashes, Refusal(new SnpGuest(plain) { Kernel = Kernel([1]) }));
        Assert.Equal(SnpError.NoKernelHashes, Refusal(new SnpGuest(withoutPlace) { Kernel = Kernel([1]) }));
        Assert.Equal(SnpError.MalformedSevMetadata, Refusal(new SnpGuest(acrossPages) { Kernel = Kernel([1]) }));
        Assert.Equal(SnpError.MalformedSection, Refusal(new SnpGuest(twoPages) { Kernel = Kernel([1]) }));
        Assert.Equal(
            SnpError.NoKernelHashes, Assert.Throws<SnpException>(() => SevLegacyMeasurement.Sev(withoutPlace, Kernel([1]))).Error);
    }

    [Fact]
    public void Refuses_VcpusThatCannotStart()
    {
        var measurement = SnpMeasurement.Create(new SnpGuest(Image(new OvmfSample { ResetEip = null })));

        Assert.Equal(48, measurement.Compute(SnpVmm.Qemu, Milan, 1, 1).Length);
        Assert.Equal(SnpError.NoResetVector, Assert.Throws<SnpException>(() => measurement.Compute(SnpVmm.Qemu, Milan, 1, 2)).Error);
        Assert.Equal(SnpError.VcpusOutOfRange, Assert.Throws<SnpException>(() => measurement.Compute(SnpVmm.Qemu, Milan, 1, 0)).Error);
        Assert.Equal(SnpError.VcpusOutOfRange, Assert.Throws<SnpException>(() => measurement.Compute(SnpVmm.Qemu, Milan, 1, 4097)).Error);
        Assert.Throws<ArgumentException>(() => measurement.Compute(SnpVmm.Qemu, null, 1, 1));
    }

    [Fact]
    public void Refuses_SvsmsThatCannotStart()
    {
        var svsm = Image(new OvmfSample { SvsmEntryOffset = 16 });

        Assert.Equal(SnpError.NoSvsmEntry, Refusal(new SnpGuest(Image()) { Svsm = Image() }));
        Assert.Equal(SnpError.UnsupportedVmm, Refusal(new SnpGuest(Image()) { Svsm = svsm, Kernel = Kernel([1]) }));
        var measurement = SnpMeasurement.Create(new SnpGuest(Image()) { Svsm = svsm });
        Assert.Equal(SnpError.UnsupportedVmm, Assert.Throws<SnpException>(() => measurement.Compute(SnpVmm.Gce, Milan, 1, 1)).Error);
    }

    private static void AddRandomGuest(TemporaryDirectory directory, Random random, int i, List<JsonObject> requests, List<string> expected)
    {
        var bytes = new OvmfSample { Pages = random.Next(1, 90), Seed = i, HashTableGpa = 0x80_f000u + (uint)random.Next(4096 - 176) }.ToBytes();
        var type = SnpVcpuType.Known[random.Next(SnpVcpuType.Known.Count)];
        var vmm = (SnpVmm)random.Next(4);
        var (features, vcpus) = ((ulong)random.Next(1, 0x40), random.Next(1, 12));
        var kernel = random.Next(2) == 0 ? null : Random(random);
        var initrd = random.Next(2) == 0 ? null : Random(random);
        var append = random.Next(2) == 0 ? "" : $"root=/dev/{random.Next()} näme";
        var request = Request(
            "snp", Write(directory, $"{i}.fd", bytes), vcpus, type, $"{vmm}".ToLowerInvariant(), features,
            kernel is null ? null : Write(directory, $"{i}.kernel", kernel),
            initrd is null ? null : Write(directory, $"{i}.initrd", initrd), append);
        requests.Add(request);
        var guest = new SnpGuest(OvmfImage.Parse(bytes)) { Kernel = kernel is null ? null : Kernel(kernel, initrd, append) };
        expected.Add(Hex(SnpMeasurement.Create(guest).Compute(vmm, type, features, vcpus)));
    }

    private static byte[] Random(Random random)
    {
        var bytes = new byte[random.Next(5000)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static JsonObject Request(
        string mode, string firmware, int vcpus, SnpVcpuType type, string vmm, ulong features,
        string? kernel = null, string? initrd = null, string append = "") => new()
        {
            ["mode"] = mode,
            ["firmware"] = firmware,
            ["vcpus"] = vcpus,
            ["signature"] = type.Signature,
            ["bits"] = type.PhysicalAddressBits,
            ["vmm"] = vmm,
            ["features"] = features,
            ["kernel"] = kernel,
            ["initrd"] = initrd,
            ["append"] = append,
        };

    private static string Write(TemporaryDirectory directory, string name, byte[] bytes)
    {
        var path = Path.Combine(directory.Path, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static string Measure(byte[] firmware, SnpKernelHashes? kernel) =>
        Hex(SnpMeasurement.Create(new SnpGuest(OvmfImage.Parse(firmware)) { Kernel = kernel }).Compute(SnpVmm.Qemu, Milan, 1, 2));

    private static SnpError Refusal(SnpGuest guest) => Assert.Throws<SnpException>(() => SnpMeasurement.Create(guest)).Error;
}
