using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Cli.Enclave;
using Casemate.Testing;
using Casemate.Testing.Enclaves;

namespace Casemate.Cli.Tests.Enclave;

/// <summary><c>casemate enclave inspect</c> and <c>sign</c>: what they print, and what they end with.</summary>
public sealed class EnclaveCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public EnclaveCommandTests()
    {
        File.WriteAllBytes(At("enclave.so"), new OpenEnclaveSample().ToBytes());
        File.WriteAllBytes(At("sdk.so"), new SdkEnclaveSample().ToBytes());
        File.WriteAllText(At("key.pem"), TestEnclaveKey.Pem);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void ASignedEnclave_IsShown_AndAllIsWell()
    {
        SignOpenEnclave();
        var run = CommandLine.Run("enclave", "inspect", At("signed.so"));

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        Assert.Contains("Open Enclave", run.Lines[0], StringComparison.Ordinal);
        Assert.Contains(run.Lines, line => line.Contains("signature", StringComparison.Ordinal) && line.EndsWith("valid", StringComparison.Ordinal));
        Assert.Contains("(the same)", run.Output, StringComparison.Ordinal);
        Assert.Contains("DEBUG off (when on, a debugger may read and write its memory)", run.Output, StringComparison.Ordinal);
        Assert.Contains("ask for", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("FINDING", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ForAProgram_AllOfItIsThere()
    {
        SignOpenEnclave();
        using var document = JsonDocument.Parse(CommandLine.Run("enclave", "inspect", At("signed.so"), "-o", "json").Output);
        var enclave = document.RootElement.GetProperty("enclaves")[0];
        var variant = enclave.GetProperty("variants")[0];

        Assert.Equal("openEnclave", enclave.GetProperty("format").GetString());
        Assert.Equal("matches", variant.GetProperty("mrEnclaveState").GetString());
        Assert.Equal(variant.GetProperty("mrEnclave").GetString(), variant.GetProperty("signature").GetProperty("mrEnclave").GetString());
        Assert.Equal("Valid", variant.GetProperty("signature").GetProperty("verdict").GetString());
        Assert.Equal("2026-11-20", variant.GetProperty("signature").GetProperty("date").GetString());
        Assert.False(variant.GetProperty("signature").GetProperty("debugAllowed").GetBoolean());
        Assert.True(variant.GetProperty("epc").GetProperty("suggestedBytes").GetUInt64() > variant.GetProperty("epc").GetProperty("startBytes").GetUInt64());
        Assert.Empty(enclave.GetProperty("findings").EnumerateArray());
        Assert.Contains("mrEnclaveState: \"matches\"", CommandLine.Run("enclave", "inspect", At("signed.so"), "-o", "yaml").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AnUnsignedEnclave_IsAnError() => Assert.Equal(
        EnclaveExitCode.Findings, CommandLine.Run("enclave", "inspect", At("enclave.so")).ExitCode);

    [Fact]
    public void AChangedEnclave_IsAMismatch_AndTheFirstDifferenceHasAName()
    {
        SignOpenEnclave();
        var bytes = File.ReadAllBytes(At("signed.so"));
        bytes[0x2345] ^= 1;
        File.WriteAllBytes(At("changed.so"), bytes);

        var run = CommandLine.Run("enclave", "inspect", At("changed.so"), "--compare", At("signed.so"));

        Assert.Equal(EnclaveExitCode.Mismatch, run.ExitCode);
        Assert.Contains("DIFFERS", run.Output, StringComparison.Ordinal);
        Assert.Contains(".text", run.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(EnclaveExitCode.Mismatch, CommandLine.Run("enclave", "inspect", At("signed.so"), At("changed.so"), At("enclave.so")).ExitCode);
    }

    [Fact]
    public void ASignatureAlone_IsNotRecomputable()
    {
        SignOpenEnclave();
        File.WriteAllBytes(At("e.sig"), File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "tests", "corpus", "enclave", "sigstruct", "edp-sgxs-2024.bin")));
        var run = CommandLine.Run("enclave", "inspect", At("e.sig"));
        // It leaves DEBUG masked, and its masks are Fortanix' own.
        Assert.True(run.ExitCode is EnclaveExitCode.NotRecomputable or EnclaveExitCode.Findings, run.Output);
        Assert.Contains("not recomputed", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ALimitOfMemory_IsHeldAgainstTheSuggestion()
    {
        File.WriteAllBytes(At("enclave.so"), new OpenEnclaveSample { HeapPages = 1000 }.ToBytes());
        SignOpenEnclave();
        Assert.Contains("EpcAboveLimit", CommandLine.Run("enclave", "inspect", At("signed.so"), "--epc", "1").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("EpcAboveLimit", CommandLine.Run("enclave", "inspect", At("signed.so"), "--epc", "64").Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, CommandLine.Run("enclave", "inspect", At("signed.so"), "--epc", "0").ExitCode);
    }

    [Fact]
    public void WhatIsNoEnclave_IsBadInput()
    {
        File.WriteAllText(At("text"), "hello");
        var run = CommandLine.Run("enclave", "inspect", At("text"));
        Assert.Equal((ExitCode.BadInput, ""), (run.ExitCode, run.Output));
        Assert.Contains(".manifest.sgx", run.Error, StringComparison.Ordinal);
        Assert.Contains("no such file", CommandLine.Run("enclave", "inspect", At("none")).Error, StringComparison.Ordinal);
        Assert.Contains("without a Gramine manifest", CommandLine.Run("enclave", "inspect", _directory.Path).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AGramineDirectory_IsSignedAndInspected()
    {
        File.WriteAllText(At("app.manifest.sgx"), "[sgx]\nenclave_size = \"64M\"\nmax_threads = 2\nisvprodid = 1\nisvsvn = 1\n");
        File.WriteAllBytes(At("libpal.so"), new EnclaveElf().ToBytes());
        Assert.Equal(ExitCode.BadInput, CommandLine.Run(
            "enclave", "sign", At("app.manifest.sgx"), "--key", At("key.pem"), "--out", At("app.sig")).ExitCode);
        Assert.Equal(ExitCode.Success, CommandLine.Run(
            "enclave", "sign", At("app.manifest.sgx"), "--gramine-release", "1.8", "--key", At("key.pem"), "--out", At("app.sig")).ExitCode);

        var run = CommandLine.Run("enclave", "inspect", _directory.Path);

        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        Assert.Contains("Gramine", run.Lines[0], StringComparison.Ordinal);
        Assert.Contains("(the same)", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void InTwoSteps_TheSameEnclaveComesOut()
    {
        using var key = RSA.Create();
        key.ImportFromPem(TestEnclaveKey.Pem);
        File.WriteAllText(At("key.pub.pem"), key.ExportSubjectPublicKeyInfoPem());
        Assert.Equal(ExitCode.Success, CommandLine.Run("enclave", "sign", At("sdk.so"), "--key", At("key.pem"), "--out", At("one.so")).ExitCode);
        Assert.Equal(ExitCode.Success, CommandLine.Run("enclave", "sign", At("sdk.so"), "--emit-tbs", At("tbs")).ExitCode);
        foreach (var i in new[] { 1, 2 })
        {
            File.WriteAllBytes(At($"rsa.{i}"), key.SignData(File.ReadAllBytes(At($"tbs.{i}")), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        }

        string[] common = ["enclave", "sign", At("sdk.so"), "--public-key", At("key.pub.pem"), "--out", At("two.so"), "--tbs", At("tbs.1"), "--tbs", At("tbs.2")];
        Assert.Equal(ExitCode.BadInput, CommandLine.Run([.. common, "--attach-signature", At("rsa.2"), "--attach-signature", At("rsa.1")]).ExitCode);
        Assert.False(File.Exists(At("two.so")));
        Assert.Equal(ExitCode.Success, CommandLine.Run([.. common, "--attach-signature", At("rsa.1"), "--attach-signature", At("rsa.2")]).ExitCode);
        Assert.Equal(File.ReadAllBytes(At("one.so")), File.ReadAllBytes(At("two.so")));
        Assert.Equal(ExitCode.Success, CommandLine.Run("enclave", "inspect", At("two.so")).ExitCode);
    }

    [Fact]
    public void AnUnsuitableKey_IsRefused_AndShowsNothingOfItself()
    {
        using var key = RSA.Create(3072);
        var pem = key.ExportPkcs8PrivateKeyPem();
        File.WriteAllText(At("wrong.pem"), pem);
        var run = CommandLine.Run("enclave", "sign", At("enclave.so"), "--key", At("wrong.pem"), "--out", At("x.so"));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("exponent is not 3", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(pem.Split('\n')[1], run.Error + run.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(At("x.so")));
    }

    [Fact]
    public void OneWayToSign_MustBeNamed()
    {
        Assert.Equal(ExitCode.Usage, CommandLine.Run("enclave", "sign", At("enclave.so"), "--out", At("x.so")).ExitCode);
        Assert.Equal(ExitCode.Usage, CommandLine.Run("enclave", "sign", At("enclave.so"), "--key", At("key.pem"), "--emit-tbs", At("t")).ExitCode);
        Assert.Equal(ExitCode.Usage, CommandLine.Run("enclave", "sign", At("enclave.so"), "--key", At("key.pem")).ExitCode);
        Assert.Equal(ExitCode.Usage, CommandLine.Run("enclave", "sign", At("enclave.so"), "--attach-signature", At("t"), "--out", At("x.so")).ExitCode);
        Assert.Equal(ExitCode.Usage, CommandLine.Run("enclave").ExitCode);
    }

    [Fact]
    public void WhatInspectionCallsAnError_IsSaidWhenItIsSigned()
    {
        File.WriteAllBytes(At("debug.so"), new OpenEnclaveSample { Flags = 6 }.ToBytes());
        var run = CommandLine.Run("enclave", "sign", At("debug.so"), "--key", At("key.pem"), "--out", At("debug.signed.so"));

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("warning: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("DEBUG", run.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(EnclaveExitCode.Findings, CommandLine.Run("enclave", "inspect", At("debug.signed.so")).ExitCode);
    }

    private void SignOpenEnclave() => Assert.Equal(
        ExitCode.Success, CommandLine.Run("enclave", "sign", At("enclave.so"), "--key", At("key.pem"), "--out", At("signed.so")).ExitCode);

    private string At(string name) => Path.Combine(_directory.Path, name);
}
