using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Casemate.Measurement.Tdx;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Measure;

/// <summary><c>casemate measure tdx</c>, <c>rtmr</c>, <c>compare</c>, <c>uvm</c> and <c>corim</c>: what they print, and what they end with.</summary>
public sealed class MeasureTdxCommandTests : IDisposable
{
    private const string Line = "console=hvc0";
    private const string Purpose = "1.3.6.1.4.1.311.76.59.1.2";

    private static readonly string s_measurement = new('a', 96);

    private readonly TemporaryDirectory _directory = new();

    public MeasureTdxCommandTests()
    {
        File.WriteAllBytes(At("OVMF.fd"), new TdvfSample().ToBytes());
        File.WriteAllBytes(At("vmlinuz"), Kernel);
        File.WriteAllBytes(At("initrd"), [1, 2, 3]);
    }

    private static byte[] Kernel { get; } = new PeSample { Sections = [(".text", new byte[2000])] }.ToBytes();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Mrtd_IsPrintedUnderEveryKnownVmm_OrTheOneThatIsNamed()
    {
        var all = CommandLine.Run("measure", "tdx", "--firmware", At("OVMF.fd"));
        var one = CommandLine.Run("measure", "tdx", "--firmware", At("OVMF.fd"), "--profile", "cloud-hypervisor");

        Assert.Equal((ExitCode.Success, ""), (all.ExitCode, all.Error));
        Assert.Equal(4, all.Lines.Length);
        Assert.Equal($"MRTD {Mrtd(MrtdProfile.PageByPage)}  qemu, cloud-hypervisor", all.Lines[0]);
        Assert.Equal(all.Lines[0], Assert.Single(one.Lines));
    }

    [Fact]
    public void Mrtd_ForAProgram_ComesWithTheSections()
    {
        using var document = Json("measure", "tdx", "--firmware", At("OVMF.fd"), "--profile", "qemu-2024");

        Assert.Equal(Mrtd(MrtdProfile.SectionBySection), document.RootElement.GetProperty("mrtd")[0].GetProperty("value").GetString());
        var section = document.RootElement.GetProperty("sections")[0];
        Assert.Equal(("BootFirmwareVolume", "0xffffc000", 4), (
            section.GetProperty("type").GetString(), section.GetProperty("address").GetString(), section.GetProperty("pages").GetInt32()));
    }

    [Fact]
    public void Mrtd_RefusesWhatItCannotCompute_AndSaysWhatToDo()
    {
        var hob = CommandLine.Run("measure", "tdx", "--firmware", At("OVMF.fd"), "--profile", "gce-early");
        Assert.Equal(ExitCode.BadInput, hob.ExitCode);
        Assert.Contains("--td-hob", hob.Error, StringComparison.Ordinal);
        File.WriteAllBytes(At("hob"), new byte[100]);
        Assert.Equal(ExitCode.Success, CommandLine.Run("measure", "tdx", "--firmware", At("OVMF.fd"), "--profile", "gce-early", "--td-hob", At("hob")).ExitCode);

        AssertFails(ExitCode.Usage, "'xen' is not known", "measure", "tdx", "--firmware", At("OVMF.fd"), "--profile", "xen");
        AssertFails(ExitCode.BadInput, "no table of GUIDs", "measure", "tdx", "--firmware", At("vmlinuz"));
        AssertFails(ExitCode.BadInput, "no such file", "measure", "tdx", "--firmware", At("none"));
    }

    [Fact]
    public void Registers_AreForetold()
    {
        var run = CommandLine.Run("measure", "rtmr", "--kernel", At("vmlinuz"), "--initrd", At("initrd"), "--append", Line);

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        Assert.Equal([$"RTMR1 {Foretold(1)}  foretold", $"RTMR2 {Foretold(2)}  foretold"], run.Lines);
    }

