using System.Security.Cryptography;

namespace Casemate.Attestation.Bench;

/// <summary>The floor: nothing but the signature verifications that a case cannot avoid, with keys at hand.</summary>
internal sealed class RawSignatures : IDisposable
{
    private readonly ECDsa _p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly byte[] _hash256 = RandomNumberGenerator.GetBytes(32);
    private readonly byte[] _hash384 = RandomNumberGenerator.GetBytes(48);
    private readonly byte[] _signature256;
    private readonly byte[] _signature384;

    // Made at first use: a key of 4096 bits takes about a second.
    private readonly Lazy<(RSA Key, byte[] Signature)> _rsa;

    public RawSignatures()
    {
        _signature256 = _p256.SignHash(_hash256, DSASignatureFormat.Rfc3279DerSequence);
        _signature384 = _p384.SignHash(_hash384, DSASignatureFormat.Rfc3279DerSequence);
        _rsa = new(() =>
        {
            var key = RSA.Create(4096);
            return (key, key.SignHash(_hash384, HashAlgorithmName.SHA384, RSASignaturePadding.Pss));
        });
    }

    public bool Verify(int p256, int p384 = 0, int rsa = 0)
    {
        var valid = true;
        for (var i = 0; i < p256; i++)
        {
            valid &= _p256.VerifyHash(_hash256, _signature256, DSASignatureFormat.Rfc3279DerSequence);
        }

        for (var i = 0; i < p384; i++)
        {
            valid &= _p384.VerifyHash(_hash384, _signature384, DSASignatureFormat.Rfc3279DerSequence);
        }

        for (var i = 0; i < rsa; i++)
        {
            valid &= _rsa.Value.Key.VerifyHash(_hash384, _rsa.Value.Signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pss);
        }

        return valid;
    }

    public void Dispose()
    {
        _p256.Dispose();
        _p384.Dispose();
        if (_rsa.IsValueCreated)
        {
            _rsa.Value.Key.Dispose();
        }
    }
}
