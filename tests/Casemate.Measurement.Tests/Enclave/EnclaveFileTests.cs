using System.Text;
using Casemate.Measurement.Enclave;
using Casemate.Testing.Enclaves;

namespace Casemate.Measurement.Tests.Enclave;

/// <summary>Kinds of files, and what holds for enclaves of every kind.</summary>
public sealed class EnclaveFileTests : EnclaveTestBase
{
    [Fact]
    public void EachKind_IsRecognised()
    {
        var structure = SigStructTests.ReadReal("edp-sgxs-2024.bin");
        Assert.Equal(EnclaveFormat.OpenEnclave, EnclaveFile.Detect(new OpenEnclaveSample().ToBytes()));
        Assert.Equal(EnclaveFormat.IntelSdk, EnclaveFile.Detect(new SdkEnclaveSample().ToBytes()));
        Assert.Equal(EnclaveFormat.SigStruct, EnclaveFile.Detect(structure));
        Assert.Equal(EnclaveFormat.Opaque, EnclaveFile.Detect((byte[])[.. new byte[77], .. structure, 1]));
        Assert.Equal(EnclaveFormat.Unknown, EnclaveFile.Detect(new EnclaveElf().ToBytes()));
        Assert.Equal(EnclaveFormat.Unknown, EnclaveFile.Detect(Encoding.UTF8.GetBytes("hello")));
        Assert.Equal(EnclaveFormat.Unknown, EnclaveFile.Detect(default));
    }

    [Fact]
    public void WhatIsNoEnclave_IsRefused_WithWhatIs()
    {
        var refused = Assert.Throws<EnclaveException>(() => EnclaveFile.Inspect(Encoding.UTF8.GetBytes("hello"), Noon));
        Assert.Equal(EnclaveError.UnknownFormat, refused.Error);
        Assert.Contains(".manifest.sgx", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void AnOpaqueEnclave_ShowsItsSignatures()
    {
        var structure = SigStructTests.ReadReal("edp-sgxs-2024.bin");
        var report = EnclaveFile.Inspect((byte[])[.. new byte[77], .. structure, .. new byte[5], .. structure], Noon);

        Assert.Equal([77L, 77 + 1808 + 5], report.Variants.Select(variant => variant.SigStructOffset));
        Assert.All(report.Variants, variant => Assert.Equal(MrEnclaveState.NotRecomputable, variant.State));
    }

    [Fact]
    public void AFileAboveTheLimit_IsNotRead() => Assert.Equal(
        EnclaveError.LimitExceeded,
        Assert.Throws<EnclaveException>(() => EnclaveFile.Inspect(new byte[11], Noon, new EnclaveLimits { MaxFileBytes = 10 })).Error);

    [Fact]
    public void WritableCode_Relocations_AndLibraries_AreFound()
    {
        var report = EnclaveFile.Inspect(
            new SdkEnclaveSample { Elf = new EnclaveElf { HasWritableCode = true, HasTextRelocations = true, Needed = "libc.so.6" } }.ToBytes(), Noon);

        Assert.Equal(
            [EnclaveFindingId.WritableCode, EnclaveFindingId.TextRelocations, EnclaveFindingId.NeedsLibraries],
            report.Findings.Select(finding => finding.Id));
        Assert.Contains("libc.so.6", report.Findings[2].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AProperEnclave_HasNoFinding()
    {
        var signed = Sign(EnclaveSigning.Prepare(new OpenEnclaveSample().ToBytes(), Today));
        Assert.Empty(EnclaveFile.Inspect(signed, Noon).AllFindings);
    }

    [Fact]
    public void SigningInTwoSteps_GivesTheSame_AndTakesNoOtherText()
    {
        var file = new SdkEnclaveSample().ToBytes();
        var first = EnclaveSigning.Prepare(file, Today);
        using var key = NewKey();
        var toBeSigned = first.ToBeSigned;
        Assert.Equal(2, toBeSigned.Count);
        var signatures = toBeSigned.Select(text => key.SignData(
            text, System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1)).ToList();

        // The second step is another day's.
        var later = EnclaveSigning.Prepare(file, Today.AddDays(3));
        Assert.Equal(first.Sign(key), later.Attach(key, toBeSigned, signatures));

        Assert.Equal(
            EnclaveError.SignatureMismatch,
            Assert.Throws<EnclaveException>(() => later.Attach(key, [toBeSigned[1], toBeSigned[0]], signatures)).Error);
        Assert.Equal(EnclaveError.SignatureMismatch, Assert.Throws<EnclaveException>(() => later.Attach(key, [toBeSigned[0]], [signatures[0]])).Error);
        Assert.Equal(
            EnclaveError.SignatureMismatch,
            Assert.Throws<EnclaveException>(() => later.Attach(key, toBeSigned, [signatures[1], signatures[0]])).Error);
    }
}