    [Fact]
    public void Registers_OfAnEventLog_AreReplayed()
    {
        File.WriteAllBytes(At("CCEL"), EventLogWriter.Ovmf().ToArray());
        var run = CommandLine.Run("measure", "rtmr", "--event-log", At("CCEL"));

        Assert.Equal((ExitCode.Success, 4), (run.ExitCode, run.Lines.Length));
        Assert.All(run.Lines, line => Assert.EndsWith("  replayed", line, StringComparison.Ordinal));
        Assert.StartsWith("RTMR0 ", run.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void AForetoldBoot_IsComparedWithItsLog_EventByEvent()
    {
        File.WriteAllBytes(At("CCEL"), LogOf(Boot).ToArray());
        string[] words = ["measure", "rtmr", "--kernel", At("vmlinuz"), "--initrd", At("initrd"), "--append", Line, "--event-log", At("CCEL")];
        var same = CommandLine.Run(words);
        Assert.Equal(ExitCode.Success, same.ExitCode);
        Assert.Equal(2, same.Lines.Count(line => line.EndsWith("foretold and replayed", StringComparison.Ordinal)));

        File.WriteAllBytes(At("initrd"), [1, 2, 4]);
        var other = CommandLine.Run(words);
        Assert.Equal(ExitCode.Refused, other.ExitCode);
        Assert.Contains("first difference: initial RAM disk", other.Output, StringComparison.Ordinal);
        using var document = Json(words);
        var register = document.RootElement.GetProperty("rtmrs")[2];
        Assert.False(register.GetProperty("matches").GetBoolean());
        Assert.True(document.RootElement.GetProperty("rtmrs")[1].GetProperty("matches").GetBoolean());
    }

    [Fact]
    public void RuntimeEvents_ExtendRtmr3()
    {
        var run = CommandLine.Run("measure", "rtmr", "--runtime-event", "domain operation content", "-o", "json");
        using var document = JsonDocument.Parse(run.Output);

        Assert.Equal(3, document.RootElement.GetProperty("rtmrs")[0].GetProperty("index").GetInt32());
        var lines = CommandLine.Run("measure", "rtmr", "--runtime-lines", "--runtime-event", "domain operation content", "-o", "json");
        Assert.Contains(
            "26d944cb8d99096590252283b8c807b9508329b068703bdb7bac7eb6efe5b32fc0fadf1462662b95d2c708aa49c0bfe1", lines.Output, StringComparison.Ordinal);
        Assert.Contains("INIT sha384/0000", lines.Output, StringComparison.Ordinal);
        AssertFails(ExitCode.Usage, "--runtime-event takes one line", "measure", "rtmr", "--runtime-event", "domain");
    }

    [Fact]
    public void Registers_RefuseWhatMakesNoBoot()
    {
        AssertFails(ExitCode.Usage, "nothing to measure", "measure", "rtmr");
        AssertFails(ExitCode.Usage, "--kernel takes --append", "measure", "rtmr", "--kernel", At("vmlinuz"));
        AssertFails(
            ExitCode.Usage, "--append holds a control character (U+000A)",
            "measure", "rtmr", "--kernel", At("vmlinuz"), "--append", Line + "\n");
        AssertFails(
            ExitCode.Usage, "carries its command line, in its section .cmdline", "measure", "rtmr", "--uki", At("vmlinuz"), "--append", Line);
        AssertFails(ExitCode.Usage, "--initrd goes with --kernel, not with --uki", "measure", "rtmr", "--uki", At("vmlinuz"), "--initrd", At("initrd"));
        AssertFails(
            ExitCode.Usage, "--boot-loader goes with --uki, not with --kernel",
            "measure", "rtmr", "--kernel", At("vmlinuz"), "--append", Line, "--boot-loader", At("vmlinuz"));
        AssertFails(
            ExitCode.Usage, "--disk-prefix goes with --uki or --efi-program, not with --kernel",
            "measure", "rtmr", "--kernel", At("vmlinuz"), "--append", Line, "--disk-prefix", At("OVMF.fd"));
        AssertFails(ExitCode.Usage, "Name what boots as well: --kernel.", "measure", "rtmr", "--append", Line);
        AssertFails(ExitCode.Usage, "--runtime-lines", "measure", "rtmr", "--runtime-lines", "--kernel", At("vmlinuz"), "--append", Line);
        AssertFails(
            ExitCode.Usage, "--td-hob changes nothing with --profile qemu",
            "measure", "tdx", "--firmware", At("OVMF.fd"), "--profile", "qemu", "--td-hob", At("OVMF.fd"));
        AssertFails(ExitCode.Usage, "name one of", "measure", "rtmr", "--kernel", At("vmlinuz"), "--uki", At("vmlinuz"));
        AssertFails(ExitCode.BadInput, "the kernel: not a PE image", "measure", "rtmr", "--kernel", At("initrd"), "--append", Line);
        AssertFails(ExitCode.BadInput, "no section .linux", "measure", "rtmr", "--uki", At("vmlinuz"));
        AssertFails(ExitCode.BadInput, "no GUID partition table", "measure", "rtmr", "--efi-program", At("vmlinuz"), "--disk-prefix", At("OVMF.fd"));
    }

    [Fact]
    public void Compare_NamesTheVmmOfATd_AndWhatBootsInIt()
    {
        Assert.True(Tdvf.TryRead(new TdvfSample().ToBytes(), out var tdvf, out _));
        File.WriteAllBytes(At("quote"), QuoteOf(tdvf.ComputeMrtd(MrtdProfile.SectionBySection), (Boot with { HasSeparator = false }).Predict()));
        string[] words = ["measure", "compare", At("quote"), "--firmware", At("OVMF.fd"), "--kernel", At("vmlinuz"), "--append", Line, "--initrd", At("initrd")];
        var run = CommandLine.Run(words);

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        Assert.Contains("explained: the firmware, started as by qemu-2024", run.Output, StringComparison.Ordinal);
        Assert.Contains("explained: as named, without a separator in RTMR1", run.Output, StringComparison.Ordinal);

        File.WriteAllBytes(At("initrd"), [9]);
        File.WriteAllBytes(At("OVMF.fd"), new TdvfSample { Size = 0x7000 }.ToBytes());
        var other = CommandLine.Run([.. words, "-o", "json"]);
        Assert.Equal(ExitCode.Refused, other.ExitCode);
        using var document = JsonDocument.Parse(other.Output);
        Assert.Equal(
            [("MRTD", false), ("RTMR1", true), ("RTMR2", false)],
            document.RootElement.GetProperty("values").EnumerateArray().Select(v => (v.GetProperty("name").GetString()!, v.GetProperty("explained").GetBoolean())));
    }

    [Fact]
    public void Compare_SaysThatARealQuoteIsOfAnotherFirmware()
    {
        var quote = CorpusCase.Get("dcapqvl-tdx-v4-uptodate");
        File.WriteAllBytes(At("quote"), quote.Quote);
        var run = CommandLine.Run("measure", "compare", At("quote"), "--firmware", At("OVMF.fd"));

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("not explained: another firmware", run.Output, StringComparison.Ordinal);
        AssertFails(ExitCode.BadInput, "neither a quote nor a report", "measure", "compare", At("vmlinuz"), "--firmware", At("OVMF.fd"));
    }

    [Fact]
    public void AStatement_IsSigned_AndVerified_InBothForms()
    {
        WritePublisher();
        foreach (var form in (string[][])[[], ["--cwt-claims"]])
        {
            var signed = CommandLine.Run(
            [
                "measure", "uvm", "sign", "--measurement", s_measurement, "--svn", "3", "--feed", "guests", "--eku", Purpose, "--key", At("key.pem"),
                "--certificates", At("chain.pem"), "--out", At("guest.cose"), "-o", "json", .. form,
            ]);
            Assert.Equal((ExitCode.Success, ""), (signed.ExitCode, signed.Error));
            using var document = JsonDocument.Parse(signed.Output);
            var issuer = document.RootElement.GetProperty("issuer").GetString()!;
            string[] words = ["measure", "uvm", "verify", At("guest.cose"), "--issuer", issuer, "--feed", "guests"];

            var verified = CommandLine.Run([.. words, "--min-svn", "3", "--measurement", s_measurement]);
            Assert.Equal((ExitCode.Success, ""), (verified.ExitCode, verified.Error));
            Assert.Contains(verified.Lines, line => line.StartsWith("MEASUREMENT", StringComparison.Ordinal) && line.EndsWith(s_measurement, StringComparison.Ordinal));
            Assert.Equal("verdict: ACCEPTED", verified.Lines[^1]);
            AssertRefused("EndorsementSvn: expected at least 4, found 3", [.. words, "--min-svn", "4"]);
            AssertRefused($"Identity: expected {new string('b', 96)}, found {s_measurement}", [.. words, "--measurement", new string('b', 96)]);
            AssertRefused(
                $"EndorsementTrust: expected {issuer}, feed 'other', found {issuer}, feed 'guests'",
                ["measure", "uvm", "verify", At("guest.cose"), "--issuer", issuer, "--feed", "other"]);
            AssertRefused(
                $"EndorsementTrust: expected {issuer}0, feed 'guests', found {issuer}, feed 'guests'",
                ["measure", "uvm", "verify", At("guest.cose"), "--issuer", $"{issuer}0", "--feed", "guests"]);
            Assert.Equal(ExitCode.Success, CommandLine.Run("evidence", "show", At("guest.cose")).ExitCode);
        }
    }

    [Fact]
    public void AStatement_AboutAnotherMeasurement_IsRefusedForPrograms()
    {
        WritePublisher();
        var signed = CommandLine.Run(
            "measure", "uvm", "sign", "--measurement", s_measurement, "--svn", "3", "--feed", "guests", "--eku", Purpose, "--key", At("key.pem"),
            "--certificates", At("chain.pem"), "--out", At("guest.cose"), "-o", "json");
        using var made = JsonDocument.Parse(signed.Output);
        var run = CommandLine.Run(
            "measure", "uvm", "verify", At("guest.cose"), "--issuer", made.RootElement.GetProperty("issuer").GetString()!, "--feed", "guests",
            "--measurement", new string('b', 96), "-o", "json");

        using var document = JsonDocument.Parse(run.Output);
        Assert.Equal((ExitCode.Refused, "rejected"), (run.ExitCode, document.RootElement.GetProperty("verdict").GetString()));
        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("endorsement").ValueKind);
        var failed = Assert.Single(
            document.RootElement.GetProperty("checks").EnumerateArray(), check => check.GetProperty("outcome").GetString() == "failed");
        Assert.Equal(
            ("Identity", new string('b', 96), s_measurement),
            (failed.GetProperty("name").GetString(), failed.GetProperty("expected").GetString(), failed.GetProperty("actual").GetString()));
    }

    [Fact]
    public void AStatement_ThatNobodyWouldAccept_IsNotWritten()
    {
        WritePublisher();
        string[] words =
        [
            "measure", "uvm", "sign", "--measurement", s_measurement, "--svn", "3", "--feed", "guests", "--key", At("key.pem"),
            "--certificates", At("chain.pem"), "--out", At("guest.cose"),
        ];

        AssertFails(ExitCode.BadInput, "would not be accepted", [.. words, "--eku", "1.2.3"]);
        AssertFails(ExitCode.Usage, "name one of --issuer and --eku", words);
        Assert.False(File.Exists(At("guest.cose")));
        File.WriteAllText(At("key.pem"), "nothing");
        var bad = CommandLine.Run([.. words, "--eku", Purpose]);
        Assert.Equal(ExitCode.BadInput, bad.ExitCode);
        Assert.Contains("not a private key", bad.Error, StringComparison.Ordinal);
        AssertFails(ExitCode.Usage, "--measurement takes 96 hex digits", [.. words[..4], "00", .. words[5..], "--eku", Purpose]);
        AssertFails(ExitCode.BadInput, "vmlinuz", "measure", "uvm", "verify", At("vmlinuz"), "--issuer", "did:x509:0:sha256:a::eku:1.2", "--feed", "a");
    }

    [Fact]
    public void AKey_OfAnotherCertificate_IsRefused()
    {
        WritePublisher();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(At("key.pem"), other.ExportPkcs8PrivateKeyPem());

        AssertFails(
            ExitCode.BadInput, "is not that of --key", "measure", "uvm", "sign", "--measurement", s_measurement, "--svn", "3", "--feed", "guests", "--eku",
            Purpose, "--key", At("key.pem"), "--certificates", At("chain.pem"), "--out", At("guest.cose"));
    }

    [Fact]
    public void AManifest_IsMade_Shown_AndVerified()
    {
        WritePublisher();
        var made = CommandLine.Run(
            "measure", "corim", "make", "--id", "shop/guest", "--platform", "tdx", "--value", $"MRTD={s_measurement}", "--value",
            $"VERITY_ROOT/root={new string('1', 64)}", "--svn", "4", "--key", At("key.pem"), "--signer-name", "Shop", "--out", At("guest.corim"));
        Assert.Equal((ExitCode.Success, ""), (made.ExitCode, made.Error));

        var shown = CommandLine.Run("measure", "corim", "show", At("guest.corim"));
        Assert.Contains("(conforms)", shown.Output, StringComparison.Ordinal);
        Assert.Contains("by Shop", shown.Output, StringComparison.Ordinal);
        Assert.Contains($"MRTD sha-384 {s_measurement}", shown.Output, StringComparison.Ordinal);
        Assert.Contains("security version 4", shown.Output, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Success, CommandLine.Run("measure", "corim", "verify", At("guest.corim"), "--public-key", At("key.pub.pem")).ExitCode);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(At("other.pub.pem"), other.ExportSubjectPublicKeyInfoPem());
        var refused = CommandLine.Run("measure", "corim", "verify", At("guest.corim"), "--public-key", At("other.pub.pem"));
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains("not that of the key", refused.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AManifest_AsIgvmFilesCarryIt()
    {
        string[] words = ["measure", "corim", "make", "--launch-measurement-profile", "--platform", "snp", "--out", At("guest.corim")];
        Assert.Equal(ExitCode.Success, CommandLine.Run([.. words, "--value", $"MEASUREMENT={s_measurement}", "--svn", "1"]).ExitCode);
        using var document = Json("measure", "corim", "show", At("guest.corim"));

        Assert.Equal("AMD/SEV-SNP/launch-measurement", document.RootElement.GetProperty("id").GetString());
        Assert.Equal("conforms", document.RootElement.GetProperty("conformance").GetString());
        Assert.Equal(
            "77e8061e-4634-5e53-a848-d1d09e996843", document.RootElement.GetProperty("modules")[0].GetProperty("tagId").GetString());
        AssertFails(ExitCode.BadInput, "is not signed", "measure", "corim", "verify", At("guest.corim"), "--public-key", At("key.pub.pem"));
        AssertFails(ExitCode.Usage, "takes one --value", [.. words, "--value", $"HOST_DATA={new string('1', 64)}", "--svn", "1"]);
        AssertFails(ExitCode.Usage, "--value 'MEASUREMENT' is not KEY=HEX", [.. words, "--value", "MEASUREMENT", "--svn", "1"]);
        AssertFails(ExitCode.Usage, "Leave --id out", [.. words, "--value", $"MEASUREMENT={s_measurement}", "--svn", "1", "--id", "x"]);
        AssertFails(ExitCode.BadInput, "not a CoRIM", "measure", "corim", "show", At("initrd"));
    }

    [Theory]
    [InlineData("tdx", "MRTDX", 96, "--value 'MRTDX' is no value that evidence of Intel/TDX has", "Name one of MRTD, RTMR0, RTMR1, RTMR2, RTMR3, MRCONFIGID, or VERITY_ROOT/NAME.")]
    [InlineData("tdx", "MEASUREMENT", 96, "--value 'MEASUREMENT' is no value", "Name one of MRTD")]
    [InlineData("snp", "MRTD", 96, "is no value that evidence of AMD/SEV-SNP has", "Name one of MEASUREMENT, HOST_DATA, or VERITY_ROOT/NAME.")]
    [InlineData("snp", "VERITY_ROOT/", 64, "is no value", "VERITY_ROOT/NAME")]
    [InlineData("tdx", "MRTD", 64, "--value MRTD takes 96 hex digits, and has 64 characters", "")]
    [InlineData("snp", "HOST_DATA", 63, "--value HOST_DATA takes 64 hex digits", "")]
    public void AManifest_OfUnknownValues_IsRefused_AndSaysWhichThereAre(string platform, string key, int digits, string problem, string remedy)
    {
        var run = CommandLine.Run(
            "measure", "corim", "make", "--id", "a", "--platform", platform, "--value", $"{key}={new string('1', digits)}", "--out", At("a.corim"));

        Assert.Equal((ExitCode.Usage, ""), (run.ExitCode, run.Output));
        Assert.Contains(problem, run.Error, StringComparison.Ordinal);
        Assert.Contains(remedy, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(At("a.corim")));
    }

    [Fact]
    public void AManifest_ThatNobodyCouldRead_IsNotWritten()
    {
        string[] words = ["measure", "corim", "make", "--platform", "tdx", "--out", At("a.corim"), "--value", $"MRTD={s_measurement}"];

        AssertFails(ExitCode.Usage, "cannot be read: id", [.. words, "--id", new string('a', 2000)]);
        AssertFails(ExitCode.Usage, "--value names 'MRTD' twice", [.. words, "--id", "a", "--value", $"MRTD={s_measurement}"]);
        AssertFails(ExitCode.Usage, "are for a manifest that is signed", [.. words, "--id", "a", "--signer-name", "Shop"]);
        Assert.False(File.Exists(At("a.corim")));
    }

    private static void AssertRefused(string reason, string[] words)
    {
        var run = CommandLine.Run(words);

        Assert.Equal((ExitCode.Refused, ""), (run.ExitCode, run.Error));
        Assert.Equal($"verdict: REJECTED: {reason}", run.Lines[^1]);
    }

    private static DirectBoot Boot => new() { Kernel = Kernel, InitialRamDisk = new byte[] { 1, 2, 3 }, CommandLine = Line };

    private static string Foretold(int register) => Convert.ToHexStringLower(Rtmr.ValueOf(register, Boot.Predict()));

    private static EventLogWriter LogOf(DirectBoot boot)
    {
        var writer = new EventLogWriter();
        foreach (var entry in boot.Predict())
        {
            writer.Add((uint)entry.Rtmr + 1, 0x80000003, entry.Digest.ToArray(), [1]);
        }

        return writer;
    }

    // A real quote with other measurements: its signature no longer fits, which this command does not ask.
    private static byte[] QuoteOf(byte[] mrtd, IReadOnlyList<BootEvent> events)
    {
        var quote = (byte[])CorpusCase.Get("dcapqvl-tdx-v4-uptodate").Quote.Clone();
        mrtd.CopyTo(quote, 48 + 136);
        for (var i = 0; i < Rtmr.Count; i++)
        {
            Rtmr.ValueOf(i, events).CopyTo(quote, 48 + 328 + (48 * i));
        }

        return quote;
    }

    private static string Mrtd(MrtdProfile profile)
    {
        Assert.True(Tdvf.TryRead(new TdvfSample().ToBytes(), out var tdvf, out var error), error);
        return Convert.ToHexStringLower(tdvf.ComputeMrtd(profile));
    }

    private static JsonDocument Json(params string[] arguments) => JsonDocument.Parse(CommandLine.Run([.. arguments, "-o", "json"]).Output);

    private static void AssertFails(int code, string text, params string[] arguments)
    {
        var run = CommandLine.Run(arguments);
        Assert.Equal(code, run.ExitCode);
        Assert.Contains(text, run.Error, StringComparison.Ordinal);
    }

    private void WritePublisher()
    {
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedName("CN=Guests CA");
        var ca = new CertificateRequest(name, caKey, HashAlgorithmName.SHA384);
        ca.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        ca.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        var leaf = new CertificateRequest(new X500DistinguishedName("CN=Guests"), key, HashAlgorithmName.SHA384);
        leaf.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        leaf.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(Purpose)], false));
        var generator = X509SignatureGenerator.CreateForECDsa(caKey);
        using var caCertificate = ca.Create(name, generator, CommandLine.Noon.AddYears(-1), CommandLine.Noon.AddYears(1), [1]);
        using var certificate = leaf.Create(name, generator, CommandLine.Noon.AddMonths(-1), CommandLine.Noon.AddMonths(1), [2]);
        File.WriteAllText(At("chain.pem"), certificate.ExportCertificatePem() + "\n" + caCertificate.ExportCertificatePem() + "\n");
        File.WriteAllText(At("key.pem"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(At("key.pub.pem"), key.ExportSubjectPublicKeyInfoPem());
    }

    private string At(string name) => Path.Combine(_directory.Path, name);
}
