using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using Casemate.Primitives.Asn1;

namespace Casemate.Oci.Signatures;

/// <summary>
/// The answer of a time stamping authority: a TSTInfo in signed CMS. The signer's certificate is chosen by its SHA-256 in the signed
/// attribute signing-certificate-v2, which must be there. Sources: RFC 3161 §2.4.2, RFC 5652 §5, RFC 5816.
/// </summary>
internal sealed class TimestampToken
{
    private static readonly byte[] s_signedData = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
    private static readonly byte[] s_tstInfo = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x04];
    private static readonly byte[] s_contentType = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03];
    private static readonly byte[] s_messageDigest = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04];
    private static readonly byte[] s_signingCertificateV2 = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x2F];
    private static readonly byte[] s_sha2 = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
    private static readonly byte[] s_ecdsaWithSha2 = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03];
    private static readonly byte[] s_rsa = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01];

    private byte[] _signedAttributes = [];
    private byte[] _signature = [];
    private byte[] _certificateHash = [];
    private byte[] _imprint = [];
    private HashAlgorithmName _imprintHash;
    private HashAlgorithmName _signatureHash;
    private readonly List<ReadOnlyMemory<byte>> _embedded = [];

    private TimestampToken()
    {
    }

    /// <summary>When the authority saw the signature.</summary>
    public DateTimeOffset Time { get; private set; }

    /// <summary>Reads an answer; false when it is malformed, a refusal, or made with algorithms that are not accepted.</summary>
    public static bool TryRead(ReadOnlySpan<byte> der, [NotNullWhen(true)] out TimestampToken? token)
    {
        var read = new TimestampToken();
        var reader = new DerReader(der);
        token = reader.TryReadSequence(out var response) && reader.IsEmpty
            && response.TryReadSequence(out var status) && status.TryReadUInt32(DerTag.Integer, 1, out _)      // granted, or with modifications
            && response.TryReadSequence(out var content) && response.IsEmpty
            && content.TryReadOid(out var type) && type.SequenceEqual(s_signedData)
            && content.TryRead(0xA0, out var inner) && content.IsEmpty
            && new DerReader(inner).TryReadSequence(out var signedData) && read.ReadSignedData(signedData)
            ? read : null;
        return token is not null;
    }

    /// <summary>True when the stamp is over <paramref name="data"/>, and one of the authorities made it. Never throws.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ImmutableArray<TrustedAuthority> authorities)
    {
        if (!HashOf(_imprintHash, data).AsSpan().SequenceEqual(_imprint))
        {
            return false;
        }

        foreach (var authority in authorities)
        {
            foreach (var der in authority.Certificates.Concat(_embedded))
            {
                if (SHA256.HashData(der.Span).AsSpan().SequenceEqual(_certificateHash)
                    && SignerCertificate.TryLoad(der.Span, out var certificate, out _))
                {
                    using var loaded = certificate;
                    if (SignatureKey.TryRead(loaded.PublicKey.ExportSubjectPublicKeyInfo(), out var key, out _)
                        && key.Verify(_signedAttributes, _signature, _signatureHash)
                        && CertificatePath.Find(loaded, [.. _embedded], [authority], Time, CertificatePath.TimeStamping, out _) is null)
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    private bool ReadSignedData(DerReader data)
    {
        if (!data.TryReadInteger(out _) || !data.TryRead(DerTag.Set, out _) || !data.TryReadSequence(out var encapsulated)
            || !encapsulated.TryReadOid(out var type) || !type.SequenceEqual(s_tstInfo)
            || !encapsulated.TryRead(0xA0, out var wrapped) || !new DerReader(wrapped).TryReadOctetString(out var info))
        {
            return false;
        }

        if (data.PeekTag == 0xA0)
        {
            _ = data.TryRead(0xA0, out var certificates);
            var list = new DerReader(certificates);
            while (!list.IsEmpty)
            {
                if (_embedded.Count == SignatureLimits.MaxChain || !list.TryReadValue(out _, out _, out var certificate))
                {
                    return false;
                }

                _embedded.Add(certificate.ToArray());
            }
        }

        if (data.PeekTag == 0xA1 && !data.TryRead(0xA1, out _))
        {
            return false;
        }

        if (!data.TryRead(DerTag.Set, out var signers) || !data.IsEmpty)
        {
            return false;
        }

        var signerList = new DerReader(signers);
        return signerList.TryReadSequence(out var signer) && signerList.IsEmpty && ReadSigner(signer, info) && ReadInfo(info);
    }

    private bool ReadSigner(DerReader signer, ReadOnlySpan<byte> info)
    {
        if (!signer.TryReadInteger(out _) || !signer.TryReadValue(out _, out _, out _)
            || !signer.TryReadSequence(out var digestAlgorithm) || !TryReadSha2(ref digestAlgorithm, out var digest)
            || !signer.TryRead(0xA0, out var attributes) || attributes.IsEmpty
            || !signer.TryReadSequence(out var signatureAlgorithm) || !signatureAlgorithm.TryReadOid(out var algorithm)
            || !signer.TryReadOctetString(out var signature))
        {
            return false;
        }

        // What is signed is the same content with the tag of a SET (RFC 5652 §5.4).
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString(attributes);
        _signedAttributes = writer.Encode();
        _signedAttributes[0] = DerTag.Set;
        _signature = signature.ToArray();
        _signatureHash = algorithm.Length == s_ecdsaWithSha2.Length + 1 && algorithm.StartsWith(s_ecdsaWithSha2)
            ? algorithm[^1] switch
            {
                2 => HashAlgorithmName.SHA256,
                3 => HashAlgorithmName.SHA384,
                4 => HashAlgorithmName.SHA512,
                _ => default,
            }
            : algorithm.StartsWith(s_rsa) && algorithm.Length == s_rsa.Length + 1
                ? algorithm[^1] switch
                {
                    1 => digest,
                    11 => HashAlgorithmName.SHA256,
                    12 => HashAlgorithmName.SHA384,
                    13 => HashAlgorithmName.SHA512,
                    _ => default,
                }
                : default;
        return _signatureHash.Name is not null && ReadAttributes(new DerReader(attributes), HashOf(digest, info));
    }

    private bool ReadAttributes(DerReader attributes, ReadOnlySpan<byte> infoHash)
    {
        var (typed, digested) = (false, false);
        while (!attributes.IsEmpty)
        {
            if (!attributes.TryReadSequence(out var attribute) || !attribute.TryReadOid(out var name) || !attribute.TryRead(DerTag.Set, out var values))
            {
                return false;
            }

            var value = new DerReader(values);
            if (name.SequenceEqual(s_contentType))
            {
                if (typed || !value.TryReadOid(out var type) || !type.SequenceEqual(s_tstInfo))
                {
                    return false;
                }

                typed = true;
            }
            else if (name.SequenceEqual(s_messageDigest))
            {
                if (digested || !value.TryReadOctetString(out var hash) || !hash.SequenceEqual(infoHash))
                {
                    return false;
                }

                digested = true;
            }
            else if (name.SequenceEqual(s_signingCertificateV2))
            {
                // The first certificate is the signer's; its hash is SHA-256 unless another algorithm is named, which is not accepted.
                if (_certificateHash.Length > 0 || !value.TryReadSequence(out var signing) || !signing.TryReadSequence(out var certificates)
                    || !certificates.TryReadSequence(out var first)
                    || (first.PeekTag == DerTag.Sequence && (!first.TryReadSequence(out var named) || !TryReadSha2(ref named, out var hash)
                        || hash != HashAlgorithmName.SHA256))
                    || !first.TryReadOctetString(out var certificateHash) || certificateHash.Length != SHA256.HashSizeInBytes)
                {
                    return false;
                }

                _certificateHash = certificateHash.ToArray();
            }
        }

        return typed && digested && _certificateHash.Length > 0;
    }

    private bool ReadInfo(ReadOnlySpan<byte> der)
    {
        var reader = new DerReader(der);
        if (!reader.TryReadSequence(out var info) || !reader.IsEmpty || !info.TryReadUInt32(DerTag.Integer, 1, out var version) || version != 1
            || !info.TryReadOid(out _) || !info.TryReadSequence(out var imprint) || !imprint.TryReadSequence(out var algorithm)
            || !TryReadSha2(ref algorithm, out _imprintHash) || !imprint.TryReadOctetString(out var hash) || !imprint.IsEmpty
            || !info.TryReadInteger(out _) || info.PeekTag != DerTag.GeneralizedTime || !info.TryReadTime(out var time))
        {
            return false;
        }

        _imprint = hash.ToArray();
        Time = time;
        return true;
    }

    private static bool TryReadSha2(ref DerReader algorithm, out HashAlgorithmName hash)
    {
        hash = default;
        if (!algorithm.TryReadOid(out var oid) || oid.Length != s_sha2.Length + 1 || !oid.StartsWith(s_sha2))
        {
            return false;
        }

        hash = oid[^1] switch
        {
            1 => HashAlgorithmName.SHA256,
            2 => HashAlgorithmName.SHA384,
            3 => HashAlgorithmName.SHA512,
            _ => default,
        };
        return hash.Name is not null;
    }

    private static byte[] HashOf(HashAlgorithmName hash, ReadOnlySpan<byte> data) =>
        hash == HashAlgorithmName.SHA256 ? SHA256.HashData(data) : hash == HashAlgorithmName.SHA384 ? SHA384.HashData(data) : SHA512.HashData(data);
}
