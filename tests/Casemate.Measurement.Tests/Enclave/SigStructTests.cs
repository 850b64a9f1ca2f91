using System.Security.Cryptography;
using Casemate.Measurement.Enclave;
using Casemate.Testing;
using Casemate.Testing.Enclaves;

namespace Casemate.Measurement.Tests.Enclave;

/// <summary>SIGSTRUCT: fields, constants, signature, making.</summary>
public sealed class SigStructTests : EnclaveTestBase
{
    public static TheoryData<string, string, string, uint> Real => new()
    {
        {
            "edp-sgxs-2024.bin", "6969696969696969696969696969696969696969696969696969696969696969",
            "55663a16f3d9c2890ff4c5bb35ad92984c6ce39a17b83f1614800376f2f1dc0d", 0x20240304
        },
        {
            "powers-of-tau-2019.bin", "b1de642a41bd99668f0c3057202ef6cb083d099a660ff2db804282513f463c33",
            "30e7aa01bd6541dc00ba646907ad02d49d6be44dcbd99655bc1c0cf2083d193a", 0x20191126
        },
    };

    [Theory]
    [MemberData(nameof(Real))]
    public void Accepts_WhatOtherSignersMade(string file, string mrEnclave, string mrSigner, uint date)
    {
        Assert.Equal(SigStructError.None, SigStruct.TryRead(ReadReal(file), out var structure));

        Assert.Equal(SigStructSignature.Valid, structure.Verify());
        Assert.Equal(mrEnclave, Convert.ToHexStringLower(structure.MrEnclave));
        Assert.Equal(mrSigner, Convert.ToHexStringLower(structure.MrSigner));
        Assert.Equal(date, structure.DateDigits);
        Assert.Equal(EnclaveFlags.Mode64Bit, structure.Flags);
    }

