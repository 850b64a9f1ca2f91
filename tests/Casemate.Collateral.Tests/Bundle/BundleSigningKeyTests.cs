using System.Security.Cryptography;
using Casemate.Collateral.Bundle;
using Casemate.Testing;

namespace Casemate.Collateral.Tests.Bundle;

/// <summary>The signing key is made once, kept from others, and never taken for its public half.</summary>
public sealed class BundleSigningKeyTests
{
    [Fact]
    public void IsMadeOnce_ReadableByItsOwnerAlone_WithItsPublicHalfBeside()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("fleet.key");

        using var made = BundleSigningKey.LoadOrCreate(path, out var isNew);
        using var again = BundleSigningKey.LoadOrCreate(path, out var isNewAgain);

        Assert.True(isNew);
        Assert.False(isNewAgain);
        Assert.Equal(made.PublicKey.Fingerprint, again.PublicKey.Fingerprint);
        Assert.Equal(made.PublicKey.Fingerprint, BundlePublicKey.Load(path + ".pub").Fingerprint);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public void IsNotTaken_ForAPublicKey_NorTheOtherWayRound()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("fleet.key");
        BundleSigningKey.LoadOrCreate(path, out _).Dispose();

        var refusal = Assert.Throws<MalformedInputException>(() => BundlePublicKey.Load(path));
        Assert.Contains("holds a private key", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("fleet.key.pub", refusal.Remedy!, StringComparison.Ordinal);
        Assert.Throws<MalformedInputException>(() => BundleSigningKey.Load(path + ".pub"));
    }

    [Fact]
    public void IsOnP256_AndNothingElse()
    {
        using var directory = new TemporaryDirectory();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        File.WriteAllText(directory.File("p384"), other.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(directory.File("p384.pub"), other.ExportSubjectPublicKeyInfoPem());
        File.WriteAllText(directory.File("rsa"), rsa.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(directory.File("rsa.pub"), rsa.ExportSubjectPublicKeyInfoPem());
        File.WriteAllText(directory.File("noise"), "noise");

        Assert.All(["p384", "rsa", "noise", "absent"], name =>
            Assert.Throws<MalformedInputException>(() => BundleSigningKey.Load(directory.File(name))));
        Assert.All(["p384.pub", "rsa.pub", "noise", "absent"], name =>
            Assert.Throws<MalformedInputException>(() => BundlePublicKey.Load(directory.File(name))));
    }
}
