using System.Buffers;
using System.Buffers.Text;
using Casemate.Primitives.Asn1;

namespace Casemate.Attestation.Pki;

/// <summary>Reads certificates from PEM text (RFC 7468), as quotes and collateral services carry them.</summary>
internal static class PemCertificates
{
    /// <summary>The largest chain text accepted, in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    private const int MaxCertificates = 8;

    /// <summary>Reads every certificate of the text. Text between the blocks, a final NUL and CRLF are tolerated.</summary>
    /// <param name="pem">The text.</param>
    /// <param name="certificates">The certificates in order; empty on failure.</param>
    /// <param name="error">What is wrong; empty on success.</param>
    public static bool TryRead(ReadOnlySpan<byte> pem, out List<Certificate> certificates, out string error)
    {
        certificates = [];
        if (pem.Length > MaxSize)
        {
            error = $"certificate chain of {pem.Length} bytes is larger than {MaxSize}";
            return false;
        }

        var rest = pem;
        while (PemBlock.TryFindNext(ref rest, out var block, out var fields))
        {
            if (!block[fields.Label].SequenceEqual("CERTIFICATE"u8))
            {
                error = "the PEM text holds something else than certificates";
                return false;
            }

            if (certificates.Count == MaxCertificates)
            {
                error = $"more than {MaxCertificates} certificates";
                return false;
            }

            if (!TryDecode(block[fields.Base64Data], fields.DecodedDataLength, out var certificate, out error))
            {
                error = $"certificate {certificates.Count + 1}: {error}";
                return false;
            }

            certificates.Add(certificate!);
        }

        error = certificates.Count == 0 ? "no PEM certificate found" : "";
        return certificates.Count > 0;
    }

    /// <summary>Reads one certificate that is either DER or PEM.</summary>
    public static bool TryReadOne(ReadOnlySpan<byte> encoded, out Certificate? certificate, out string error)
    {
        certificate = null;
        if (!encoded.IsEmpty && encoded[0] == DerTag.Sequence)
        {
            return Certificate.TryParse(encoded, out certificate, out error);
        }

        if (!TryRead(encoded, out var certificates, out error))
        {
            return false;
        }

        if (certificates.Count != 1)
        {
            error = $"expected one certificate, found {certificates.Count}";
            return false;
        }

        certificate = certificates[0];
        return true;
    }

    private static bool TryDecode(ReadOnlySpan<byte> base64, int decodedLength, out Certificate? certificate, out string error)
    {
        certificate = null;
        var buffer = ArrayPool<byte>.Shared.Rent(decodedLength);
        try
        {
            if (Base64.DecodeFromUtf8(base64, buffer, out _, out var written) != OperationStatus.Done)
            {
                error = "not base64";
                return false;
            }

            return Certificate.TryParse(buffer.AsSpan(0, written), out certificate, out error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