    [Theory]
    [MemberData(nameof(Real))]
    public void Refuses_EverySingleFlippedBit(string file, string mrEnclave, string mrSigner, uint date)
    {
        _ = (mrEnclave, mrSigner, date);
        var bytes = ReadReal(file);
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var isAccepted = SigStruct.TryRead(bytes, out var structure) is SigStructError.None && structure.Verify() is SigStructSignature.Valid;
            Assert.False(isAccepted, $"bit {bit % 8} of byte {bit / 8}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public async Task AnIndependentProgram_SaysTheSame()
    {
        var real = ReadReal("edp-sgxs-2024.bin");
        Assert.Equal(0, (await MeasureIndependently("sigstruct", real)).ExitCode);

        real[1500] ^= 1;
        Assert.Equal(1, (await MeasureIndependently("sigstruct", real)).ExitCode);

        Assert.Equal(0, (await MeasureIndependently("sigstruct", NewStructure())).ExitCode);
    }

    [Theory]
    [InlineData(0, SigStructError.WrongHeader)]
    [InlineData(24, SigStructError.WrongHeader)]
    [InlineData(12, SigStructError.ReservedNotZero)]
    [InlineData(44, SigStructError.ReservedNotZero)]
    [InlineData(127, SigStructError.ReservedNotZero)]
    [InlineData(512, SigStructError.WrongExponent)]
    [InlineData(910, SigStructError.ReservedNotZero)]
    [InlineData(992, SigStructError.ReservedNotZero)]
    [InlineData(1039, SigStructError.ReservedNotZero)]
    public void Refuses_WrongConstantsAndReservedBits(int offset, SigStructError expected)
    {
        var bytes = NewStructure();
        bytes[offset] ^= 0x40;
        Assert.Equal(expected, SigStruct.TryRead(bytes, out _));
    }

    [Fact]
    public void Refuses_OtherLengths_AndEmptyRoom()
    {
        var bytes = NewStructure();
        Assert.Equal(SigStructError.WrongLength, SigStruct.TryRead(bytes.AsSpan(0, 1807), out _));
        Assert.Equal(SigStructError.WrongLength, SigStruct.TryRead([], out _));
        Assert.Equal(SigStructError.WrongLength, SigStruct.TryRead([.. bytes, 0], out _));
        Assert.Equal(SigStructError.Unsigned, SigStruct.TryRead(new byte[1808], out _));
    }

    [Theory]
    [InlineData(1040)]
    [InlineData(1424)]
    public void Tells_AWrongQuotient_FromAWrongSignature(int offset)
    {
        var bytes = NewStructure();
        bytes[offset] ^= 1;
        _ = SigStruct.TryRead(bytes, out var structure);
        Assert.Equal(SigStructSignature.QuotientMismatch, structure.Verify());
    }

    [Fact]
    public void Tells_NumbersThatNoKeyHas()
    {
        var bytes = NewStructure();
        bytes[128 + 383] = 0x7F;
        _ = SigStruct.TryRead(bytes, out var small);
        Assert.Equal(SigStructSignature.ModulusOutOfRange, small.Verify());

        bytes = NewStructure();
        bytes[128] &= 0xFE;
        _ = SigStruct.TryRead(bytes, out var even);
        Assert.Equal(SigStructSignature.ModulusOutOfRange, even.Verify());

        bytes = NewStructure();
        bytes.AsSpan(516, 384).Fill(0xFF);
        _ = SigStruct.TryRead(bytes, out var large);
        Assert.Equal(SigStructSignature.SignatureOutOfRange, large.Verify());

        bytes.AsSpan(516, 384).Clear();
        _ = SigStruct.TryRead(bytes, out var zero);
        Assert.Equal(SigStructSignature.SignatureOutOfRange, zero.Verify());
    }

    // A zero signature with zero quotients must not pass for a message whose encoding is never zero; nor does a modulus of all ones.
    [Fact]
    public void Refuses_DegenerateKeys()
    {
        var bytes = NewStructure();
        bytes.AsSpan(128, 384).Fill(0xFF);
        bytes.AsSpan(516, 384).Clear();
        bytes[516] = 1;
        bytes.AsSpan(1040).Clear();
        _ = SigStruct.TryRead(bytes, out var structure);
        Assert.Equal(SigStructSignature.Invalid, structure.Verify());
    }

    [Fact]
    public void EveryField_IsWhereTheBuilderPutIt()
    {
        using var key = NewKey();
        var bytes = new SigStructBuilder
        {
            Date = new DateOnly(2026, 2, 28),
            Vendor = 0x8086,
            SoftwareDefined = 7,
            MiscSelect = 1,
            MiscMask = 0xFFFF_FFFE,
            Flags = EnclaveFlags.Mode64Bit | EnclaveFlags.Kss,
            FlagsMask = ~EnclaveFlags.Debug,
            Xfrm = 0xE7,
            XfrmMask = 0x1B,
            ProductId = 0x1234,
            SecurityVersion = 0x5678,
        }.WithMrEnclave(new byte[32]).WithFamilyId([.. Enumerable.Range(1, 16).Select(i => (byte)i)])
            .WithExtendedProductId([.. Enumerable.Range(17, 16).Select(i => (byte)i)]).Sign(key);

        Assert.Equal(SigStructError.None, SigStruct.TryRead(bytes, out var structure));
        Assert.Equal(SigStructSignature.Valid, structure.Verify());
        Assert.Equal(new DateOnly(2026, 2, 28), structure.Date);
        Assert.Equal("28022620", Convert.ToHexString(bytes.AsSpan(20, 4)));
        Assert.Equal(0x8086u, structure.Vendor);
        Assert.Equal(7u, structure.SoftwareDefined);
        Assert.Equal((1u, 0xFFFF_FFFEu), (structure.MiscSelect, structure.MiscMask));
        Assert.Equal(EnclaveFlags.Mode64Bit | EnclaveFlags.Kss, structure.Flags);
        Assert.Equal(~EnclaveFlags.Debug, structure.FlagsMask);
        Assert.Equal((0xE7UL, 0x1BUL), (structure.Xfrm, structure.XfrmMask));
        Assert.Equal((0x1234, 0x5678), (structure.ProductId, structure.SecurityVersion));
        Assert.Equal(1, structure.FamilyId[0]);
        Assert.Equal(32, structure.ExtendedProductId[15]);
    }

    [Fact]
    public async Task TakesASignature_ThatWasMadeElsewhere()
    {
        Assert.SkipWhen(!IsInstalled("openssl"), "'openssl' is not installed (Debian: apt-get install openssl)");
        using var directory = new TemporaryDirectory();
        var (keyPath, tbs, signature) = (directory.Path + "/key", directory.Path + "/tbs", directory.Path + "/signature");
        File.WriteAllText(keyPath, TestEnclaveKey.Pem);
        var builder = new SigStructBuilder { Date = Today }.WithMrEnclave(new byte[32]);
        File.WriteAllBytes(tbs, builder.ToBeSigned());
        Assert.Equal(0, (await ChildProgram.RunAsync("openssl", ["dgst", "-sha256", "-sign", keyPath, "-out", signature, tbs])).ExitCode);

        using var key = NewKey();
        using var publicKey = EnclaveSigningKey.FromPem(key.ExportSubjectPublicKeyInfoPem(), needsPrivate: false);
        var made = SigStructBuilder.FromToBeSigned(File.ReadAllBytes(tbs)).Attach(publicKey, File.ReadAllBytes(signature));
        Assert.Equal(builder.Sign(key), made);

        var other = new SigStructBuilder { Date = Today, ProductId = 9 }.WithMrEnclave(new byte[32]);
        var refused = Assert.Throws<EnclaveException>(() => other.Attach(publicKey, File.ReadAllBytes(signature)));
        Assert.Equal(EnclaveError.SignatureMismatch, refused.Error);
        Assert.Equal(EnclaveError.SignatureMismatch, Assert.Throws<EnclaveException>(() => other.Attach(publicKey, new byte[12])).Error);
    }

    [Theory]
    [InlineData(255)]
    [InlineData(0)]
    [InlineData(257)]
    public void Refuses_OtherTextsToBeSigned(int length) => Assert.Equal(
        EnclaveError.MalformedSigStruct, Assert.Throws<EnclaveException>(() => SigStructBuilder.FromToBeSigned(new byte[length])).Error);

    [Fact]
    public void Refuses_KeysThatEinitDoesNotTake()
    {
        using var exponent = RSA.Create(3072);
        using var size = RSA.Create(2048);
        Assert.Contains("exponent", Refused(exponent.ExportPkcs8PrivateKeyPem()), StringComparison.Ordinal);
        Assert.Contains("2048 bits", Refused(size.ExportPkcs8PrivateKeyPem()), StringComparison.Ordinal);
        Assert.Contains("no RSA key", Refused("-----BEGIN NOTHING-----"), StringComparison.Ordinal);
        Assert.Contains("no RSA key", Refused(""), StringComparison.Ordinal);
        Assert.Contains("passphrase", Refused(exponent.ExportEncryptedPkcs8PrivateKeyPem(
            "x", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1000))), StringComparison.Ordinal);
        using var key = NewKey();
        Assert.Contains("public key", Refused(key.ExportSubjectPublicKeyInfoPem()), StringComparison.Ordinal);

        static string Refused(string pem)
        {
            var refused = Assert.Throws<EnclaveException>(() => EnclaveSigningKey.FromPem(pem, needsPrivate: true));
            Assert.Equal(EnclaveError.UnsuitableKey, refused.Error);
            Assert.Contains("openssl genrsa -3", refused.Remedy, StringComparison.Ordinal);
            return refused.Message;
        }
    }

    internal static byte[] ReadReal(string name) =>
        File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "tests", "corpus", "enclave", "sigstruct", name));

    private static byte[] NewStructure()
    {
        using var key = NewKey();
        return new SigStructBuilder { Date = Today, ProductId = 1, SecurityVersion = 1 }.WithMrEnclave(new byte[32]).Sign(key);
    }
}
