using System.Text;
using Casemate.Measurement.Enclave;
using Casemate.Testing.Enclaves;

namespace Casemate.Measurement.Tests.Enclave;

/// <summary>Gramine enclaves: manifest and libpal.so, measured as Gramine's signer does, by the rules of a release that is certain.</summary>
public sealed class GramineTests : EnclaveTestBase
{
    private static readonly byte[] s_libpal = new EnclaveElf { CodeSize = 0x5123, BssSize = 0x1_2345, Variables = ["pal_start"] }.ToBytes();

    public static TheoryData<string, uint, bool, int> Shapes => new()
    {
        { "64M", 1, false, 10 }, { "64M", 4, false, 4095 }, { "0x8000000", 3, true, 4096 }, { "65536K", 2, true, 9000 }, { "1G", 16, false, 0 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task TheMeasurement_IsTheIndependentOne(string size, uint threads, bool isDynamic, int padding)
    {
        var input = Signed(new GramineInput(Manifest(size, threads, isDynamic, padding)) { Libpal = s_libpal, Release = "1.8" });

        var variant = Assert.Single(EnclaveFile.InspectGramine(input with { Release = null }, Noon).Variants);

        Assert.Equal(MrEnclaveState.Matches, variant.State);
        var (exitCode, measured) = await MeasureIndependently("gramine", input.Manifest.ToArray(), s_libpal, input.Signature.ToArray());
        Assert.Equal([Hex(variant.MrEnclave)], measured);
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public void AnyByteOfTheManifest_AndOfLibpal_Counts()
    {
        var input = Signed(new GramineInput(Manifest("64M", 1, false, 40)) { Libpal = s_libpal, Release = "1.8" });
        Assert.True(IsAccepted(() => EnclaveFile.InspectGramine(input, Noon)));

        var manifest = Encoding.UTF8.GetString(input.Manifest.Span);
        Assert.False(IsAccepted(() => EnclaveFile.InspectGramine(
            input with { Manifest = Encoding.UTF8.GetBytes(manifest + "\n") }, Noon)));
        Assert.False(IsAccepted(() => EnclaveFile.InspectGramine(
            input with { Manifest = Encoding.UTF8.GetBytes(manifest.Replace("xxx", "xxy", StringComparison.Ordinal)) }, Noon)));
        var libpal = (byte[])s_libpal.Clone();
        libpal[0x2100] ^= 1;
        Assert.False(IsAccepted(() => EnclaveFile.InspectGramine(input with { Libpal = libpal }, Noon)));
        var padding = (byte[])s_libpal.Clone();
        padding[0x1800] ^= 1;
        Assert.True(IsAccepted(() => EnclaveFile.InspectGramine(input with { Libpal = padding }, Noon)), "bytes between segments are not loaded");
    }

    // Without knowing the release, a difference may be the release's.
    [Fact]
    public void AnUnknownLibpal_WhoseValueDiffers_IsNotRecomputable_AndWithTheReleaseNamedAMismatch()
    {
        var input = Signed(new GramineInput(Manifest("64M", 1, false, 0)) { Libpal = s_libpal, Release = "1.8" });
        var other = input with { Manifest = Manifest("64M", 1, false, 1) };

        var unknown = Assert.Single(EnclaveFile.InspectGramine(other with { Release = null }, Noon).Variants);
        Assert.Equal(MrEnclaveState.NotRecomputable, unknown.State);
        Assert.Contains("SHA-256", unknown.Reason, StringComparison.Ordinal);
        Assert.True(unknown.MrEnclave.IsEmpty);

        Assert.Equal(MrEnclaveState.Differs, Assert.Single(EnclaveFile.InspectGramine(other, Noon).Variants).State);
    }

    [Fact]
    public void Refuses_AReleaseThatIsNotKnown()
    {
        var input = new GramineInput(Manifest("64M", 1, false, 0)) { Libpal = s_libpal };
        Assert.Equal(
            EnclaveError.NotRecomputable,
            Assert.Throws<EnclaveException>(() => EnclaveFile.InspectGramine(input with { Release = "9.9" }, Noon)).Error);
        Assert.Equal(EnclaveError.NotRecomputable, Assert.Throws<EnclaveException>(() => EnclaveSigning.PrepareGramine(input, Today)).Error);
    }

    [Theory]
    [InlineData("experimental_enable_aex_notify = true")]
    [InlineData("nonpie_binary = true")]
    public void Settings_ThatChangeTheLayout_AreNotGuessedAt(string setting)
    {
        var input = new GramineInput(Manifest("64M", 1, false, 0, setting)) { Libpal = s_libpal, Release = "1.8" };
        Assert.Equal(MrEnclaveState.NotRecomputable, Assert.Single(EnclaveFile.InspectGramine(input, Noon).Variants).State);
    }

    [Fact]
    public void WithoutLibpal_TheSignatureIsStillJudged()
    {
        var input = Signed(new GramineInput(Manifest("64M", 1, false, 0)) { Libpal = s_libpal, Release = "1.8" });

        var variant = Assert.Single(EnclaveFile.InspectGramine(input with { Libpal = default }, Noon).Variants);

        Assert.Equal(MrEnclaveState.NotRecomputable, variant.State);
        Assert.Contains("libpal.so", variant.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(variant.Findings, finding => finding.Severity is EnclaveFindingSeverity.Error);
    }

    [Fact]
    public void TheSignature_TakesItsFieldsFromTheManifest()
    {
        var manifest = Manifest(
            "64M", 1, false, 0, "isvprodid = 7\nisvsvn = 8\nuse_exinfo = true\ncpu_features.avx = \"required\"\ncpu_features.amx = \"disabled\"");
        var input = Signed(new GramineInput(manifest) { Libpal = s_libpal, Release = "1.8" });

        Assert.Equal(SigStructError.None, SigStruct.TryRead(input.Signature.Span, out var structure));
        Assert.Equal((7, 8), (structure.ProductId, structure.SecurityVersion));
        Assert.Equal(1u, structure.MiscSelect);
        Assert.Equal((7UL, 0xFFFF_FFFF_FFFF_FF1FUL), (structure.Xfrm, structure.XfrmMask));
        Assert.Equal((EnclaveFlags)ulong.MaxValue, structure.FlagsMask);
    }

    [Theory]
    [InlineData("loader.insecure__use_cmdline_argv = true", "loader.insecure__use_cmdline_argv")]
    [InlineData("sys.insecure__allow_eventfd = true", "sys.insecure__allow_eventfd")]
    [InlineData("fs.insecure__keys.default = \"00\"", "fs.insecure__keys")]
    public void WhatIsLeftToTheHost_IsAnError(string text, string setting)
    {
        byte[] manifest = [.. Encoding.UTF8.GetBytes(text + "\n"), .. Manifest("64M", 1, false, 0)];
        var finding = Assert.Single(EnclaveFile.InspectGramine(new GramineInput(manifest), Noon).Findings);
        Assert.Equal((EnclaveFindingId.InsecureManifest, EnclaveFindingSeverity.Error), (finding.Id, finding.Severity));
        Assert.Contains(setting, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AllowedFiles_AndLooseChecking_AreErrors()
    {
        var manifest = Manifest("64M", 1, false, 0, "allowed_files = [\"file:/tmp/\"]\nfile_check_policy = \"allow_all_but_log\"");
        var finding = Assert.Single(EnclaveFile.InspectGramine(new GramineInput(manifest), Noon).Findings);
        Assert.Contains("sgx.allowed_files, sgx.file_check_policy", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "no table [sgx]")]
    [InlineData("[sgx", "no TOML")]
    [InlineData("[sgx]\nmax_threads = 1", "enclave_size")]
    [InlineData("[sgx]\nenclave_size = 64\nmax_threads = 1", "enclave_size")]
    [InlineData("[sgx]\nenclave_size = \"99999999999999999999\"\nmax_threads = 1", "enclave_size")]
    [InlineData("[sgx]\nenclave_size = \"18446744073709551615G\"\nmax_threads = 1", "enclave_size")]
    [InlineData("[sgx]\nenclave_size = \"64M\"", "max_threads")]
    [InlineData("[sgx]\nenclave_size = \"64M\"\nmax_threads = 0", "max_threads")]
    [InlineData("[sgx]\nenclave_size = \"64M\"\nmax_threads = 1\nisvsvn = 70000", "isvsvn")]
    [InlineData("[sgx]\nenclave_size = \"64M\"\nmax_threads = 1\ncpu_features.avx = \"maybe\"", "cpu_features.avx")]
    public void Refuses_ManifestsThatTheSignerRefuses(string text, string what) => Assert.Contains(
        what,
        Assert.Throws<EnclaveException>(() => EnclaveFile.InspectGramine(new GramineInput(Encoding.UTF8.GetBytes(text)), Noon)).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("64M", 4097u, EnclaveError.LimitExceeded)]
    [InlineData("64M", 4000u, EnclaveError.MalformedEnclave)]
    [InlineData("48M", 1u, EnclaveError.MalformedEnclave)]
    [InlineData("4096G", 1u, EnclaveError.LimitExceeded)]
    public void Refuses_SizesThatCannotBe(string size, uint threads, EnclaveError error)
    {
        var input = new GramineInput(Manifest(size, threads, true, 0)) { Libpal = s_libpal, Release = "1.8" };
        Assert.Equal(error, Assert.Throws<EnclaveException>(() => EnclaveFile.InspectGramine(input, Noon)).Error);
    }

    private static GramineInput Signed(GramineInput input)
    {
        using var key = NewKey();
        return input with { Signature = EnclaveSigning.PrepareGramine(input, Today).Sign(key) };
    }

    internal static byte[] Manifest(string size, uint threads, bool isDynamic, int padding, string more = "isvprodid = 1\nisvsvn = 1") =>
        Encoding.UTF8.GetBytes($"""
            libos.entrypoint = "/app"
            loader.argv = ["app"]
            # {new string('x', padding)}
            [sgx]
            enclave_size = "{size}"
            max_threads = {threads}
            edmm_enable = {(isDynamic ? "true" : "false")}
            {more}
            trusted_files = [ {"{"} uri = "file:/app", sha256 = "00" {"}"} ]
            """);
}
