using System.Numerics;
using System.Security.Cryptography;
using Casemate.Measurement.Enclave;
using Casemate.Testing;

namespace Casemate.Measurement.Tests.Enclave;

/// <summary>Keys that are made here, since the framework makes none with exponent 3.</summary>
public sealed class EnclaveSigningKeyTests : EnclaveTestBase
{
    [Fact]
    public void AMadeKey_IsOneForEnclaves_AndSigns()
    {
        using var key = EnclaveSigningKey.GenerateEphemeral();

        EnclaveSigningKey.Require(key);
        var signed = new SigStructBuilder { Date = new DateOnly(2026, 1, 1) }.WithMrEnclave(new byte[32]).Sign(key);
        Assert.Equal(SigStructError.None, SigStruct.TryRead(signed, out var structure));
        Assert.Equal(SigStructSignature.Valid, structure.Verify());
    }

    [Fact]
    public void ItsNumbers_AreThoseOfAnRsaKey()
    {
        using var key = EnclaveSigningKey.GenerateEphemeral();
        var parts = key.ExportParameters(includePrivateParameters: true);
        var (n, d, p, q) = (Number(parts.Modulus), Number(parts.D), Number(parts.P), Number(parts.Q));

        Assert.Equal(p * q, n);
        Assert.Equal([3], parts.Exponent!);
        Assert.Equal((3072L, 1536L, 1536L), (n.GetBitLength(), p.GetBitLength(), q.GetBitLength()));
        Assert.Equal((BigInteger.One, BigInteger.One), (3 * d % (p - 1), 3 * d % (q - 1)));
        Assert.Equal((d % (p - 1), d % (q - 1)), (Number(parts.DP), Number(parts.DQ)));
        Assert.Equal(BigInteger.One, Number(parts.InverseQ) * q % p);
        Assert.All([p, q], prime => Assert.All(Enumerable.Range(2, 1000), small => Assert.NotEqual(BigInteger.Zero, prime % small)));
        Assert.All([p, q], prime => Assert.Equal(2, BigInteger.ModPow(2, prime, prime)));
        Assert.True(BigInteger.Abs(p - q).GetBitLength() > 1536 - 100);
    }

    [Fact]
    public void TwoKeys_AreDifferent()
    {
        using var one = EnclaveSigningKey.GenerateEphemeral();
        using var other = EnclaveSigningKey.GenerateEphemeral();

        Assert.NotEqual(one.ExportParameters(false).Modulus, other.ExportParameters(false).Modulus);
    }

    [Fact]
    public async Task OpenSsl_FindsNothingWrongWithOne()
    {
        Assert.SkipWhen(!IsInstalled("openssl"), "'openssl' is not installed (Debian: apt-get install openssl)");
        using var directory = new TemporaryDirectory();
        using var key = EnclaveSigningKey.GenerateEphemeral();
        await File.WriteAllTextAsync(directory.File("key.pem"), key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);

        var check = await ChildProgram.RunAsync("openssl", ["rsa", "-in", directory.File("key.pem"), "-check", "-noout"]);

        Assert.True(check.ExitCode == 0, check.Error);
        Assert.Contains("RSA key ok", check.Output + check.Error, StringComparison.Ordinal);
    }

    private static BigInteger Number(byte[]? bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
