using Casemate.Primitives.Asn1;

namespace Casemate.Attestation.Pki;

/// <summary>The AlgorithmIdentifier of a signature (RFC 5280 section 4.1.1.2).</summary>
internal static class AlgorithmIdentifier
{
    /// <summary>
    /// Which of the accepted schemes it names; <see cref="SignatureScheme.Unsupported"/> for any other and for malformed bytes.
    /// </summary>
    /// <param name="algorithm">The content of the SEQUENCE.</param>
    public static SignatureScheme ReadScheme(ReadOnlySpan<byte> algorithm)
    {
        var reader = new DerReader(algorithm);
        if (!reader.TryReadOid(out var oid))
        {
            return SignatureScheme.Unsupported;
        }

        if (oid.SequenceEqual(Oid.RsaPss))
        {
            return IsPssSha384(reader) ? SignatureScheme.RsaPssSha384 : SignatureScheme.Unsupported;
        }

        // ECDSA has no parameters, RSASSA-PKCS1-v1_5 has NULL (RFC 5758 section 3.2, RFC 4055 section 5).
        var isRsa = reader.TryRead(DerTag.Null, out var nothing) && nothing.IsEmpty;
        return !reader.IsEmpty ? SignatureScheme.Unsupported
            : !isRsa && oid.SequenceEqual(Oid.EcdsaSha256) ? SignatureScheme.EcdsaP256Sha256
            : !isRsa && oid.SequenceEqual(Oid.EcdsaSha384) ? SignatureScheme.EcdsaP384Sha384
            : isRsa && oid.SequenceEqual(Oid.RsaSha256) ? SignatureScheme.RsaPkcs1Sha256
            : isRsa && oid.SequenceEqual(Oid.RsaSha384) ? SignatureScheme.RsaPkcs1Sha384
            : isRsa && oid.SequenceEqual(Oid.RsaSha512) ? SignatureScheme.RsaPkcs1Sha512
            : SignatureScheme.Unsupported;
    }

    // RSASSA-PSS-params (RFC 4055 section 3.1): the defaults are SHA-1, so all of hash, mask and salt must be written out.
    private static bool IsPssSha384(DerReader reader)
    {
        if (!reader.TryReadSequence(out var parameters) || !reader.IsEmpty
            || !parameters.TryRead(DerTag.Context(0), out var hash) || !IsHashSha384(hash)
            || !parameters.TryRead(DerTag.Context(1), out var mask)
            || !parameters.TryRead(DerTag.Context(2), out var salt))
        {
            return false;
        }

        var maskReader = new DerReader(mask);
        if (!maskReader.TryReadSequence(out var maskAlgorithm) || !maskReader.IsEmpty
            || !maskAlgorithm.TryReadOid(out var mgf) || !mgf.SequenceEqual(Oid.Mgf1) || !IsHashSha384(maskAlgorithm.Rest))
        {
            return false;
        }

        var saltReader = new DerReader(salt);
        if (!saltReader.TryReadUInt32(DerTag.Integer, 1024, out var saltLength) || saltLength != 48 || !saltReader.IsEmpty)
        {
            return false;
        }

        if (parameters.IsEmpty)
        {
            return true;
        }

        // trailerField, value 1: DER leaves the default out, but AMD's certificates write it.
        if (!parameters.TryRead(DerTag.Context(3), out var trailer) || !parameters.IsEmpty)
        {
            return false;
        }

        var trailerReader = new DerReader(trailer);
        return trailerReader.TryReadUInt32(DerTag.Integer, 1, out var field) && field == 1 && trailerReader.IsEmpty;
    }

    private static bool IsHashSha384(ReadOnlySpan<byte> encoded)
    {
        var reader = new DerReader(encoded);
        if (!reader.TryReadSequence(out var algorithm) || !reader.IsEmpty
            || !algorithm.TryReadOid(out var oid) || !oid.SequenceEqual(Oid.Sha384))
        {
            return false;
        }

        return algorithm.IsEmpty || (algorithm.TryRead(DerTag.Null, out var nothing) && nothing.IsEmpty && algorithm.IsEmpty);
    }
}
