using Casemate.Measurement.Snp;
using Casemate.Testing.Snp;

namespace Casemate.Measurement.Tests.Snp;

/// <summary>
/// Digests that others published. The images behind them are not here: the digest of their pages is published too, and what their ends
/// say (sections, reset address, place of the hashes) was put together again and proves itself by leading to the published result.
/// </summary>
public sealed class KnownSnpDigestTests : SnpTestBase
{
    // virtee/sev-snp-measure, tests/test_guest.py: the end of edk2's AmdSev build.
    private const string AmdSevFirmware = "edcf6d1c57ce868a167c990f58c8667c698269ef9e0803246419eea914186343054d557e1f17acd93b032c106bc70d25";
    private const string OtherAmdSevFirmware = "cab7e085874b3acfdbe2d96dcaa3125111f00c35c6fc9708464c2ae74bfdb048a198cb9a9ccae0b3e5e1a33f5f249819";

    private const string BootLine = "console=ttyS0 loglevel=7";

    [Theory]
    [InlineData(OtherAmdSevFirmware, "", 1, 0x21, "aa6f24465c304e3ad553a18069510996fc92a84f48ae2140cb95dfbd422cdb14087588fb6eec89ef0a65e6d376d9a300")]
    [InlineData(OtherAmdSevFirmware, "", 1, 0x1, "3c018b826531c5f625f10004d51ee51ab5dbfaf1fdd79998ab649cff11b4afbdb2f50941d2a23b5d77fe00cf988242e7")]
    [InlineData(AmdSevFirmware, BootLine, 1, 0x21, "2b9ca4d24c46845280fdca6f0ca0edf0f704bf179243e5c1b139acf3668ce7bc040e12d16b2ee8738aeaa39faddc8912")]
    [InlineData(AmdSevFirmware, BootLine, 1, 0x1, "72b3f3c1ed0df9e5279eb2317a9861be3b878537e8513b318b49c1e184f6228e3ff367d133a8688f430e412ba66f558f")]
    [InlineData(AmdSevFirmware, null, 1, 0x21, "d35ca073e73701aa476d9d1b2feeee9efd935b7ec9dc43a0105857f506addb48ba3a1d443e5c10db430ad1a436ac5b2c")]
    [InlineData(AmdSevFirmware, null, 1, 0x1, "c4ee889e2ca38dc7137f5a448c56960a1eb5c08919fd2107a1249eb899afda42be9ba11e417530938cfa8d62a5890557")]
    [InlineData(AmdSevFirmware, "", 4, 0x21, "6258fc4d3c60d6964de64811587a903f309b9391efdccd448bb8bc39b78c1d153378077ca37e32d06d6ead319a5c7bce")]
    [InlineData(AmdSevFirmware, "", 4, 0x1, "74b2f532253c8214df9998ba8df305aa98eb1733c0010014c5ed728b8d1a9fa83df0a0caf047e9cee14087cc79bbc7c9")]
    public void Qemu_AsSevSnpMeasure(string firmware, string? commandLine, int vcpus, ulong features, string expected)
    {
        Assert.Equal(expected, Hex(Measure(firmware, commandLine).Compute(SnpVmm.Qemu, Epyc, features, vcpus)));
    }

    [Theory]
    [InlineData(0x1, "760b6e51039d2d6c1fc6d38ca5c387967d158e0294883e4522c36f89bd61bfc9cdb975cd1ceedffbe1b23b1daf4e3f42")]
    [InlineData(0x21, "cd4a4690a1f679ac8f3d6e446aab8d0061d535cc94615d98c7d7dbe4b16dbceeaf7fc7944e7874b202e27041f179e7e6")]
    public void AmazonWithZeroRdx_AsSevSnpMeasure(ulong features, string expected)
    {
        Assert.Equal(expected, Hex(Measure(AmdSevFirmware, "").Compute(SnpVmm.Ec2ZeroRdx, null, features, 1)));
    }

    // virtee/sev-snp-measure-go, guest/guest_test.go with guest/testdata/ovmf_img_1.json: firmware that Amazon ran.
    [Theory]
    [InlineData(
        "a58211791a556a630a4319dc9e2ea96cc0e9784dd9f20a4fadf81b26c98d163fcdcb6703884bbbb80d7b1de45b3d84d0",
        "4c6e33087d08fa770259484dddbef367086a15c3e2cf10038dc97229d39c942671c2e22b300178f8de594a3f2fa59303")]
    [InlineData(
        "2027a27bb9f7acfd280e4c7bd68a73973b94bf0756e5b282e004b9395f597b8d0eb4defa7d8f6549375aa4d2b146f0f3",
        "c2c84b9364fc9f0f54b04534768c860c6e0e386ad98b96e8b98eca46ac8971d05c531ba48373f054c880cfd1f4a0a84e")]
    public void AmazonsFirmware_WithTwoVcpus(string firmware, string expected)
    {
        var image = Image(new OvmfSample { Sections = OvmfSample.PlainSections, HashTableGpa = null });
        var guest = new SnpGuest(image) { TrustedFirmwareDigest = Convert.FromHexString(firmware) };

        Assert.Equal(expected, Hex(SnpMeasurement.Create(guest).Compute(SnpVmm.Ec2ZeroRdx, null, 1, 2)));
    }

    // google/gce-tcb-verifier, sev/sev_test.go: a whole firmware of one page, described there byte by byte.
    [Theory]
    [InlineData(1, "06843de00c62bb9a12fd870bd340e1af8b0ebf516e3fe04f5c9add43b7981a1df2e825b4c712fbd87c97b129eba2e6de")]
    [InlineData(4, "1a8cd8039cdcdcd1ec9800ca215ba5cbbed437697debf0b2fc1a9b873f1eb15f82dc7d5cf246dbee4df1bb9d3b6c7a16")]
    public void Google_AsGceTcbVerifier(int vcpus, string expected)
    {
        var firmware = new OvmfSample
        {
            Pages = 1,
            Seed = 0,
            MetadataOffset = 0x1000,
            ResetEip = 0xff00_00ff,
            HashTableGpa = null,
            Sections = [(0xff00_1000, 0x1000, 1), (0xff00_3000, 0x1000, 3), (0xff00_4000, 0x1000, 2)],
        }.ToBytes();
        "LGTMLGTMLGTMLGTM"u8.CopyTo(firmware.AsSpan(0x800));
        "LGTMLGTMLGTMLGTM"u8.CopyTo(firmware.AsSpan(0xa00));

        Assert.Equal(expected, Hex(SnpMeasurement.Create(new SnpGuest(OvmfImage.Parse(firmware))).Compute(SnpVmm.Gce, Milan, 1, vcpus)));
    }

    // google/gce-tcb-verifier, sev/sev_test.go, TestUpdateData and TestZeroContentUpdateData.
    [Fact]
    public void Chain_AsGceTcbVerifier()
    {
        var pages = new byte[3 * 4096];
        "LGTMLGTMLGTMLGTM"u8.CopyTo(pages);
        "LGTMLGTMLGTMLGTM"u8.CopyTo(pages.AsSpan(pages.Length - 16));
        var normal = default(SnpLaunchDigest);
        normal.AddContents(0, pages);
        var zero = default(SnpLaunchDigest);
        zero.AddUnread(SnpPageType.Zero, 0x9000, 0x3000);

        Assert.Equal("cba1cd767c33b30f96271837dbbae4081a945464a5af397b9b0336b5d8759ee88cc6b62c05d915c4424a9ac5747437d4", Hex(normal.ToArray()));
        Assert.Equal("4bfe18477ba370a50329da74b9621e721c4f29663176e08fbcf088a17c1bc45f133898b86d5082acbe202a6e9419808a", Hex(zero.ToArray()));
    }

    private static SnpMeasurement Measure(string firmware, string? commandLine) => SnpMeasurement.Create(new SnpGuest(Image())
    {
        TrustedFirmwareDigest = Convert.FromHexString(firmware),
        Kernel = commandLine is null ? null : Kernel([], [], commandLine),
    });
}
